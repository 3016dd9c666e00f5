package import Foundation
import GRDB
package import Model

/// Who changes what is recorded without touching the stack.
package struct StateEdit: Hashable, Sendable {
    package var at: Date
    package var actor: DeploymentActor
    package var git: GitState?
    package var toolVersion: String
    package var commandLine: String

    package init(at: Date, actor: DeploymentActor, git: GitState?, toolVersion: String, commandLine: String) {
        self.at = at
        self.actor = actor
        self.git = git
        self.toolVersion = toolVersion
        self.commandLine = commandLine
    }
}

extension StateDatabase {
    /// Forgets a recorded stack: what it consists of is no longer recorded, its history goes on with a record of this.
    ///
    /// - Throws: `RecordingRefusal` where a deployment of the stack is open; `Problem` (exit code 4) where there is no such stack.
    package func forget(_ address: StackAddress, by edit: StateEdit) throws -> Deployment {
        let none = SecretMask([])
        let settled = try write { db in
            let head = try head(of: address, in: db)
            let deployment = try begin(intent(edit, of: head, recordedAs: address, approval: "state-rm"), none, in: db)
            return try finish(
                deployment, DeploymentOutcome(status: .succeeded, effect: .removed, finishedAt: edit.at), none, in: db)
        }
        remember(settled)
        return settled
    }

    /// Records a stack under another address, which must have none. Both histories go on: that of the old address ends with
    /// a record that tells where the stack went, and that of the new one begins, or goes on, with one that tells where it came from.
    /// What is known and accepted of its drift goes with it: the last report, and as one more record what was accepted.
    ///
    /// - Throws: `RecordingRefusal` where a deployment of either is open; `Problem` (exit code 3 or 4).
    /// - Returns: the record that ends the old history, and the one or two that go on with it under the new address.
    package func move(_ old: StackAddress, to new: StackAddress, by edit: StateEdit) throws -> (from: Deployment, to: [Deployment]) {
        let none = SecretMask([])
        let report = try lastDriftReport(old)
        let settled: (from: Deployment, to: [Deployment]) = try write { db in
            let head = try head(of: old, in: db)
            if let taken = try DeploymentStore(db: db).stackKey(of: new),
                try Int64.fetchOne(db, sql: "SELECT left_by FROM stacks WHERE id = ?", arguments: [taken]) != nil
            {
                throw Problem(
                    .refused, "address-taken", "There is a recorded stack \(new) already",
                    detail: "Destroy it, or take it out of the record with `pipeplan state rm \(new)`, first.")
            }
            let history = StackHistory(db: db)
            let contents = StackContents(
                stackID: head.stackID ?? head.place.stackName, status: head.status,
                resources: Array(try history.resources(of: head.stackKey, at: nil, withProperties: true).values),
                outputs: Array(try history.outputs(of: head.stackKey, at: nil).values))
            func record(_ address: StackAddress, _ effect: DeploymentOutcome.Effect, _ step: String, plannedAgainst: Int?) throws
                -> Deployment
            {
                var intent = intent(edit, of: head, recordedAs: address, approval: "state-mv")
                intent.plannedAgainst = plannedAgainst
                let deployment = try begin(intent, none, in: db)
                try db.execute(sql: "UPDATE deployments SET step = ? WHERE id = ?", arguments: [step, deployment.id])
                return try finish(
                    deployment, DeploymentOutcome(status: .succeeded, effect: effect, finishedAt: edit.at), none, in: db)
            }
            // One that only has what a failed creation left has no template in effect there either.
            let effect: DeploymentOutcome.Effect = head.hasTemplate ? .applied(contents) : .kept(contents)
            let accepted = try acceptedDrift(head.stackKey, in: db)
            let to = try record(new, effect, "from \(old) \(head.serial)", plannedAgainst: nil)
            let from = try record(old, .removed, "to \(new) \(to.serial)", plannedAgainst: head.serial)
            if accepted.isEmpty { return (from, [to]) }
            var acceptance = intent(edit, of: head, recordedAs: new, approval: "state-mv")
            acceptance.plannedAgainst = to.serial
            return (from, [to, try accept(accepted, as: acceptance, none, in: db)])
        }
        for record in [settled.from] + settled.to { remember(record) }
        // An acceptance leaves the stack as the record before it did.
        if var report, let to = settled.to.first {
            (report.address, report.serial) = (new, to.serial)
            report.id += "-\(new)"
            try record(report)
        }
        return settled
    }

    /// What is recorded of a stack now.
    private struct Head {
        var stackKey: Int64
        var serial: Int
        var stackID: String?
        var status: StackStatus
        /// Where the stack is, by the deployment that left it.
        var place: StackConfiguration
        /// What is in effect.
        var configuration: StackConfiguration
        var template: String
        var nestedTemplates: String?
        var hasTemplate: Bool
    }

    private func head(of address: StackAddress, in db: Database) throws -> Head {
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT s.id, l.serial, coalesce(l.stack_id, e.stack_id), l.stack_status, l.configuration, e.configuration, e.template,
                    e.nested_templates
                FROM stacks s JOIN deployments l ON l.id = s.left_by LEFT JOIN deployments e ON e.id = s.in_effect
                WHERE s.stack = ? AND s.environment = ?
                """, arguments: [address.stack, address.environment ?? ""])
        guard let row else {
            throw Problem(
                .badInput, "not-recorded", "There is no recorded stack \(address)",
                detail: "`pipeplan state list` lists those there are.")
        }
        var columns = RowReader(row)
        let configurations = ConfigurationStore(db: db)
        let blobs = BlobStore(db: db)
        let (key, serial, stackID) = (try columns.key(), try columns.integer(), try columns.optionalText())
        let status = StackStatus(rawValue: try columns.text())
        let place = try configurations.configuration(try columns.key())
        let configuration = try columns.next(Int64?.self).map(configurations.configuration)
        let template = try columns.next(Int64?.self).flatMap { try blobs.text($0) }
        let nested = try columns.next(Int64?.self).flatMap { try blobs.text($0) }
        return Head(
            stackKey: key, serial: serial, stackID: stackID, status: status, place: place, configuration: configuration ?? place,
            template: template ?? Self.emptyTemplate, nestedTemplates: nested, hasTemplate: template != nil)
    }

    private func intent(_ edit: StateEdit, of head: Head, recordedAs address: StackAddress, approval: String) -> DeploymentIntent {
        var intent = DeploymentIntent(
            address: address, kind: .stateEdit, startedAt: edit.at, actor: edit.actor, git: edit.git, toolVersion: edit.toolVersion,
            commandLine: edit.commandLine, approval: approval, configuration: head.configuration, templateBody: head.template,
            plannedAgainst: head.serial)
        intent.configuration.stackName = head.place.stackName
        intent.configuration.region = head.place.region
        intent.configuration.accountID = head.place.accountID
        intent.nestedTemplates = (head.nestedTemplates.flatMap { try? Self.nestedTemplates(in: $0) }) ?? [:]
        return intent
    }
}
