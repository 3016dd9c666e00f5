import Foundation
import GRDB
package import Model

extension StateDatabase {
    /// Records what a deployment is about to do and reserves the stack's next serial for it.
    ///
    /// From here on the deployment holds its stack: no other one begins before `finish`. Throws `RecordingRefusal` where
    /// another one holds it, or where the recorded stack is not the one the plan was made against.
    ///
    /// - Parameter secrets: values that must not be stored; where one is part of a text, `****` is stored in its place.
    package func begin(_ intent: DeploymentIntent, secrets: [Secret]) throws -> Deployment {
        let mask = SecretMask(secrets)
        return try write { db in try begin(intent, mask, in: db) }
    }

    func begin(_ intent: DeploymentIntent, _ mask: SecretMask, in db: Database) throws -> Deployment {
        let deployments = DeploymentStore(db: db)
        let stackKey = try stackKey(of: intent.address, in: db)
        if let open = try deployments.open(stackKey: stackKey) { throw RecordingRefusal.deploymentOpen(open) }
        let recorded = try Int.fetchOne(
            db, sql: "SELECT d.serial FROM stacks s JOIN deployments d ON d.id = s.left_by WHERE s.id = ?", arguments: [stackKey])
        guard recorded == intent.plannedAgainst else {
            throw RecordingRefusal.recordedStackMoved(
                address: intent.address, plannedAgainst: intent.plannedAgainst, recorded: recorded)
        }
        let id = try insert(intent, stackKey: stackKey, mask: mask, in: db)
        try RecordChain(db: db).seal(id)
        return try existing(id, in: db)
    }

    /// Records what became known of an open deployment. Throws `RecordingRefusal.alreadySettled`.
    package func note(_ progress: DeploymentProgress, of deployment: Deployment) throws {
        try updateOpen(
            deployment,
            "step = coalesce(?, step), change_set_id = coalesce(?, change_set_id), stack_id = coalesce(?, stack_id)",
            [progress.step, progress.changeSetID, progress.stackID])
    }

    /// Records that a deployment goes on at CloudFormation with nobody watching. It stays open and keeps its stack until
    /// somebody settles it with `finish`. Throws `RecordingRefusal.alreadySettled`.
    package func detach(_ deployment: Deployment) throws {
        try updateOpen(deployment, "status = ?", [DeploymentStatus.detached.rawValue])
    }

    /// Records that somebody watches a detached deployment again. Throws `RecordingRefusal.alreadySettled`.
    package func reattach(_ deployment: Deployment) throws {
        try updateOpen(deployment, "status = ?", [DeploymentStatus.inProgress.rawValue])
    }

    /// Records events of an open deployment, in the order they are given. One that is recorded already is passed over, so
    /// that giving all of them again does no harm. Throws `RecordingRefusal.alreadySettled`.
    package func append(_ events: [StackEvent], to deployment: Deployment, secrets: [Secret]) throws {
        if events.isEmpty { return }
        let mask = SecretMask(secrets)
        try write { db in
            try requireOpen(deployment, in: db)
            var position =
                try Int.fetchOne(
                    db, sql: "SELECT count(*) FROM events WHERE deployment = ?", arguments: [deployment.id]) ?? 0
            let insert = try db.cachedStatement(
                sql: """
                    INSERT INTO events (deployment, event_id, position, event_stack, logical_id, physical_id, type, happened_at,
                        status, status_reason, client_token)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                    """)
            for event in events {
                try insert.execute(arguments: [
                    deployment.id, event.eventID, position, try eventStack(of: event, in: db), event.logicalID,
                    mask.name(event.physicalID), event.resourceType, event.timestamp.milliseconds, event.status.rawValue,
                    mask.text(event.statusReason), event.clientRequestToken,
                ])
                position += db.changesCount
            }
        }
    }

    /// Settles a deployment: its outcome and what it left of the stack. Throws `RecordingRefusal.alreadySettled` where
    /// somebody else did so meanwhile.
    ///
    /// - Parameter secrets: values that must not be stored; where one is part of a text, `****` is stored in its place.
    /// - Returns: the deployment as it is now recorded.
    @discardableResult
    package func finish(_ deployment: Deployment, _ outcome: DeploymentOutcome, secrets: [Secret]) throws -> Deployment {
        let mask = SecretMask(secrets)
        let settled = try write { db in try finish(deployment, outcome, mask, in: db) }
        remember(settled)
        return settled
    }

    func finish(_ deployment: Deployment, _ outcome: DeploymentOutcome, _ mask: SecretMask, in db: Database) throws -> Deployment {
        let deployment = try requireOpen(deployment, in: db)
        return try beneathUnpublished(of: deployment.stackKey, above: deployment.serial, in: db) {
            try settle(deployment, outcome, mask, in: db)
        }
    }

