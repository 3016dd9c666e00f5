package import Foundation
package import Model
import OrderedCollections

/// A place in a stack's log: the intent or the outcome of one deployment. An intent comes before its outcome.
package struct RecordPosition: Hashable, Sendable, Comparable, CustomStringConvertible {
    package enum Part: String, Hashable, Sendable, CaseIterable { case intent, outcome }

    package var serial: Int
    package var part: Part

    package init(_ serial: Int, _ part: Part) {
        self.serial = serial
        self.part = part
    }

    /// The position behind this one.
    package var next: RecordPosition { part == .intent ? RecordPosition(serial, .outcome) : RecordPosition(serial + 1, .intent) }

    /// The position before this one.
    package var previous: RecordPosition { part == .outcome ? RecordPosition(serial, .intent) : RecordPosition(serial - 1, .outcome) }

    package static func < (left: Self, right: Self) -> Bool {
        left.serial == right.serial ? left.part == .intent && right.part == .outcome : left.serial < right.serial
    }

    package var description: String { "\(serial).\(part.rawValue)" }
}

/// One half of a deployment's record as it leaves the database: what its hash covers, to the byte, and the digests of the large
/// texts that belong to it, which travel beside it.
///
/// Equal records have equal bytes. `StateDatabase.insert` takes them into another database of the same lineage.
package struct PortableRecord: Hashable, Sendable {
    package let address: StackAddress
    package let position: RecordPosition
    /// The hash that this one is chained to: for an intent of the deployment before, or the lineage for serial 1; for an outcome of
    /// its intent. In hexadecimal.
    package let previous: String
    /// The hash of this record (docs/state-schema.md).
    package let hash: Digest
    /// The texts that belong to it and were removed to save space, so that nobody has them.
    package let removed: [Digest]
    /// The columns that are not NULL, under their names.
    let document: JSONValue

    init(
        address: StackAddress, position: RecordPosition, previous: String, hash: Digest, removed: [Digest], document: JSONValue
    ) {
        self.address = address
        self.position = position
        self.previous = previous
        self.hash = hash
        self.removed = removed
        self.document = document
    }

    /// As messages name it.
    package var name: String { "\(address) \(position)" }

    /// Those of its texts that many deployments of a stack have in common.
    package var templates: [Digest] { ["template", "nested_templates"].compactMap { digest($0) } }

    /// The texts that belong to it and can be had, each once.
    package var bodies: [Digest] {
        let columns =
            switch position.part {
            case .intent: RecordChain.intentBlobs + ["configuration"]
            case .outcome: ["contents_digest", "events_digest"]
            }
        var digests: [Digest] = []
        for digest in columns.compactMap({ self.digest($0) }) where !digests.contains(digest) && !removed.contains(digest) {
            digests.append(digest)
        }
        return digests
    }

    /// Who began or settled the deployment, as far as the record tells.
    package var actor: DeploymentActor? {
        func text(_ name: String) -> String? { document[name]?.scalarText }
        switch position.part {
        case .intent: return DeploymentActor(identityArn: text("actor_arn"), user: text("actor_user") ?? "", host: text("actor_host") ?? "")
        case .outcome:
            return text("resumed_by_user").map {
                DeploymentActor(identityArn: text("resumed_by_arn"), user: $0, host: text("resumed_by_host") ?? "")
            }
        }
    }

    /// A column of the record as text: a fixed name, a time in milliseconds, a digest.
    package func text(_ column: String) -> String? { document[column]?.scalarText }

    func digest(_ column: String) -> Digest? { document[column]?.scalarText.map(Digest.init(hex:)) }

    /// The hash over what the record holds.
    var computedHash: Digest {
        switch position.part {
        case .intent: RecordChain.intentHash(behind: previous, Array(document.canonicalText.utf8))
        case .outcome: RecordChain.outcomeHash(of: Digest(hex: previous), Array(document.canonicalText.utf8))
        }
    }
}

// MARK: Bytes

extension PortableRecord {
    private static let format = "1"
    private static let members: Set = ["format", "stack", "environment", "serial", "part", "previous", "hash", "removed", "record"]

    /// The record as JSON on one line with sorted keys.
    package var bytes: Data { Data(json.canonicalText.utf8) }

    var json: JSONValue {
        var members: OrderedDictionary<String, JSONValue> = [
            "format": .number(Self.format), "stack": .string(address.stack), "environment": .string(address.environment ?? ""),
            "serial": .number(String(position.serial)), "part": .string(position.part.rawValue), "previous": .string(previous),
            "hash": .string(hash.hex), "record": document,
        ]
        if !removed.isEmpty { members["removed"] = .array(removed.map { .string($0.hex) }) }
        return .object(members)
    }

    /// Reads a record, and checks that it is whole: that its hash is the one of what it holds, and that it has no other byte.
    ///
    /// - Parameter name: what messages call the place that it was read from.
    /// - Throws: `Problem` (exit code 1) that names it.
    package init(_ bytes: Data, name: String) throws(Problem) {
        guard let json = JSONText.document(bytes) else { throw Self.damaged(name, "It is no JSON document") }
        try self.init(json, name: name)
        guard self.bytes == bytes else { throw Self.damaged(name, "It is not written as pipeplan writes it") }
    }

    static func damaged(_ name: String, _ why: String) -> Problem {
        Problem(
            .failed, "record-damaged", "The record \(name) is damaged",
            detail: "\(why). Nothing of it was taken over, and nothing that comes after it.")
    }

    init(_ json: JSONValue, name: String) throws(Problem) {
        guard json["format"] == .number(Self.format) else {
            throw Problem(
                .failed, "record-newer", "The record \(name) is in a form that this program does not know",
                detail: "A newer pipeplan may have written it. Nothing of it was taken over. Install the newer pipeplan.")
        }
        guard case .object(let members) = json, Set(members.keys).isSubset(of: Self.members),
            let stack = json["stack"]?.scalarText, !stack.isEmpty, let environment = json["environment"]?.scalarText,
            let serial = json["serial"]?.scalarText.flatMap({ Int($0) }), serial > 0, serial < 1 << 40,
            let part = json["part"]?.scalarText.flatMap(RecordPosition.Part.init(rawValue:)),
            let previous = json["previous"]?.scalarText, let hash = json["hash"]?.scalarText, let document = json["record"],
            let removed = json["removed"].map({ $0.arrayItems?.compactMap(\.scalarText) ?? [] }) ?? .some([])
        else { throw Self.damaged(name, "It lacks what every record has, or has more") }
        self.init(
            address: StackAddress(stack: stack, environment: environment.isEmpty ? nil : environment),
            position: RecordPosition(serial, part), previous: previous, hash: Digest(hex: hash), removed: removed.map(Digest.init(hex:)),
            document: document)
        guard computedHash == self.hash else { throw Self.damaged(name, "What it holds has another hash than the one it gives") }
        if part == .intent {
            guard self.text("stack") == stack, self.text("environment") == environment, self.text("serial") == String(serial) else {
                throw Self.damaged(name, "It is of another deployment than it says")
            }
        }
    }
}

extension JSONText {
    /// `nil` for what is no JSON or no text: none is repaired, since a digest is taken over what is read.
    static func document(_ bytes: Data) -> JSONValue? {
        String(bytes: bytes, encoding: .utf8).flatMap { try? value(of: $0) }
    }
}
