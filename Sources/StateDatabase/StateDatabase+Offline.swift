import Foundation
import GRDB
package import Model

/// Deployments that were made while the share could not be reached.
///
/// They are the last ones of their stack's log, under the next serials here. What others have recorded under these meanwhile comes
/// beneath them: then they get the next ones, and their hashes anew. So nothing but its UUID is told of one to anybody before it is
/// sealed: before the share has its intent.
extension StateDatabase {
    /// The deployments that the share lacks because they were made without it, by stack, in the order of the log.
    package func unpublished(_ address: StackAddress? = nil) throws -> [Deployment] {
        try read { db in
            let ids = try Int64.fetchAll(db, sql: "SELECT id FROM deployments WHERE unpublished IS NOT NULL ORDER BY stack_key, serial")
            return try ids.map { try existing($0, in: db) }.filter { address == nil || $0.address == address }
        }
    }

    /// Records that a deployment has its serial for good.
    /// - Returns: the deployment as it is recorded now.
    @discardableResult
    package func seal(_ deployment: Deployment) throws -> Deployment {
        let sealed = try write { db in
            try db.execute(sql: "UPDATE deployments SET unpublished = NULL WHERE id = ?", arguments: [deployment.id])
            return try existing(deployment.id, in: db)
        }
        if !sealed.status.isOpen { remember(sealed) }
        return sealed
    }

    /// Records that all deployments have their serials for good, since nobody else's come beneath them any more.
    /// - Throws: `RecordingRefusal.deploymentOpen` where a stack of theirs has one without an outcome. Nothing is changed then.
    package func sealAll() throws {
        let sealed = try write { db in
            let rows = try Row.fetchAll(db, sql: "SELECT id, stack_key FROM deployments WHERE unpublished IS NOT NULL")
            let waiting = try rows.map { row in
                var columns = RowReader(row)
                return (id: try columns.key(), stackKey: try columns.key())
            }
            for stackKey in Set(waiting.map(\.stackKey)) {
                if let open = try DeploymentStore(db: db).open(stackKey: stackKey) { throw RecordingRefusal.deploymentOpen(open) }
            }
            try db.execute(sql: "UPDATE deployments SET unpublished = NULL WHERE unpublished IS NOT NULL")
            return try waiting.map { try existing($0.id, in: db) }
        }
        for deployment in sealed { remember(deployment) }
    }

    /// Runs `body`, which changes what is recorded of a stack up to what was made offline, and puts that back on top.
    /// - Parameter serial: leaves unpublished deployments up to this one where they are.
    func beneathUnpublished<Value>(
        of stackKey: Int64, above serial: Int = 0, in db: Database, _ body: () throws -> Value
    ) throws -> Value {
        var lifted = try LiftedDeployments(database: self, db: db, stackKey: stackKey, above: serial)
        guard !lifted.isEmpty else { return try body() }
        let known = try lifted.takeOff()
        let value = try body()
        try lifted.putBack(notSeenBefore: known)
        return value
    }

    /// Whether what comes next in a stack's log is to be unpublished, too.
    func isUnpublished(_ intent: DeploymentIntent, stackKey: Int64, in db: Database) throws -> Bool {
        try intent.offlineID != nil
            || Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM deployments WHERE stack_key = ? AND unpublished IS NOT NULL)",
                arguments: [stackKey]) ?? false
    }
}

/// The unpublished deployments of a stack, taken off its log within one transaction.
private struct LiftedDeployments {
    let database: StateDatabase
    let db: Database
    let stackKey: Int64
    private var deployments: [Lifted] = []

    private struct Lifted {
        var deployment: Deployment
        /// What the stack consisted of after it; `nil` where it left nothing, or nothing else.
        var contents: (resources: [RecordedResource], outputs: [StackOutput])?
    }

    var isEmpty: Bool { deployments.isEmpty }

    init(database: StateDatabase, db: Database, stackKey: Int64, above serial: Int) throws {
        (self.database, self.db, self.stackKey) = (database, db, stackKey)
        let ids = try Int64.fetchAll(
            db, sql: "SELECT id FROM deployments WHERE stack_key = ? AND serial > ? AND unpublished IS NOT NULL ORDER BY serial",
            arguments: [stackKey, serial])
        let history = StackHistory(db: db)
        deployments = try ids.map { id in
            let deployment = try database.existing(id, in: db)
            guard deployment.effect == .applied || deployment.effect == .kept else { return Lifted(deployment: deployment) }
            return Lifted(
                deployment: deployment,
                contents: (
                    Array(try history.resources(of: stackKey, at: deployment.serial, withProperties: true).values),
                    Array(try history.outputs(of: stackKey, at: deployment.serial).values)
                ))
        }
    }

    /// - Returns: the serial up to which all was settled beneath them.
    func takeOff() throws -> Int {
        guard let first = deployments.first?.deployment.serial else { return 0 }
        for table in ["resources", "outputs"] {
            try db.execute(sql: "DELETE FROM \(table) WHERE stack_key = ? AND since >= ?", arguments: [stackKey, first])
            try db.execute(sql: "UPDATE \(table) SET until = NULL WHERE stack_key = ? AND until >= ?", arguments: [stackKey, first])
        }
        // A stack that no address names, as long as this transaction lasts.
        try db.execute(sql: "INSERT INTO stacks (stack, environment) VALUES ('', '')")
        let aside = db.lastInsertedRowID
        for lifted in deployments {
            try db.execute(sql: "UPDATE deployments SET stack_key = ? WHERE id = ?", arguments: [aside, lifted.deployment.id])
        }
        try database.rewindHead(of: stackKey, in: db)
        let settled = "SELECT max(serial) FROM deployments WHERE stack_key = ? AND finished_at IS NOT NULL"
        return try Int.fetchOne(db, sql: settled, arguments: [stackKey]) ?? 0
    }