    private func settle(
        _ deployment: Deployment, _ outcome: DeploymentOutcome, _ mask: SecretMask, in db: Database
    ) throws -> Deployment {
        let contents = outcome.effect.contents
        let removes = outcome.effect == .removed
        let contentsDigest = try ContentsRecorder(db: db, stackKey: deployment.stackKey, serial: deployment.serial).record(
            resources: removes ? [] : contents?.resources?.map { $0.stored(masking: mask) },
            outputs: removes ? [] : contents?.outputs?.map { $0.stored(masking: mask) })
        try db.execute(
            sql: """
                UPDATE deployments SET status = ?, finished_at = ?, stack_id = coalesce(?, stack_id), stack_status = ?, effect = ?,
                    failure_logical_id = ?, failure_type = ?, failure_message = ?,
                    resumed_by_arn = ?, resumed_by_user = ?, resumed_by_host = ?, contents_digest = ?, events_digest = ?
                WHERE id = ?
                """,
            arguments: [
                outcome.status.rawValue, outcome.finishedAt.milliseconds, contents?.stackID, contents?.status.rawValue,
                outcome.effect.recorded.rawValue, outcome.failure?.logicalID, outcome.failure?.resourceType,
                mask.text(outcome.failure?.message), outcome.resumedBy?.identityArn, outcome.resumedBy?.user,
                outcome.resumedBy?.host, contentsDigest?.bytes,
                try RecordChain(db: db).eventsDigest(of: deployment.id)?.bytes, deployment.id,
            ])
        try moveHead(of: deployment.stackKey, to: deployment.id, outcome.effect.recorded, in: db)
        try RecordChain(db: db).seal(deployment.id)
        try cutDownSuperseded(by: deployment, takesEffect: outcome.effect.recorded == .applied, in: db)
        return try existing(deployment.id, in: db)
    }

    /// Keeps in mind, beside the database, that the chain went as far as this.
    func remember(_ settled: Deployment) {
        // The hash of one that waits to be published may change.
        guard let lineage, !settled.isUnpublished else { return }
        SeenHeads(beside: file).remember(
            SeenHeads.Head(lineage: lineage, address: settled.address, serial: settled.serial, hash: settled.hash))
    }

    /// Keeps in mind that the chain of a stack goes only as far as this again, on purpose.
    func forgetHead(of address: StackAddress, backTo settled: Deployment?) {
        guard let lineage else { return }
        SeenHeads(beside: file).goBack(
            address, in: lineage,
            to: settled.map { SeenHeads.Head(lineage: lineage, address: address, serial: $0.serial, hash: $0.hash) })
    }

    /// Keeps the heads in mind that were found, and forgets all others.
    func rememberOnly(_ verification: Verification) throws {
        guard let lineage else { return }
        // The head of an open deployment is that of the record before it, which its outcome will follow.
        let open = Set(verification.heads.filter { !$0.isSettled }.map(\.address))
        var heads = verification.heads.filter(\.isSettled)
        for address in open {
            guard
                let last = try deployments(DeploymentFilter(stack: address.stack, environment: address.environment))
                    .first(where: { $0.address == address && !$0.status.isOpen && !$0.isUnpublished })
            else { continue }
            heads.append(Verification.Head(address: address, serial: last.serial, hash: last.hash, isSettled: true))
        }
        SeenHeads(beside: file).replace(
            with: heads.map { SeenHeads.Head(lineage: lineage, address: $0.address, serial: $0.serial, hash: $0.hash) })
    }

    /// Texts of the stack that another one came after are kept as what tells them from that one. The template that is in effect
    /// stays whole, so that plain SQL reads it.
    func cutDownSuperseded(by deployment: Deployment, takesEffect: Bool, in db: Database) throws {
        let blobs = BlobStore(db: db)
        func texts(_ columns: String, _ condition: String, limit: Int) throws -> [Row] {
            try db.rows(
                "SELECT \(columns) FROM deployments WHERE stack_key = ? AND serial \(condition) ORDER BY serial DESC LIMIT \(limit)",
                [deployment.stackKey, deployment.serial])
        }
        guard let own = try texts("template, nested_templates, plan", "= ?", limit: 1).first else { return }
        // Those of deployments that did not take effect lie between this one and the template that was in effect.
        for earlier in try texts("template, nested_templates, plan", "< ?", limit: takesEffect ? 8 : 1) {
            for index in takesEffect ? 0..<3 : 2..<3 {
                let (old, new): (Int64?, Int64?) = (earlier[index], own[index])
                guard let old, let new, old != new, try blobs.isWhole(old), try !isInEffect(old, in: db) else { continue }
                // It only saves room: damage in an old text must not keep an outcome from being recorded.
                do { try blobs.cutDown(old, to: new) } catch is DamagedRecord {}
            }
        }
    }

    /// Whether a stack's template is this one now, whatever stack it is.
    private func isInEffect(_ blob: Int64, in db: Database) throws -> Bool {
        try db.value(
            "SELECT EXISTS (SELECT 1 FROM stacks s JOIN deployments d ON d.id = s.in_effect WHERE ? IN (d.template, d.nested_templates))",
            [blob]) ?? false
    }

