import Foundation
import Model
import OrderedCollections

/// A stack as the sandbox keeps it. Statuses are CloudFormation's own words.
struct StackRecord: Codable, Hashable, Sendable {
    /// The ARN.
    var id: String
    var name: String
    var region: String
    var status: StackStatus
    var statusReason: String?
    var createdAt: Date
    var updatedAt: Date?
    var deletedAt: Date?
    /// What the stack is made of now, in the middle of an operation too.
    var content: StackContent
    /// What a rollback returns to: the content before the operation that runs or that failed. `nil` where there was none.
    var stable: StackContent?
    var terminationProtection = false
    var disableRollback = false
    /// Whether the stack was created to stay as it is when creating fails.
    var doesNothingOnFailure = false
    var policy: String?
    /// The change set that was executed last.
    var changeSetID: String?
    /// The token of the running operation, repeated in its events.
    var operationToken: String?
    var operationID: String?
    var drift: StackDrift?

    /// The last part of the ARN.
    var uniqueID: String { String(id.split(separator: "/").last ?? "") }
    var isDeleted: Bool { status == "DELETE_COMPLETE" }
    var partition: String { id.split(separator: ":").dropFirst().first.map(String.init) ?? "aws" }
    var accountID: String { id.split(separator: ":", omittingEmptySubsequences: false).dropFirst(4).first.map(String.init) ?? "" }
}

struct StackDrift: Codable, Hashable, Sendable {
    var status: String
    var checkedAt: Date
    /// When the detection is done that found this; until then the stack's information is what it was before.
    var knownAt: Date?
    var statusBefore: String?
    var checkedAtBefore: Date?

    /// What is told of it at a time; `nil` where nothing is known yet.
    func known(at time: Date) -> StackDrift? {
        guard let knownAt, time < knownAt else { return self }
        guard let statusBefore, let checkedAtBefore else { return nil }
        return StackDrift(status: statusBefore, checkedAt: checkedAtBefore)
    }
}

/// Template, parameters and everything made of them.
struct StackContent: Codable, Hashable, Sendable {
    var templateBody = ""
    var description: String?
    var parameters: OrderedDictionary<String, StoredParameter> = [:]
    /// What each condition was decided to be. Kept, because one that reads a secret can't be decided again.
    var conditions: [String: Bool] = [:]
    var resources: OrderedDictionary<String, ResourceRecord> = [:]
    var outputs: [StackOutput] = []
    /// The names of the exports it imports.
    var imports: [String] = []
    var tags: OrderedDictionary<String, String> = [:]
    var capabilities: [String] = []
    var notificationArns: [String] = []
    var roleArn: String?
    var rollbackConfiguration = RollbackConfiguration()
    var timeoutMinutes: Int?
}

struct RollbackConfiguration: Codable, Hashable, Sendable {
    struct Trigger: Codable, Hashable, Sendable {
        var arn: String
        var type: String
    }
    var triggers: [Trigger] = []
    var monitoringMinutes: Int?
}

/// A parameter's value as it may be written to disk: of a secret, only the digest.
struct StoredParameter: Codable, Hashable, Sendable {
    /// `****` for a secret.
    var value: String
    var digest: SecretDigest?
    /// For an SSM parameter type: what was read from the store.
    var resolved: String?
    var isSecret = false

    static func secret(_ digest: SecretDigest) -> StoredParameter { StoredParameter(value: Secret.mask, digest: digest, isSecret: true) }
}

/// A resource of a stack.
struct ResourceRecord: Codable, Hashable, Sendable {
    var logicalID: String
    /// Empty as long as nothing exists.
    var physicalID: String
    var type: String
    var status: StackStatus
    var statusReason: String?
    var updatedAt: Date
    /// Every property with its value; secrets stand in it as marks, see `SecretMark`.
    var properties: JSONValue
    /// What `Fn::GetAtt` reads beside the properties.
    var attributes: [String: String] = [:]
    var metadata: JSONValue?
    /// What it needs in its stack, by logical ID.
    var needs: [String] = []
    var deletionPolicy: String?
    var updateReplacePolicy: String?
    var drift: ResourceDrift?

    /// Whether there is something in the cloud behind it.
    var exists: Bool { !physicalID.isEmpty && status != "DELETE_COMPLETE" }

    /// What it has, whatever is being done with it.
    var substance: Substance { Substance(physicalID: physicalID, type: type, properties: properties, metadata: metadata) }

    struct Substance: Hashable, Sendable {
        var physicalID: String
        var type: String
        var properties: JSONValue
        var metadata: JSONValue?
    }
}

/// What drift detection found.
struct ResourceDrift: Codable, Hashable, Sendable {
    struct Difference: Codable, Hashable, Sendable {
        /// A JSON pointer, such as `/Environment/Variables/URL`.
        var path: String
        var expected: JSONValue?
        var actual: JSONValue?
        /// `ADD`, `REMOVE` or `NOT_EQUAL`.
        var kind: String
    }
    /// `IN_SYNC`, `MODIFIED`, `DELETED` or `NOT_CHECKED`.
    var status: String
    var checkedAt: Date
    var expected: JSONValue?
    var actual: JSONValue?
    var differences: [Difference] = []
}

/// How a secret stands inside a property: as a mark with its digest, so that a change is noticed and nothing can be read.
enum SecretMark {
    private static let prefix = "{{sandbox:secret:"

    static func text(_ digest: SecretDigest?) -> String {
        prefix + Digest(of: (digest?.hash ?? Data()) + (digest?.salt ?? Data())).hex + "}}"
    }

    /// A mark for what a function makes of secrets.
    static func derived(from text: String) -> String { prefix + Digest(of: text).hex + "}}" }

    static func occurs(in text: String) -> Bool { text.contains(prefix) }

    /// The text with `****` in the place of each mark.
    static func masked(_ text: String) -> String {
        guard occurs(in: text) else { return text }
        var result = ""
        var rest = text[...]
        while let start = rest.firstRange(of: prefix) {
            result += rest[..<start.lowerBound] + Secret.mask
            rest = rest[start.upperBound...]
            guard let end = rest.firstRange(of: "}}") else { return result }
            rest = rest[end.upperBound...]
        }
        return result + rest
    }

    static func masked(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): .string(masked(text))
        case .array(let items): .array(items.map { masked($0) })
        case .object(let members): .object(members.mapValues { masked($0) })
        case .null, .bool, .number: value
        }
    }
}
