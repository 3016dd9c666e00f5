package import Foundation

/// How one place of a live resource differs from what its template says.
package struct DriftDifference: Hashable, Sendable, Codable {
    /// Whether a difference counts.
    package enum Verdict: String, Hashable, Sendable, Codable {
        case drift
        /// A rule under `ignoreDrift` in stack.yml says that it does not matter.
        case ignored
        /// Somebody has accepted just this live value (`pipeplan drift accept`).
        case accepted
    }

    /// Below the properties, as a plan writes it: `Environment.Variables.URL`, `Tags[env]`, `Stages[0].Name`.
    package var path: String
    /// `nil` where the template sets nothing there.
    package var expected: JSONValue?
    /// `nil` where the live resource has nothing there.
    package var actual: JSONValue?
    /// Whether a secret is part of it; both values are `(sensitive)` then.
    package var sensitive: Bool
    package var verdict: Verdict
    /// Why it was accepted.
    package var reason: String?

    package init(
        path: String, expected: JSONValue?, actual: JSONValue?, sensitive: Bool = false, verdict: Verdict = .drift, reason: String? = nil
    ) {
        self.path = path
        self.expected = sensitive && expected != nil ? Self.hidden : expected
        self.actual = sensitive && actual != nil ? Self.hidden : actual
        self.sensitive = sensitive
        self.verdict = verdict
        self.reason = reason
    }

    package static let hidden: JSONValue = "(sensitive)"
}

/// What detection found of one resource.
package struct ResourceDriftReport: Hashable, Sendable, Codable {
    /// CloudFormation's own words (StackResourceDriftStatus).
    package enum Status: String, Hashable, Sendable, Codable {
        case inSync = "IN_SYNC"
        case modified = "MODIFIED"
        case deleted = "DELETED"
        case notChecked = "NOT_CHECKED"
    }

    /// Who compared it.
    package enum Check: String, Hashable, Sendable, Codable {
        case cloudFormation = "CloudFormation"
        /// Read through Cloud Control API and compared here, because CloudFormation does not check the type.
        case cloudControl = "CloudControl"
    }

    /// Of a resource in a nested stack with the way there: `Network/Table`.
    package var logicalID: String
    package var physicalID: String?
    package var type: String
    package var status: Status
    /// Why it was not checked, or what else there is to say.
    package var reason: String?
    /// `nil` where it was not checked.
    package var check: Check?
    /// Of a modified resource, at least one.
    package var differences: [DriftDifference]
    /// Of a deleted resource.
    package var deletion: DriftDifference.Verdict

    package init(
        logicalID: String, physicalID: String? = nil, type: String, status: Status, reason: String? = nil, check: Check? = nil,
        differences: [DriftDifference] = [], deletion: DriftDifference.Verdict = .drift
    ) {
        self.logicalID = logicalID
        self.physicalID = physicalID
        self.type = type
        self.status = status
        self.reason = reason
        self.check = check
        self.differences = differences
        self.deletion = deletion
    }

    /// The differences that are neither ignored nor accepted.
    package var counted: [DriftDifference] { differences.filter { $0.verdict == .drift } }

    /// Whether it has drifted in a way that counts.
    package var isDrifted: Bool {
        switch status {
        case .modified: !counted.isEmpty
        case .deleted: deletion == .drift
        case .inSync, .notChecked: false
        }
    }

    /// Why what was found does not count; `nil` where it counts, or nothing was found.
    package var excuse: DriftDifference.Verdict? {
        guard !isDrifted else { return nil }
        switch status {
        case .modified: return differences.contains { $0.verdict == .accepted } ? .accepted : .ignored
        case .deleted: return deletion
        case .inSync, .notChecked: return nil
        }
    }

    /// CloudFormation's word, or `IGNORED` and `ACCEPTED` where all that was found does not count.
    package var statusText: String { excuse?.rawValue.uppercased() ?? status.rawValue }
}

/// What was done to a stack past pipeplan.
package struct OutsideChange: Hashable, Sendable, Codable {
    /// The change set that was executed last; `nil` where the stack was updated or rolled back without one.
    package var changeSetID: String?
    package var updatedAt: Date?
    /// Unified lines from the recorded template to the one the stack has; empty where it is the same.
    package var templateDifference: [String]
    /// Parameters with another value than the recorded one, secrets aside; `nil` in reports of before that was compared.
    package var parameterDifference: [ParameterDifference]?

    package struct ParameterDifference: Hashable, Sendable, Codable {
        package var name: String
        package var recorded: String
        package var live: String

        package init(name: String, recorded: String, live: String) {
            self.name = name
            self.recorded = recorded
            self.live = live
        }
    }

    package init(
        changeSetID: String?, updatedAt: Date?, templateDifference: [String], parameterDifference: [ParameterDifference]? = nil
    ) {
        self.changeSetID = changeSetID
        self.updatedAt = updatedAt
        self.templateDifference = templateDifference
        self.parameterDifference = parameterDifference
    }

    /// Whether the stack was left another one than is recorded: with another template, or other parameters.
    package var isDifferent: Bool { !templateDifference.isEmpty || parameterDifference?.isEmpty == false }
}

