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
    /// Deployments that were recorded and that the backup does not have.
    package var lost: Int
}

extension StateDatabase {
    /// Puts a backup in the place of the database in a folder, after copying what is there to `backups`.
    ///
    /// The backup is checked whole before anything is written: by SQLite, and every hash and digest in it. Where the database
    /// there can still be opened, its contents are replaced in one transaction, so that others who have it open go on reading.
    ///
    /// - Parameters:
    ///   - path: the backup, absolute.
    ///   - force: whether a backup of another log may replace this one, and a deployment that is under way be forgotten.
    /// - Throws: `Problem`; then nothing was changed.
    package static func restore(_ path: String, in folder: String, force: Bool, context: Context) throws -> Restoration {
        let now = context.clock.now()
        let file = DatabaseFile(folder: folder, busyTimeout: .seconds(5))
        let source = try Backup.read(path, context: context)
        defer { source.remove() }
        switch try file.content() {
        case .database(Schema.applicationID, let version) where version > Schema.version: throw file.newer(version)
        case .database(let id, _) where id != Schema.applicationID && id != 0: throw file.foreign()
        default: break
        }
        var result = Restoration(backup: nil, wasDamaged: false, deployments: source.deployments, lost: 0)
        let current = try? open(folder: folder, access: .readOnly, context: context)
        let isSound = (try? current?.verify().faults.isEmpty) ?? false
        if let current, isSound {
            if let lineage = current.lineage, lineage != source.lineage, !force {
                throw Problem(
                    .refused, "other-lineage", "\(path) is a backup of another log",
                    detail:
                        "It has the lineage \(source.lineage ?? "none"), and the one here \(lineage). Add --force to have it all the same.")
            }
            if let open = try current.deployments(DeploymentFilter(statuses: [.inProgress, .detached], limit: 1)).first, !force {
                throw RecordingRefusal.deploymentOpen(open)
            }
            result.lost = try current.deployments().count { deployment in
                !source.has(deployment)
            }
            if current.lineage != nil {
                result.backup = try current.readAlone { db in try file.backUp(db, to: nil, label: "before-restore", now: now) }
            }
            try current.close()
        } else if try file.content() != .missing {
            result.wasDamaged = true
            result.backup = try file.copyAside(now)
        }
        if isSound, try file.content() != .missing {
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
}

/// A backup that was checked, as a copy of this program's version in a place of its own.
private struct Backup {
    let path: String
    let queue: DatabaseQueue
    let lineage: String?
    let folder: String
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
            return Backup(path: copy.path, queue: database.queue, lineage: database.lineage, folder: folder, hashes: hashes)
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
