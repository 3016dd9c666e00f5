import Foundation
import GRDB
package import Model

/// What putting a backup in the place of the database did.
package struct Restoration: Hashable, Sendable {
    /// The copy that was made of what was there before; `nil` where there was nothing.
    package var backup: String?
    /// Whether that could not be opened any more, so that the copy is of its files as they were.
    package var wasDamaged: Bool
    package var deployments: Int
    /// Deployments that were recorded and that the backup does not have, or not as they were: newest first.
    package var lost: [Lost]

    package struct Lost: Hashable, Sendable {
        package var address: StackAddress
        package var serial: Int
    }
}

extension StateDatabase {
    /// Puts a backup in the place of the database in a folder, after copying what is there to `backups`.
    ///
    /// The backup is checked whole before anything is written: by SQLite, and every hash and digest in it. Where the database
    /// there can still be read, its contents are replaced in one transaction, so that others who have it open go on reading. It counts
    /// as damaged where SQLite finds it so: a record that is not what its hash says is a reason to restore, and none to forget what
    /// else is there. Nobody works on a stack meanwhile.
    ///
    /// - Parameters:
    ///   - path: the backup, absolute.
    ///   - force: whether a backup of another log may replace this one, and a deployment whose process has died be forgotten.
    /// - Throws: `Problem`, and `RecordingRefusal` where somebody is at work on a stack; then nothing was changed.
    package static func restore(_ path: String, in folder: String, force: Bool, context: Context) throws -> Restoration {
        let now = context.clock.now()
        let file = DatabaseFile(folder: folder, busyTimeout: .seconds(5))
        let source = try Backup.read(path, context: context)
        defer { source.remove() }
        let content = try file.content()
        switch content {
        case .database(Schema.applicationID, let version) where version > Schema.version: throw file.newer(version)
        case .database(let id, _) where id != Schema.applicationID && id != 0: throw file.foreign()
        default: break
        }
        let current = try sound(folder: folder, context: context)
        let known = try current?.recordedAddresses() ?? []
        let holds =
            content == .missing
            ? [] : try file.holdAll(source.addresses + known) { address in (try? current?.openDeployment(address)) ?? nil }
        defer { withExtendedLifetime(holds) {} }
        var result = Restoration(backup: nil, wasDamaged: false, deployments: source.deployments, lost: [])
        if let current {
            if let lineage = current.lineage, lineage != source.lineage, !force {
                throw Problem(
                    .refused, "other-lineage", "\(path) is a backup of another log",
                    detail:
                        "It has the lineage \(source.lineage ?? "none"), and the one here \(lineage). Add --force to have it all the same.")
            }
            let recorded = try current.deployments()
            if let open = recorded.first(where: \.status.isOpen), !force { throw RecordingRefusal.deploymentOpen(open) }
            result.lost = recorded.filter { !source.has($0) }.map { Restoration.Lost(address: $0.address, serial: $0.serial) }
            if current.lineage != nil {
                result.backup = try current.readAlone { db in try file.backUp(db, to: nil, label: "before-restore", now: now) }
            }
            try current.close()
        } else if content != .missing {
            result.wasDamaged = true
            result.backup = try file.copyAside(now)
        }
        if current != nil, content != .missing {
            let target = try open(folder: folder, access: .readWrite, context: context)
            try file.explainingErrors { try source.queue.backup(to: target.queue) }
            try target.close()
        } else {
            try file.replace(with: source.path)
        }
        // What was seen of the log before does not hold any more, on purpose.
        let restored = try open(folder: folder, access: .readWrite, context: context)
        try restored.rememberOnly(restored.verify(checksFile: false))
        try restored.close()
        return result
    }

    /// The database in a folder, read-only; `nil` where SQLite finds it damaged, or it holds rows that nobody can read.
    /// - Throws: `Problem` where it may be whole and can't be looked at: locked, or not to be read by this user.
    private static func sound(folder: String, context: Context) throws -> StateDatabase? {
        do {
            let database = try open(folder: folder, access: .readOnly, context: context)
            guard try database.readAlone({ try String.fetchAll($0, sql: "PRAGMA integrity_check(1)") }) == ["ok"] else { return nil }
            _ = try database.deployments()
            return database
        } catch let problem as Problem where ["state-corrupt", "state-unreadable"].contains(problem.findings.first?.code) {
            return nil
        }
    }
}

