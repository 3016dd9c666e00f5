import Foundation
import GRDB
package import Model

extension StateDatabase {
    /// Opens `pipeplan.sqlite` in `folder`, an absolute path.
    ///
    /// For writing, a missing file is made (mode 0600, and the folder 0700), and an older one is brought up to date. For
    /// reading, a missing one reads as empty and nothing is made. A file that a newer program or another program wrote is
    /// refused and not touched. Its integrity is not checked here.
    ///
    /// - Parameter busyTimeout: how long to wait for another process that writes, here and in every later call.
    package static func open(
        folder: String, access: Access, context: Context, busyTimeout: Duration = .seconds(5)
    ) throws -> StateDatabase {
        let file = DatabaseFile(folder: folder, busyTimeout: busyTimeout)
        let content = try file.content()
        switch content {
        case .somethingElse: throw file.damaged("It does not begin as an SQLite database does")
        case .database(let applicationID, let version):
            if applicationID == Schema.applicationID, version > Schema.version { throw file.newer(version) }
            if applicationID != Schema.applicationID, applicationID != 0 { throw file.foreign() }
        case .missing, .empty: break
        }
        return try file.explainingErrors {
            switch access {
            case .readOnly:
                let isBlank = content == .missing || (content == .empty && !file.isUnsettled)
                return isBlank ? try blank(file) : try openForReading(file)
            case .readWrite:
                if content == .missing { try file.create() }
                try file.requireWritable()
                // A newer schema may be in the log only, and closing a connection that may write would put it into the file.
                if file.isUnsettled { _ = try openForReading(file) }
                return try openForWriting(file, context: context)
            }
        }
    }

    private static func openForWriting(_ file: DatabaseFile, context: Context) throws -> StateDatabase {
        let queue = try DatabaseQueue(path: file.path, configuration: configuration(file, readOnly: false))
        let lineage = try queue.writeWithoutTransaction { db in
            let version = try file.version(db)
            if version > 0, version < Schema.version {
                try requireSound(db)
                _ = try file.backUp(db, to: nil, label: "before-schema-\(Schema.version)", now: context.clock.now())
            }
            if version < Schema.version {
                try db.inTransaction(.immediate) {
                    try migrate(db, from: try file.version(db), context: context)
                    return .commit
                }
            }
            try preferWriteAheadLog(db)
            return try recordedLineage(db)
        }
        return StateDatabase(file: file, queue: queue, access: .readWrite, lineage: lineage)
    }

    private static func openForReading(_ file: DatabaseFile) throws -> StateDatabase {
        func open(_ path: String) throws -> StateDatabase? {
            let queue = try DatabaseQueue(path: path, configuration: configuration(file, readOnly: true))
            let version = try queue.read(file.version)
            // Made by a process that has not committed anything yet.
            if version == 0 { return nil }
            if version < Schema.version { return try upgradedCopy(of: queue, from: version, file) }
            return StateDatabase(file: file, queue: queue, access: .readOnly, lineage: try queue.read(recordedLineage))
        }
        do {
            return try open(file.path) ?? blank(file)
        } catch let error as DatabaseError where [.SQLITE_CANTOPEN, .SQLITE_READONLY].contains(error.resultCode) {
            guard file.isUnsettled else {
                // SQLite reads a write-ahead-logged database only where it may make companion files, or where it is told
                // that nobody writes: https://www.sqlite.org/wal.html#read_only_databases
                return try open(file.immutableURI) ?? blank(file)
            }
            // A process was killed, and only a connection that may write can tidy up after it.
            do { try file.requireWritable() } catch { throw file.unsettledOnReadOnly() }
            try DatabaseQueue(path: file.path, configuration: configuration(file, readOnly: false)).close()
            return try open(file.path) ?? blank(file)
        }
    }

    /// A database of an older version, brought up to date in memory: who only reads changes nothing on the disk.
    private static func upgradedCopy(of old: DatabaseQueue, from version: Int, _ file: DatabaseFile) throws -> StateDatabase {
        let queue = try DatabaseQueue(configuration: configuration(file, readOnly: false))
        try old.backup(to: queue)
        try queue.writeWithoutTransaction { db in
            for step in Schema.steps[version...] { try db.execute(sql: step) }
        }
        return StateDatabase(file: file, queue: queue, access: .readOnly, lineage: try queue.read(recordedLineage))
    }

    /// An empty database in memory, with all tables and no lineage.
    private static func blank(_ file: DatabaseFile) throws -> StateDatabase {
        let queue = try DatabaseQueue(configuration: configuration(file, readOnly: false))
        try queue.writeWithoutTransaction { db in
            for step in Schema.steps { try db.execute(sql: step) }
        }
        return StateDatabase(file: file, queue: queue, access: .readOnly, lineage: nil)
    }

    private static func configuration(_ file: DatabaseFile, readOnly: Bool) -> Configuration {
        var configuration = Configuration()
        configuration.readonly = readOnly
        configuration.busyMode = .timeout(file.busyTimeout / .seconds(1))
        configuration.prepareDatabase { db in
            // FULL: what was recorded survives a power cut. Cell sizes: damage is noticed before it does harm.
            try db.execute(sql: "PRAGMA synchronous = FULL; PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF")
        }
        return configuration
    }

    /// What is damaged is not carried over into another form.
    private static func requireSound(_ db: Database) throws {
        let lines = try String.fetchAll(db, sql: "PRAGMA integrity_check(3)")
        guard lines == ["ok"] else { throw DamagedRecord("SQLite says: \(lines.joined(separator: "; "))") }
    }

    /// Takes the steps that are missing. Of two processes that come here at once, the later one finds none missing.
    private static func migrate(_ db: Database, from version: Int, context: Context) throws {
        guard version < Schema.version else { return }
        for step in Schema.steps[version...] { try db.execute(sql: step) }
        if version == 0 {
            let lineage = context.randomBytes(16).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
            try db.execute(
                sql: "INSERT INTO origin (id, lineage, created_at) VALUES (1, ?, ?)",
                arguments: [lineage, context.clock.now().milliseconds])
        }
        try db.execute(sql: "PRAGMA application_id = \(Schema.applicationID); PRAGMA user_version = \(Schema.version)")
    }

    /// Lets readers go on while somebody writes, where the file system can do that. It can't be switched on while
    /// another process is at the file; then the next one to open it will.
    private static func preferWriteAheadLog(_ db: Database) throws {
        do {
            _ = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {}
    }

    private static func recordedLineage(_ db: Database) throws -> String? {
        try String.fetchOne(db, sql: "SELECT lineage FROM origin")
    }
}

extension DatabaseFile {
    /// The schema's version, 0 for a database without tables. Throws where this program must not use it.
    func version(_ db: Database) throws -> Int {
        let applicationID = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        if applicationID == Schema.applicationID {
            if version > Schema.version { throw newer(version) }
            if version < 1 { throw DamagedRecord("Its header has schema version \(version)") }
            return version
        }
        let isEmpty = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") == 0
        guard applicationID == 0, version == 0, isEmpty else { throw foreign() }
        return 0
    }
}
