import Foundation
package import Model
package import StateDatabase

/// `state verify --json`, format version 1.
package struct VerificationReport: Encodable, Sendable {
    package var formatVersion = 1
    package private(set) var isSound: Bool
    @OrNull var lineage: String?
    var deployments: Int
    var records: Int
    var removedTexts: Int
    var removedEventLists: Int
    var confirmedHeads: Int
    var heads: [Head]
    var faults: [Fault]
    var wantedHeads: [Wanted]

    struct Head: Encodable {
        var stack: String
        @OrNull var environment: String?
        var serial: Int
        var hash: String
        /// `false` where that deployment was made without the team's share and is not published yet: it may get another hash then.
        var published: Bool

        init(_ head: Verification.Head) {
            stack = head.address.stack
            environment = head.address.environment
            serial = head.serial
            hash = head.hash.hex
            published = !head.isUnpublished
        }
    }

    struct Fault: Encodable {
        @OrNull var stack: String?
        @OrNull var environment: String?
        @OrNull var serial: Int?
        var summary: String
    }

    /// A hash that was asked for.
    struct Wanted: Encodable {
        var hash: String
        @OrNull var record: Head?
    }

    package init(_ verification: Verification, wanted: [Digest]) {
        lineage = verification.lineage
        deployments = verification.deployments
        records = verification.records
        removedTexts = verification.removedTexts
        removedEventLists = verification.removedEventLists
        confirmedHeads = verification.confirmedHeads
        heads = verification.heads.map(Head.init)
        faults = verification.faults.map {
            Fault(stack: $0.address?.stack, environment: $0.address?.environment, serial: $0.serial, summary: $0.summary)
        }
        wantedHeads = wanted.map { Wanted(hash: $0.hex, record: verification.found[$0].map(Head.init)) }
        isSound = faults.isEmpty && wantedHeads.allSatisfy { $0.record != nil }
    }

    package func text(_ style: Style) -> String {
        var text = ""
        for fault in faults {
            let stack = fault.stack.map { StackAddress(stack: $0, environment: fault.environment).description }
            let place = [stack, fault.serial.map { "deployment \($0)" }].compactMap(\.self).joined(separator: " ")
            text += "\(style.red("damaged")): \(place.isEmpty ? "" : "\(place): ")\(fault.summary.printable).\n"
        }
        for wanted in wantedHeads {
            if let record = wanted.record {
                let address = StackAddress(stack: record.stack, environment: record.environment)
                text += "\(wanted.hash.prefix(16))… is \(address) deployment \(record.serial).\n"
            } else {
                text += "\(style.red("missing")): no record has the hash \(wanted.hash): the log is not the one in which it was seen.\n"
            }
        }
        if isSound {
            text +=
                "\(style.green("Sound")): \(deployments) deployment\(deployments == 1 ? "" : "s") of \(heads.count) stack\(heads.count == 1 ? "" : "s"), \(records) records; "
            text +=
                confirmedHeads == 1
                ? "the head seen here before is in its chain.\n" : "\(confirmedHeads) heads seen here before are in their chains.\n"
        }
        if removedTexts + removedEventLists > 0 {
            text += style.dim("Removed by gc: \(removedTexts) texts, the events of \(removedEventLists) deployments.") + "\n"
        }
        if isSound, !heads.isEmpty {
            var table = Table(header: ["STACK", "SERIAL", "HEAD"])
            for head in heads {
                table.rows.append([
                    Table.Cell(text: StackAddress(stack: head.stack, environment: head.environment).description, mark: style.bold),
                    Table.Cell(text: String(head.serial) + (head.published ? "" : ", not published")), Table.Cell(text: head.hash),
                ])
            }
            text += "\n" + table.render(style)
        }
        return text
    }
}

/// `state show STACK/LogicalID --json`, format version 1.
package struct ResourceStateReport: Encodable, Sendable {
    package struct Property: Encodable, Sendable {
        var name: String
        var value: JSONValue
        /// Where the template says so: `file:line`.
        @OrNull var location: String?
        /// Where what it is made of comes from: parameters, other resources, mappings.
        var origins: [String]

        package init(name: String, value: JSONValue, location: String?, origins: [String]) {
            self.name = name
            self.value = value
            self.location = location
            self.origins = origins
        }
    }

    package var formatVersion = 1
    var stack: String
    @OrNull var environment: String?
    var logicalId: String
    var type: String
    @OrNull var physicalId: String?
    var status: String
    @OrNull var statusReason: String?
    @OrNull var updatedAt: Date?
    /// The deployment that it is as it is since.
    var since: Int
    var properties: [Property]

    package init(_ address: StackAddress, _ resource: StackResource, since: Int, properties: [Property]) {
        stack = address.stack
        environment = address.environment
        logicalId = resource.logicalID
        type = resource.type
        physicalId = resource.physicalID
        status = resource.status.rawValue
        statusReason = resource.statusReason
        updatedAt = resource.updatedAt
        self.since = since
        self.properties = properties
    }

    package func text(_ style: Style) -> String {
        var text = "\(style.bold(logicalId.printable))  \(type.printable)  "
        text += StackStatus(rawValue: status).mark(style)(status.printable) + "\n"
        for (name, value) in [
            ("physical ID", physicalId), ("since", "deployment \(since)"), ("updated", updatedAt.map { TimeText.table($0) + " UTC" }),
            ("reason", statusReason),
        ] {
            if let value { text += "  \(style.dim(name.padded(to: 11))) \(value.printable)\n" }
        }
        guard !properties.isEmpty else { return text + "\n  No properties are recorded.\n" }
        text += "\n  \(style.bold("Properties"))\n"
        for property in properties {
            let lines = ValueText.render(property.value, known: true, style)
            text += "    \(property.name.printable):\(ValueText.placed(lines, indent: 6))"
            let origin = ([property.location] + property.origins).compactMap(\.self).joined(separator: "; ")
            text += (origin.isEmpty ? "" : "  \(style.dim("# \(origin.oneLine)"))") + "\n"
        }
        return text
    }
}