/// What detection found of a stack at one time. Holds no secret.
package struct DriftReport: Hashable, Sendable, Codable {
    package enum Status: String, Hashable, Sendable, Codable {
        case inSync = "IN_SYNC"
        case drifted = "DRIFTED"
        /// The stack itself is gone.
        case deleted = "DELETED"
        /// It could not be checked.
        case notChecked = "NOT_CHECKED"
    }

    /// The same wherever the report is copied to.
    package var id: String
    package var address: StackAddress
    package var stackName: String
    package var region: String
    package var accountID: String?
    package var stackID: String?
    package var checkedAt: Date
    /// `user@host` of who asked for it.
    package var checkedBy: String
    /// The recorded deployment it was compared with.
    package var serial: Int
    package var recordedStatus: StackStatus
    /// `nil` where there is no stack.
    package var stackStatus: StackStatus?
    /// Why the stack could not be checked, or not wholly.
    package var failure: String?
    package var outside: OutsideChange?
    /// By logical ID.
    package var resources: [ResourceDriftReport]

    package init(
        id: String, address: StackAddress, stackName: String, region: String, accountID: String? = nil, stackID: String? = nil,
        checkedAt: Date, checkedBy: String, serial: Int, recordedStatus: StackStatus, stackStatus: StackStatus? = nil,
        failure: String? = nil, outside: OutsideChange? = nil, resources: [ResourceDriftReport] = []
    ) {
        self.id = id
        self.address = address
        self.stackName = stackName
        self.region = region
        self.accountID = accountID
        self.stackID = stackID
        self.checkedAt = checkedAt
        self.checkedBy = checkedBy
        self.serial = serial
        self.recordedStatus = recordedStatus
        self.stackStatus = stackStatus
        self.failure = failure
        self.outside = outside
        self.resources = resources
    }

    /// A report on a recorded stack of which nothing was found out yet.
    /// - Parameter checkedBy: `user@host`.
    package init(on recorded: RecordedStack, checkedBy: String, in context: Context) {
        self.init(
            id: context.randomBytes(16).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined(),
            address: recorded.address, stackName: recorded.stackName, region: recorded.region, accountID: recorded.accountID,
            stackID: recorded.stackID, checkedAt: context.clock.now(), checkedBy: checkedBy, serial: recorded.serial,
            recordedStatus: recorded.status)
    }

    package var status: Status {
        if stackStatus == nil, failure == nil { return .deleted }
        if resources.contains(where: \.isDrifted) || outside?.isDifferent == true { return .drifted }
        // What nothing was checked of is not in sync either, be it of types that nobody checks.
        let isUnchecked = !resources.isEmpty && resources.allSatisfy { $0.status == .notChecked }
        return failure != nil || isUnchecked ? .notChecked : .inSync
    }

    /// Whether the stack is not what is recorded of it.
    package var isDrifted: Bool { status == .drifted || status == .deleted }

    package struct Summary: Hashable, Sendable, Codable {
        package var inSync = 0
        package var modified = 0
        package var deleted = 0
        package var notChecked = 0
        /// Differences and deletions that stack.yml says do not matter.
        package var ignored = 0
        package var accepted = 0
    }

    package var summary: Summary {
        var summary = Summary()
        for resource in resources {
            switch resource.status {
            case .inSync: summary.inSync += 1
            case .modified: if resource.isDrifted { summary.modified += 1 }
            case .deleted: if resource.isDrifted { summary.deleted += 1 }
            case .notChecked: summary.notChecked += 1
            }
            let verdicts = resource.status == .deleted ? [resource.deletion] : resource.differences.map(\.verdict)
            summary.ignored += verdicts.count { $0 == .ignored }
            summary.accepted += verdicts.count { $0 == .accepted }
        }
        return summary
    }
}

extension OutsideChange {
    /// The change without known secrets: whoever made it may have written one where nothing tells that it is one.
    package func hiding(_ secrets: [Secret]) -> OutsideChange {
        var change = self
        change.templateDifference = templateDifference.map { $0.hiding(secrets) }
        change.parameterDifference = parameterDifference?.map {
            ParameterDifference(name: $0.name, recorded: $0.recorded.hiding(secrets), live: $0.live.hiding(secrets))
        }
        return change
    }
}

extension DriftReport {
    /// The report without known secrets that got into live values by other ways than the template, or into what AWS says.
    package func hiding(_ secrets: [Secret]) -> DriftReport {
        var report = self
        report.failure = failure?.hiding(secrets)
        report.outside = outside?.hiding(secrets)
        for index in report.resources.indices {
            report.resources[index].reason = report.resources[index].reason?.hiding(secrets)
            report.resources[index].differences = report.resources[index].differences.map { difference in
                let holdsOne = [difference.expected, difference.actual].contains { $0?.holds(anyOf: secrets) == true }
                return DriftDifference(
                    path: difference.path.hiding(secrets), expected: difference.expected, actual: difference.actual,
                    sensitive: difference.sensitive || holdsOne, verdict: difference.verdict, reason: difference.reason)
            }
        }
        return report
    }
}

extension JSONValue {
    /// Whether a known secret is part of it.
    package func holds(anyOf secrets: [Secret]) -> Bool {
        secrets.map { $0.reveal() }.contains { $0.utf8.count >= String.shortestSecret && holds($0) }
    }

    /// Whether a text is part of any text or name in it.
    private func holds(_ text: String) -> Bool {
        switch self {
        case .string(let own): own.contains(text)
        case .array(let items): items.contains { $0.holds(text) }
        case .object(let members): members.contains { $0.key.contains(text) || $0.value.holds(text) }
        case .number, .bool, .null: scalarText == text
        }
    }
}