    /// - Parameter known: the deployments behind this serial were not known to whoever made the ones that are put back.
    mutating func putBack(notSeenBefore known: Int) throws {
        let news = try DeploymentStore(db: db).settled(stackKey: stackKey, after: known).filter { $0.effect != .untouched }
        // Where each one is now, since one may have been planned against another one.
        var serials: [Int: Int] = [:]
        for lifted in deployments {
            let deployment = lifted.deployment
            let place = try place(of: deployment, serials)
            serials[deployment.serial] = place.serial
            guard !place.isTaken else {
                try database.remove(deployment, in: db)
                continue
            }
            try db.execute(
                sql: "UPDATE deployments SET stack_key = ?, serial = ?, planned_against = ?, unpublished = ? WHERE id = ?",
                arguments: [stackKey, place.serial, place.plannedAgainst, place.isSealed ? nil : 1, deployment.id])
            if let effect = deployment.effect { try record(lifted, effect, at: place.serial, behind: news) }
            try RecordChain(db: db).seal(deployment.id)
            if let hash = place.intentHash, try intentHash(of: deployment.id, serial: place.serial) != hash {
                throw DamagedRecord("The deployment \(deployment.offlineID ?? "") is another one on the share")
            }
        }
        try database.renumberDriftReports(of: stackKey, serials, in: db)
        try db.execute(sql: "DELETE FROM stacks WHERE stack = '' AND environment = ''")
    }

    private struct Place {
        var serial: Int
        var plannedAgainst: Int?
        /// Whether it stands there already, with its outcome.
        var isTaken = false
        /// Whether the share has its intent, with this hash.
        var intentHash: Digest?
        var isSealed: Bool { intentHash != nil }
    }

    /// The next serial; or the one it was published under before that was noted here: it is known by its UUID.
    private func place(of deployment: Deployment, _ serials: [Int: Int]) throws -> Place {
        if let id = deployment.offlineID, let found = try DeploymentStore(db: db).deployment(stackKey: stackKey, offlineID: id) {
            guard found.status.isOpen else { return Place(serial: found.serial, isTaken: true) }
            try database.remove(found, in: db)
            return Place(serial: found.serial, plannedAgainst: found.plannedAgainst, intentHash: found.hash)
        }
        let last = try Int.fetchOne(db, sql: "SELECT max(serial) FROM deployments WHERE stack_key = ?", arguments: [stackKey])
        return Place(serial: (last ?? 0) + 1, plannedAgainst: deployment.plannedAgainst.map { serials[$0] ?? $0 })
    }

    private func record(_ lifted: Lifted, _ effect: DeploymentEffect, at serial: Int, behind news: [Deployment]) throws {
        // What CloudFormation did last is what there is, whatever comes later in the log.
        let isPast = try news.contains { other in
            guard effect == .kept || other.effect != .kept else { return false }
            return try lastEvent(of: other) > lastEvent(of: lifted.deployment)
        }
        let effect = isPast ? .untouched : effect
        let recorder = ContentsRecorder(db: db, stackKey: stackKey, serial: serial)
        let digest: Digest?
        switch effect {
        case .untouched: digest = nil
        case .removed: digest = try recorder.record(resources: [], outputs: [])
        case .kept, .applied: digest = try recorder.record(resources: lifted.contents?.resources, outputs: lifted.contents?.outputs)
        }
        try db.execute(
            sql: "UPDATE deployments SET effect = ?, contents_digest = ? WHERE id = ?",
            arguments: [effect.rawValue, digest?.bytes, lifted.deployment.id])
        try database.moveHead(of: stackKey, to: lifted.deployment.id, effect, in: db)
        if effect == .applied { try keepWhole(lifted.deployment.id) }
    }

    /// What is in effect is whole, also where the same text was superseded meanwhile.
    private func keepWhole(_ deployment: Int64) throws {
        let blobs = BlobStore(db: db)
        for column in ["template", "nested_templates"] {
            let id = try Int64.fetchOne(db, sql: "SELECT \(column) FROM deployments WHERE id = ?", arguments: [deployment])
            if let text = try id.flatMap({ try blobs.text($0) }) { _ = try blobs.store(text) }
        }
    }

    /// By CloudFormation's clock, where it told of events, and by that of the machine otherwise.
    private func lastEvent(of deployment: Deployment) throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT max(happened_at) FROM events WHERE deployment = ?", arguments: [deployment.id])
            ?? deployment.finishedAt?.milliseconds ?? 0
    }

    private func intentHash(of deployment: Int64, serial: Int) throws -> Digest {
        guard let address = deployments.first?.deployment.address else { return Digest(of: "") }
        return try PortableRecordSource(db: db, address: address, stackKey: stackKey).intent(of: deployment, serial: serial).hash
    }
}