    private func insert(_ intent: DeploymentIntent, stackKey: Int64, mask: SecretMask, in db: Database) throws -> Int64 {
        let blobs = BlobStore(db: db)
        let configuration = try ConfigurationStore(db: db).store(intent.configuration.masked(by: mask))
        try db.execute(
            sql: """
                INSERT INTO deployments
                    (stack_key, serial, kind, started_at, actor_arn, actor_user, actor_host, git_commit, git_branch, git_dirty,
                    git_remote, tool_version, command_line, approval, planned_against, configuration, template,
                    nested_templates, plan, change_set_name, client_token, offline_id,
                    unpublished, status, hash)
                SELECT ?, 1 + coalesce(max(serial), 0), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, zeroblob(32)
                FROM deployments WHERE stack_key = ?
                """,
            arguments: [
                stackKey, intent.kind.rawValue, intent.startedAt.milliseconds, intent.actor.identityArn,
                mask.name(intent.actor.user), mask.name(intent.actor.host), intent.git?.commit, mask.name(intent.git?.branch),
                intent.git?.isDirty, mask.text(intent.git?.remote)?.withoutURLCredentials, intent.toolVersion,
                mask.text(intent.commandLine), intent.approval, intent.plannedAgainst, configuration,
                try blobs.store(mask.name(intent.templateBody)), try nestedTemplates(intent, mask).map { try blobs.store($0) },
                try intent.planJSON.map { try blobs.store(mask.name($0)) },
                intent.changeSetName, intent.clientToken, intent.offlineID,
                try isUnpublished(intent, stackKey: stackKey, in: db) ? 1 : nil, DeploymentStatus.inProgress.rawValue, stackKey,
            ])
        return db.lastInsertedRowID
    }

    /// Nested templates as one text: an object of them by path.
    private func nestedTemplates(_ intent: DeploymentIntent, _ mask: SecretMask) -> String? {
        guard !intent.nestedTemplates.isEmpty else { return nil }
        return JSONValue.object(intent.nestedTemplates.mapValues { .string(mask.name($0)) }).canonicalText
    }

    /// Notes which deployments the recorded stack is now to be taken from.
    func moveHead(of stackKey: Int64, to deployment: Int64, _ effect: DeploymentEffect, in db: Database) throws {
        let assignment: String
        switch effect {
        case .untouched: return
        case .kept: assignment = "left_by = :deployment"
        case .applied: assignment = "left_by = :deployment, in_effect = :deployment"
        case .removed: assignment = "left_by = NULL, in_effect = NULL"
        }
        var arguments: StatementArguments = ["stack": stackKey]
        if effect != .removed { arguments += ["deployment": deployment] }
        try db.run("UPDATE stacks SET \(assignment) WHERE id = :stack", arguments)
    }

    private func updateOpen(_ deployment: Deployment, _ assignment: String, _ values: StatementArguments) throws {
        try write { db in
            try requireOpen(deployment, in: db)
            try db.run("UPDATE deployments SET \(assignment) WHERE id = ?", values + [deployment.id])
        }
    }

    /// - Returns: the deployment as it is recorded now.
    @discardableResult
    func requireOpen(_ deployment: Deployment, in db: Database) throws -> Deployment {
        let current = try existing(deployment.id, in: db)
        // The row of one that gave way to another may be that of the other by now.
        guard current.isSame(as: deployment) else { throw RecordingRefusal.gaveWay(deployment, to: current) }
        if !current.status.isOpen { throw RecordingRefusal.alreadySettled(current) }
        return current
    }

    func existing(_ id: Int64, in db: Database) throws -> Deployment {
        guard let deployment = try DeploymentStore(db: db).deployment(id: id) else {
            throw DamagedRecord("Deployment \(id), or what it refers to, is missing")
        }
        return deployment
    }

    func stackKey(of address: StackAddress, in db: Database) throws -> Int64 {
        if let known = try DeploymentStore(db: db).stackKey(of: address) { return known }
        try db.execute(
            sql: "INSERT INTO stacks (stack, environment) VALUES (?, ?)", arguments: [address.stack, address.environment ?? ""])
        return db.lastInsertedRowID
    }

    private func eventStack(of event: StackEvent, in db: Database) throws -> Int64 {
        try eventStack(event.stackID, event.stackName, in: db)
    }

    func eventStack(_ stackID: String, _ stackName: String, in db: Database) throws -> Int64 {
        let arguments: StatementArguments = [stackID, stackName]
        let find = try db.cachedStatement(sql: "SELECT id FROM event_stacks WHERE stack_id = ? AND stack_name = ?")
        if let known = try Int64.fetchOne(find, arguments: arguments) { return known }
        try db.execute(sql: "INSERT INTO event_stacks (stack_id, stack_name) VALUES (?, ?)", arguments: arguments)
        return db.lastInsertedRowID
    }
}
