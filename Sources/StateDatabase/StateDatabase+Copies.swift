package import Foundation
import GRDB
import Model

/// Copies of the whole log.
extension StateDatabase {
    /// Writes a copy of everything to a file (mode 0600), which must not exist, and has SQLite check it before it gets its name.
    ///
    /// The copy is one file, without what is free in the original. Deployments may be recorded meanwhile; those are in it whole
    /// or not at all.
    /// - Parameter path: absolute; `nil` for one named after the time in the folder `backups` beside the database.
    /// - Returns: the copy's path.
    @discardableResult
    package func backUp(to path: String? = nil, now: Date) throws -> String {
        try readAlone { db in try file.backUp(db, to: path, label: "pipeplan", now: now) }
    }

    /// Gives what is free in the file back to the disk.
    /// - Returns: its size before and after in bytes.
    package func vacuum() throws -> (before: Int, after: Int) {
        let before = file.size
        try writeAlone { db in
            try db.execute(sql: "VACUUM")
            _ = try Row.fetchAll(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        }
        return (before, file.size)
    }
}

extension DatabaseFile {
    var backupFolder: String { folder + "/backups" }

    /// The bytes of the database and its log.
    var size: Int {
        ["", "-wal"].reduce(0) { total, suffix in
            var status = stat()
            return total + (stat(path + suffix, &status) == 0 ? Int(status.st_size) : 0)
        }
    }

    /// - Parameter label: what the name of a copy without a path begins with.
    func backUp(_ db: Database, to path: String?, label: String, now: Date) throws -> String {
        let target = try path ?? newBackupPath(label, now)
        let folder = (target as NSString).deletingLastPathComponent
        let temporary = "\(target).\(getpid()).part"
        guard !FileManager.default.fileExists(atPath: target) else {
            throw Problem(
                .badInput, "backup-exists", "There is a file \(target) already", detail: "A backup replaces nothing. Name another file.")
        }
        // SQLite writes into an empty file, so that nobody else can read it from the start.
        guard FileManager.default.createFile(atPath: temporary, contents: nil, attributes: [.posixPermissions: 0o600]) else {
            throw Problem(
                .failed, "backup-failed", "No backup can be written in \(folder)",
                detail: "The system says: \(String(cString: strerror(errno))). Nothing was changed.")
        }
        defer { unlink(temporary) }
        try db.execute(sql: "VACUUM INTO ?", arguments: [temporary])
        try Self.requireSound(temporary)
        Self.flush(temporary)
        // Where there are no hard links; what is there already is never replaced.
        guard link(temporary, target) == 0 || (errno != EEXIST && rename(temporary, target) == 0) else {
            throw Problem(
                .failed, "backup-failed", "The backup \(target) could not be given its name",
                detail: "The system says: \(String(cString: strerror(errno))). Nothing was changed.")
        }
        Self.flush(folder)
        return target
    }

    /// Throws where SQLite finds damage in a file.
    static func requireSound(_ path: String) throws {
        var configuration = Configuration()
        configuration.readonly = true
        let copy = try DatabaseQueue(path: path, configuration: configuration)
        let lines = try copy.read { try String.fetchAll($0, sql: "PRAGMA integrity_check(3)") }
        try copy.close()
        guard lines == ["ok"] else {
            throw DamagedRecord("SQLite says: \(lines.joined(separator: "; "))")
        }
    }

    func newBackupPath(_ label: String, _ now: Date) throws -> String {
        if !FileManager.default.fileExists(atPath: backupFolder) {
            do {
                try FileManager.default.createDirectory(
                    atPath: backupFolder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            } catch {
                throw readOnly("the folder \(backupFolder) could not be made")
            }
        }
        let time = now.formatted(.iso8601.dateSeparator(.omitted).timeSeparator(.omitted))
        let names = [""] + (2...999).map { "-\($0)" }
        let free = names.lazy.map { "\(backupFolder)/\(label)-\(time)\($0).sqlite" }.first { !FileManager.default.fileExists(atPath: $0) }
        return free ?? "\(backupFolder)/\(label)-\(time)-\(UUID().uuidString).sqlite"
    }

    /// Has what was written to a file, or a folder, put on the disk.
    static func flush(_ path: String) {
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
