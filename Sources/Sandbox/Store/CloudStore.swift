import Foundation
import GRDB
package import Model

/// The sandbox's cloud on disk: stacks, change sets, events, everything that exists, in one SQLite database.
///
/// Several processes may have it open: it is in WAL mode, each request is one immediate transaction, and nothing is kept in memory
/// between requests. What is under way is a stored timeline, so that time passes whether or not a process runs.
package final class CloudStore: Sendable {
    private let pool: DatabasePool
    let folder: String
    let accountID: String
    let clock: Clock
    let random: RandomText
    let options: SandboxOptions

    /// Opens the store, or makes it.
    /// - Parameter folder: made where it is missing; the database in it is `sandbox.sqlite`.
    /// - Throws: where the folder can't be written or the database is of a later version.
    package convenience init(
        folder: String, accountID: String = "123456789012", clock: Clock = .system, options: SandboxOptions = SandboxOptions()
    ) throws {
        try self.init(folder: folder, accountID: accountID, clock: clock, options: options, random: .system)
    }

    init(folder: String, accountID: String, clock: Clock, options: SandboxOptions, random: RandomText) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var configuration = Configuration()
        configuration.busyMode = .timeout(20)
        configuration.label = "pipeplan.sandbox"
        pool = try DatabasePool(path: folder + "/sandbox.sqlite", configuration: configuration)
        try CloudSchema.prepare(pool)
        self.folder = folder
        self.accountID = accountID
        self.clock = clock
        self.options = options
        self.random = random
    }

    /// Runs `body` in one transaction on the cloud as it is now.
    func transaction<Result: Sendable>(_ body: @escaping @Sendable (Cloud) throws -> Result) async throws -> Result {
        let faults = try options.faults.merged(withFileIn: folder)
        return try await pool.write { [accountID, clock, random, options] database in
            let cloud = Cloud(
                database: database, accountID: accountID, now: clock.now(), random: random, options: options, faults: faults)
            try cloud.advance()
            return try body(cloud)
        }
    }
}

/// Why a sandbox's folder can't be used.
package enum CloudStoreProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// A later version of the program has changed the database.
    case isNewer

    package var description: String {
        "The sandbox's database was made by a newer version of pipeplan. Use that one, or remove the folder's sandbox.sqlite."
    }
}

/// The tables. Migrations only ever go forward.
enum CloudSchema {
    /// Brings the database up to date. Of several processes that open a new folder at once, one makes the tables and the others
    /// stumble over them, and find everything in place when they look again.
    static func prepare(_ pool: DatabasePool) throws {
        guard try !pool.read({ try migrator.hasBeenSuperseded($0) }) else { throw CloudStoreProblem.isNewer }
        do {
            try migrator.migrate(pool)
        } catch is DatabaseError {
            try migrator.migrate(pool)
        }
    }

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 stacks") { database in
            try database.execute(
                sql: """
                    CREATE TABLE stacks (
                        id TEXT PRIMARY KEY, region TEXT NOT NULL, name TEXT NOT NULL, isDeleted INTEGER NOT NULL,
                        createdAt REAL NOT NULL, document BLOB NOT NULL);
                    CREATE UNIQUE INDEX liveStacks ON stacks (region, name) WHERE NOT isDeleted;
                    CREATE TABLE changeSets (
                        id TEXT PRIMARY KEY, stackID TEXT NOT NULL, name TEXT NOT NULL, createdAt REAL NOT NULL, document BLOB NOT NULL);
                    CREATE INDEX changeSetsOfStack ON changeSets (stackID);
                    CREATE TABLE events (
                        sequence INTEGER PRIMARY KEY AUTOINCREMENT, stackID TEXT NOT NULL, at REAL NOT NULL, operationID TEXT,
                        document BLOB NOT NULL);
                    CREATE INDEX eventsOfStack ON events (stackID, sequence);
                    -- What is still to happen: the rest of each stack's timeline.
                    CREATE TABLE steps (
                        stackID TEXT NOT NULL, position INTEGER NOT NULL, due REAL NOT NULL, document BLOB NOT NULL,
                        PRIMARY KEY (stackID, position)) WITHOUT ROWID;
                    CREATE INDEX dueSteps ON steps (due);
                    -- What exists, whether or not a stack has it. The properties are the live ones, edits by hand included.
                    CREATE TABLE cloud (
                        region TEXT NOT NULL, type TEXT NOT NULL, physicalID TEXT NOT NULL, stackID TEXT, logicalID TEXT,
                        properties BLOB NOT NULL, PRIMARY KEY (region, type, physicalID)) WITHOUT ROWID;
                    CREATE TABLE exports (
                        region TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, stackID TEXT NOT NULL,
                        PRIMARY KEY (region, name)) WITHOUT ROWID;
                    CREATE TABLE imports (
                        region TEXT NOT NULL, name TEXT NOT NULL, stackID TEXT NOT NULL, PRIMARY KEY (region, name, stackID)) WITHOUT ROWID;
                    -- Answers to requests that carried a client token.
                    CREATE TABLE tokens (
                        region TEXT NOT NULL, action TEXT NOT NULL, token TEXT NOT NULL, document BLOB NOT NULL,
                        PRIMARY KEY (region, action, token)) WITHOUT ROWID;
                    CREATE TABLE detections (id TEXT PRIMARY KEY, stackID TEXT NOT NULL, document BLOB NOT NULL);
                    CREATE TABLE buckets (name TEXT PRIMARY KEY, region TEXT NOT NULL, createdAt REAL NOT NULL) WITHOUT ROWID;
                    CREATE TABLE objects (
                        bucket TEXT NOT NULL, key TEXT NOT NULL, etag TEXT NOT NULL, contentType TEXT, modifiedAt REAL NOT NULL,
                        metadata BLOB NOT NULL, body BLOB NOT NULL, PRIMARY KEY (bucket, key));
                    """)
        }
        return migrator
    }
}
