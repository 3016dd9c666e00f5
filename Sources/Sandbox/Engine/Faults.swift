import Foundation
package import Model

/// What is to go wrong, as data. Read anew for each request, so that a test can set faults on a running server.
package struct SandboxFaults: Codable, Hashable, Sendable {
    /// A resource whose creation, update, deletion or rollback fails.
    package struct ResourceFault: Codable, Hashable, Sendable {
        package enum Moment: String, Codable, Hashable, Sendable { case create, update, delete, rollback }
        /// The stack's name; `nil` for any.
        package var stack: String?
        package var logicalId: String
        package var on: Moment
        package var message: String

        package init(stack: String? = nil, logicalId: String, on: Moment, message: String) {
            self.stack = stack
            self.logicalId = logicalId
            self.on = on
            self.message = message
        }
    }

    /// A request that is answered otherwise than it should be.
    package struct RequestFault: Codable, Hashable, Sendable {
        package enum Kind: String, Codable, Hashable, Sendable {
            /// `Throttling`, 400, without doing anything.
            case throttle
            /// An error of one's own (`code`, `message`, `status`), without doing anything.
            case error
            /// What was asked is done, then the connection is closed without an answer.
            case dropAfter
            /// The connection is closed before anything is done.
            case dropBefore
            /// What was asked is done and answered, `seconds` later.
            case late
            /// What was asked is done, then something that is no answer is sent.
            case garbage
        }
        /// The action's name, such as `ExecuteChangeSet`; `nil` for any.
        package var action: String?
        package var kind: Kind
        /// Every how many-th matching call is hit; 1, every call, where it is missing.
        package var every: Int?
        /// How many calls are hit at most.
        package var times: Int?
        package var seconds: Double?
        package var code: String?
        package var message: String?
        package var status: Int?

        package init(
            action: String? = nil, kind: Kind, every: Int? = nil, times: Int? = nil, seconds: Double? = nil, code: String? = nil,
            message: String? = nil, status: Int? = nil
        ) {
            self.action = action
            self.kind = kind
            self.every = every
            self.times = times
            self.seconds = seconds
            self.code = code
            self.message = message
            self.status = status
        }
    }

    /// A change set that is not what was asked for: changes that are listed in addition, others that are left out.
    package struct ChangeSetFault: Codable, Hashable, Sendable {
        package var stack: String?
        package var adding: [ResourceChange]?
        /// Logical IDs.
        package var omitting: [String]?
        /// By logical ID: `True`, `False` or `Conditional`, instead of what would be listed.
        package var replacements: [String: ResourceChange.Replacement]?
        /// Whether details, scope and replacement are left out, as some emulators do.
        package var withoutDetails: Bool?

        package init(
            stack: String? = nil, adding: [ResourceChange]? = nil, omitting: [String]? = nil,
            replacements: [String: ResourceChange.Replacement]? = nil, withoutDetails: Bool? = nil
        ) {
            self.stack = stack
            self.adding = adding
            self.omitting = omitting
            self.replacements = replacements
            self.withoutDetails = withoutDetails
        }
    }

    /// Drift detection that does not tell everything.
    package struct DriftFault: Codable, Hashable, Sendable {
        /// Types that are not checked, beside those that never are.
        package var unsupportedTypes: [String]?
        /// Logical IDs of resources that can't be checked, so that the detection fails.
        package var failing: [String]?
        /// How long a detection takes, instead of as long as a resource.
        package var seconds: Double?

        package init(unsupportedTypes: [String]? = nil, failing: [String]? = nil, seconds: Double? = nil) {
            self.unsupportedTypes = unsupportedTypes
            self.failing = failing
            self.seconds = seconds
        }
    }

    package var resources: [ResourceFault]?
    package var requests: [RequestFault]?
    package var changeSets: [ChangeSetFault]?
    package var drift: DriftFault?
    /// Seconds that a resource takes, by logical ID (`*` for all others), instead of the server's setting.
    package var resourceSeconds: [String: Double]?

    package init(
        resources: [ResourceFault]? = nil, requests: [RequestFault]? = nil, changeSets: [ChangeSetFault]? = nil,
        drift: DriftFault? = nil, resourceSeconds: [String: Double]? = nil
    ) {
        self.resources = resources
        self.requests = requests
        self.changeSets = changeSets
        self.drift = drift
        self.resourceSeconds = resourceSeconds
    }
}

extension SandboxFaults {
    /// The file in the sandbox's folder that faults are read from.
    package static let fileName = "faults.json"

    /// These faults and those of the file, where there is one.
    /// - Throws: where the file can't be read as faults. A fault that is misspelt must not go unnoticed.
    func merged(withFileIn folder: String) throws -> SandboxFaults {
        let path = folder + "/" + Self.fileName
        guard FileManager.default.fileExists(atPath: path) else { return self }
        let data = try Data(contentsOf: URL(filePath: path))
        let file = try JSONDecoder().decode(SandboxFaults.self, from: data)
        if let unknown = try file.unknownKey(in: data) {
            throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "There is no fault named \(unknown)"))
        }
        return SandboxFaults(
            resources: (resources ?? []) + (file.resources ?? []), requests: (requests ?? []) + (file.requests ?? []),
            changeSets: (changeSets ?? []) + (file.changeSets ?? []),
            drift: file.drift ?? drift,
            resourceSeconds: (resourceSeconds ?? [:]).merging(file.resourceSeconds ?? [:]) { _, last in last })
    }

    /// A key of the file that nothing was read from.
    private func unknownKey(in data: Data) throws -> String? {
        func first(in value: Any, read: Any?) -> String? {
            if let object = value as? [String: Any] {
                let known = read as? [String: Any] ?? [:]
                for (key, member) in object.sorted(by: { $0.key < $1.key }) where !(member is NSNull) {
                    guard let other = known[key] else { return key }
                    if let unknown = first(in: member, read: other) { return unknown }
                }
            } else if let items = value as? [Any] {
                let others = read as? [Any] ?? []
                for (item, other) in zip(items, others) { if let unknown = first(in: item, read: other) { return unknown } }
            }
            return nil
        }
        return first(
            in: try JSONSerialization.jsonObject(with: data), read: try JSONSerialization.jsonObject(with: JSONEncoder().encode(self)))
    }

    /// What is wrong with the file, and where in it.
    static func reason(_ error: any Error) -> String {
        func text(_ context: DecodingError.Context, _ more: [any CodingKey] = []) -> String {
            let place = (context.codingPath + more).map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: "/")
            return place.isEmpty ? context.debugDescription : "\(place): \(context.debugDescription)"
        }
        return switch error as? DecodingError {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context): text(context)
        case .keyNotFound(let key, let context): text(context, [key])
        default: error.systemReason
        }
    }

    /// The message with which a resource fails; `nil` where it does not.
    func failure(of logicalID: String, in stack: String, on moment: ResourceFault.Moment) -> String? {
        resources?.first { $0.logicalId == logicalID && $0.on == moment && ($0.stack == nil || $0.stack == stack) }?.message
    }
}

/// How the sandbox behaves.
package struct SandboxOptions: Hashable, Sendable {
    /// Seconds that creating, updating or deleting one resource takes.
    package var resourceSeconds: Double
    /// Seconds until a change set is ready.
    package var changeSetSeconds: Double
    package var faults: SandboxFaults

    package init(resourceSeconds: Double = 0.15, changeSetSeconds: Double = 0.05, faults: SandboxFaults = SandboxFaults()) {
        self.resourceSeconds = resourceSeconds
        self.changeSetSeconds = changeSetSeconds
        self.faults = faults
    }
}
