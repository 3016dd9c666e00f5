package import Foundation
package import Model
package import Planning

/// Known drift beside a plan: what is live, what is recorded, what is wanted.
package enum KnownDriftText {
    package static func render(_ drift: KnownDrift, _ style: Style, now: Date) -> String {
        let age = DriftText.age(drift.checkedAt, now) + (drift.isCurrent ? "" : ", before the last deployment")
        var text = "\n  \(style.bold("Drift")) \(style.dim("(\(age))"))\n"
        for place in drift.touched {
            let name = place.isDeleted ? place.logicalID : "\(place.logicalID).\(place.path)"
            text += "      \(style.yellow("!")) \(name.printable): "
            if place.isDeleted {
                text += "deleted past CloudFormation, which will fail to change it\n"
            } else if place.sensitive {
                text += "the live value is not the recorded one (sensitive)\n"
            } else {
                text += "the live value is \(value(place.live)), recorded \(value(place.recorded)), you want \(value(place.desired))\n"
            }
        }
        if !drift.untouched.isEmpty {
            let names = drift.untouched.prefix(10).joined(separator: ", ") + (drift.untouched.count > 10 ? " …" : "")
            let subject = drift.untouched.count == 1 ? "1 drifted resource" : "\(drift.untouched.count) drifted resources"
            text +=
                "      \(style.yellow("!")) \(subject) this plan leaves as \(drift.untouched.count == 1 ? "it is" : "they are"): \(names)\n"
        }
        text += style.dim("        A template that stays leaves drift as it is. To put it right: ")
        return text + "pipeplan apply \(drift.address) --revert-drift\n"
    }

    private static func value(_ value: JSONValue?) -> String {
        guard let value else { return "none" }
        return value.compactText.printable.oneLine.truncated(to: 120)
    }
}

/// The same in `plan --json`.
package struct KnownDriftReport: Encodable, Sendable {
    var checkedAt: Date
    var serial: Int
    var touched: [Place]
    var untouched: [String]

    package init(_ drift: KnownDrift) {
        checkedAt = drift.checkedAt
        serial = drift.serial
        touched = drift.touched.map(Place.init)
        untouched = drift.untouched
    }

    struct Place: Encodable, Sendable {
        var logicalId: String
        var status: String
        @OrNull var path: String?
        @OrNull var live: JSONValue?
        @OrNull var recorded: JSONValue?
        @OrNull var desired: JSONValue?

        init(_ place: KnownDrift.ThreeWay) {
            logicalId = place.logicalID
            status = place.isDeleted ? "DELETED" : "MODIFIED"
            path = place.isDeleted ? nil : place.path
            let hidden = place.sensitive ? DriftDifference.hidden : nil
            live = hidden ?? place.live
            recorded = hidden ?? place.recorded
            desired = hidden ?? place.desired
        }
    }
}