/// A backup that was checked, as a copy of this program's version in a place of its own.
private struct Backup {
    let path: String
    let queue: DatabaseQueue
    let lineage: String?
    let folder: String
    let addresses: [StackAddress]
    let hashes: Set<Digest>

    var deployments: Int { hashes.count }

    static func read(_ original: String, context: Context) throws -> Backup {
        let folder = NSTemporaryDirectory() + "/pipeplan-restore-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let copy = DatabaseFile(folder: folder, busyTimeout: .seconds(1))
        var isReady = false
        defer { if !isReady { try? FileManager.default.removeItem(atPath: folder) } }
        guard FileManager.default.fileExists(atPath: original) else {
            throw Problem(
                .badInput, "no-backup", "There is no file \(original)",
                detail: "`pipeplan state backup` writes them, by default to the folder backups beside the database.")
        }
        do {
            try FileManager.default.copyItem(atPath: original, toPath: copy.path)
        } catch {
            throw Problem(.badInput, "unreadable-backup", "\(original) can't be read", detail: error.systemReason + ".")
        }
        chmod(copy.path, 0o600)
        func refusal(_ why: String) -> Problem {
            Problem(.badInput, "bad-backup", "\(original) is no sound backup", detail: "\(why) Nothing was changed.")
        }
        switch try copy.content() {
        case .database(Schema.applicationID, let version) where version > Schema.version:
            throw DatabaseFile(folder: original, busyTimeout: .zero).newer(version)
        case .database(Schema.applicationID, _): break
        default: throw refusal("It is no state database.")
        }
        do {
            // Opened for writing, a backup of an older version is brought up to date.
            let database = try StateDatabase.open(folder: folder, access: .readWrite, context: context)
            let verification = try database.verify()
            if let fault = verification.faults.first {
                let place = fault.address.map { "\($0)\(fault.serial.map { " \($0)" } ?? ""): " } ?? ""
                throw refusal("\(place)\(fault.summary).")
            }
            let hashes = Set(try database.deployments().map(\.hash))
            _ = try database.writeAlone { try Row.fetchAll($0, sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
            isReady = true
            return Backup(
                path: copy.path, queue: database.queue, lineage: database.lineage, folder: folder,
                addresses: try database.recordedAddresses(), hashes: hashes)
        } catch let problem as Problem where problem.findings.first?.code == "state-corrupt" {
            throw refusal(problem.findings.first?.detail ?? "")
        }
    }

    func has(_ deployment: Deployment) -> Bool { hashes.contains(deployment.hash) }

    func remove() {
        try? queue.close()
        try? FileManager.default.removeItem(atPath: folder)
    }
}

extension DatabaseFile {
    /// Copies the database as it is, with its log, to where backups are.
    func copyAside(_ now: Date) throws -> String {
        let target = try newBackupPath("damaged", now)
        for suffix in ["", "-wal", "-journal"] where FileManager.default.fileExists(atPath: path + suffix) {
            do {
                try FileManager.default.copyItem(atPath: path + suffix, toPath: target + suffix)
            } catch {
                throw Problem(
                    .failed, "backup-failed", "What is there could not be copied to \(target)",
                    detail: "\(error.systemReason). Nothing was changed.")
            }
            chmod(target + suffix, 0o600)
        }
        return target
    }

    /// Puts a file in the database's place. Nobody can have it open: it is damaged, or not there.
    func replace(with source: String) throws {
        try create()
        let temporary = "\(path).\(getpid()).part"
        defer { unlink(temporary) }
        do {
            try FileManager.default.copyItem(atPath: source, toPath: temporary)
        } catch {
            throw Problem(.failed, "restore-failed", "\(path) could not be written", detail: error.systemReason + ".")
        }
        chmod(temporary, 0o600)
        Self.flush(temporary)
        // The log of the old file would be taken for that of the new one.
        for suffix in ["-wal", "-shm", "-journal"] { unlink(path + suffix) }
        guard rename(temporary, path) == 0 else { throw systemProblem("could not be replaced", errno) }
        Self.flush(folder)
    }
}
