import Foundation
import GRDB
import Model

/// The database's file, looked at without SQLite, so that one which is not to be touched is not.
struct DatabaseFile {
    let folder: String
    let busyTimeout: Duration
    var path: String { folder + "/pipeplan.sqlite" }

    enum Content: Equatable {
        case missing
        /// Nothing was ever committed to it.
        case empty
        case database(applicationID: Int, version: Int)
        case somethingElse
    }

    /// What the first bytes say. SQLite keeps the application ID and the version in the header of the first page
    /// (https://www.sqlite.org/fileformat.html#the_database_header). Changes that are still in the write-ahead log do
    /// not show here.
    func content() throws -> Content {
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return .missing }
            if errno == ENOTDIR { throw notAFolder(String(cString: strerror(ENOTDIR))) }
            throw systemProblem("could not be opened", errno)
        }
        defer { close(descriptor) }
        var header = [UInt8](repeating: 0, count: 100)
        let count = read(descriptor, &header, header.count)
        guard count >= 0 else { throw systemProblem("could not be read", errno) }
        if count == 0 { return .empty }
        guard count == header.count, header.starts(with: Array("SQLite format 3".utf8) + [0]) else { return .somethingElse }
        func number(at offset: Int) -> Int { header[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
        return .database(applicationID: number(at: 68), version: number(at: 60))
    }

    /// Whether a companion file has changes that must be put into the file, or a half-done change that must be taken out
    /// of it, before the file alone is whole.
    var isUnsettled: Bool {
        ["-wal", "-journal"].contains { suffix in
            var status = stat()
            return stat(path + suffix, &status) == 0 && status.st_size > 0
        }
    }

    /// Makes the folder (mode 0700) and an empty file (mode 0600) where they are missing; SQLite gives its companions
    /// the mode of the file. In a new folder git is told to leave it alone.
    func create() throws {
        let isNew = !FileManager.default.fileExists(atPath: folder)
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch let error as CocoaError {
            switch error.code {
            case .fileWriteNoPermission, .fileWriteVolumeReadOnly: throw readOnly("the folder could not be made")
            case .fileWriteOutOfSpace: throw diskFull("the folder could not be made")
            default: throw notAFolder(error.systemReason)
            }
        }
        if isNew {
            // What is recorded follows what was deployed, and not what is checked out.
            try? Data("# What pipeplan has recorded. A team shares it with `pipeplan state share`.\n*\n".utf8).write(
                to: URL(fileURLWithPath: folder + "/.gitignore"))
        }
        let descriptor = Foundation.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor >= 0 {
            close(descriptor)
        } else if errno != EEXIST {
            throw systemProblem("could not be made", errno)
        }
    }

    /// Throws where the file or its companions can't be written: SQLite itself would not say why.
    func requireWritable() throws {
        for path in [folder, path] where access(path, W_OK) != 0 { throw systemProblem("could not be written to", errno) }
    }

    /// The file as a URI that tells SQLite nothing will change it: no lock is taken and no companion file needed.
    var immutableURI: String {
        var allowed = CharacterSet.urlPathAllowed
        allowed.remove(charactersIn: "?#%;")
        return "file:\(path.addingPercentEncoding(withAllowedCharacters: allowed) ?? path)?immutable=1"
    }
}

extension DatabaseFile {
    func newer(_ version: Int) -> Problem {
        Problem(
            .failed, "state-newer", "The state database \(path) was written by a newer pipeplan",
            detail: "Its schema has version \(version), and this program knows \(Schema.version). Nothing was changed. "
                + "Install the newer pipeplan.")
    }

    func foreign() -> Problem {
        Problem(
            .badInput, "state-foreign", "\(path) is a database of another program",
            detail: "It was not touched. Move it away, or name another folder with PIPEPLAN_STATE.")
    }

    func damaged(_ why: String) -> Problem {
        Problem(
            .failed, "state-corrupt", "The state database \(path) is damaged",
            detail: "\(why). Nothing was written. `pipeplan state restore` puts a backup in its place and keeps a copy of what is there. "
                + "Without one, move the whole folder away and take the stacks in again with `pipeplan import`.")
    }

    func unsettledOnReadOnly() -> Problem {
        Problem(
            .failed, "state-read-only", "The state database \(path) can't be read where nothing may be written",
            detail: "It was not closed cleanly: some of it is in \(path)-wal or -journal. Copy the folder to where you may "
                + "write and name it with PIPEPLAN_STATE.")
    }

    private func notAFolder(_ reason: String) -> Problem {
        Problem(
            .badInput, "state-folder", "\(folder) can't be the state folder",
            detail: "The reason: \(reason). Name another folder with PIPEPLAN_STATE.")
    }

    /// What an error code of the operating system means for the user.
    func systemProblem(_ what: String, _ code: Int32) -> Problem {
        let reason = String(cString: strerror(code))
        return switch code {
        case ENOSPC, EDQUOT: diskFull(reason)
        case EROFS, EACCES, EPERM: readOnly(reason)
        default:
            Problem(.failed, "state-unreadable", "The state database \(path) \(what)", detail: "The system says: \(reason).")
        }
    }

    /// What an error of SQLite means for the user.
    func problem(_ error: DatabaseError) -> Problem {
        let reason = error.message ?? error.resultCode.description
        return switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED: locked()
        case .SQLITE_FULL: diskFull(reason)
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH: readOnly(reason)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT, .SQLITE_ERROR, .SQLITE_SCHEMA, .SQLITE_CONSTRAINT, .SQLITE_MISMATCH,
            .SQLITE_TOOBIG:
            damaged("SQLite says: \(reason)")
        default:
            Problem(
                .failed, "state-unreadable", "The state database \(path) could not be read or written",
                detail: "SQLite says: \(reason) (\(error.extendedResultCode.rawValue)). Check the disk and the folder's permissions.")
        }
    }

    private func locked() -> Problem {
        Problem(
            .failed, "state-locked", "The state database \(path) is locked by another process",
            detail: "It stayed so for \(busyTimeout.formatted(.units(allowed: [.seconds, .milliseconds]))). "
                + "Nothing was written. Another pipeplan, or a program such as sqlite3, is writing to it: try again when that is done.")
    }

    private func diskFull(_ reason: String) -> Problem {
        Problem(
            .failed, "state-disk-full", "The disk with the state database \(path) is full",
            detail: "The reason: \(reason). What was recorded before is as it was. Make room and try again.")
    }

    func readOnly(_ reason: String) -> Problem {
        Problem(
            .failed, "state-read-only", "The state database \(path) can't be written to",
            detail: "The reason: \(reason). Nothing was changed. Check the permissions of the file and its folder, or name "
                + "another folder with PIPEPLAN_STATE.")
    }
}
