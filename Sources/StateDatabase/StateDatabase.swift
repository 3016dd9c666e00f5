import GRDB
import Model
import Synchronization

/// The recorded state of a project: a log of deployments and what each left, in one SQLite file.
///
/// Every method throws a `Problem` that names the file where that is locked, damaged, full or not to be written to, and
/// then has changed nothing. Each is one transaction: it happens whole or not at all, and is on the disk when it returns.
/// Safe to use from several threads, which wait for each other.
package final class StateDatabase: Sendable {
    package enum Access: Sendable { case readOnly, readWrite }

    /// The file's path.
    package var path: String { file.path }
    /// The random identity of this log; `nil` for one that nothing was ever recorded in.
    package var lineage: String? { knownLineage.withLock { $0 } }

    let file: DatabaseFile
    let queue: DatabaseQueue
    private let access: Access
    let knownLineage: Mutex<String?>
    private let isClosed = Atomic(false)

    init(file: DatabaseFile, queue: DatabaseQueue, access: Access, lineage: String?) {
        self.file = file
        self.queue = queue
        self.access = access
        knownLineage = Mutex(lineage)
    }

    /// Closes the file, so that it may be copied or put on a read-only disk. Every later call throws.
    package func close() throws {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        try file.explainingErrors { try queue.close() }
    }

    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try requireOpen()
        return try file.explainingErrors {
            // GRDB's own `read` sets a pragma before and after, and SQLite then compiles every kept statement anew.
            try queue.unsafeRead { try $0.value(inTransaction: .deferred, body) }
        }
    }

    /// Reading without a transaction, for what SQLite does in one of its own.
    func readAlone<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try requireOpen()
        return try file.explainingErrors { try queue.unsafeRead(body) }
    }

    /// One transaction that holds the right to write from its start.
    func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try requireOpen()
        guard access == .readWrite else { throw file.readOnly("it was opened for reading") }
        return try file.explainingErrors {
            try queue.writeWithoutTransaction { try $0.value(inTransaction: .immediate, body) }
        }
    }

    /// Writing without a transaction, for what SQLite does in one of its own.
    func writeAlone<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try requireOpen()
        guard access == .readWrite else { throw file.readOnly("it was opened for reading") }
        return try file.explainingErrors { try queue.writeWithoutTransaction(body) }
    }

    /// GRDB would hand SQLite a connection that is gone.
    private func requireOpen() throws {
        guard isClosed.load(ordering: .acquiring) else { return }
        throw Problem(
            .failed, "state-closed", "The state database \(path) was used after it had been closed",
            detail: "This is a bug in pipeplan.")
    }
}

extension Database {
    fileprivate func value<Value>(inTransaction kind: TransactionKind, _ body: (Database) throws -> Value) throws -> Value {
        var value: Value?
        try inTransaction(kind) {
            value = try body(self)
            return .commit
        }
        guard let value else { throw DatabaseError(resultCode: .SQLITE_ABORT) }
        return value
    }
}

extension DatabaseFile {
    /// Turns what SQLite and damaged rows throw into a `Problem`.
    func explainingErrors<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw problem(error)
        } catch let error as RowDecodingError {
            throw damaged("A column holds what it can't: \(error)")
        } catch let error as DamagedRecord {
            throw damaged(error.message)
        }
    }
}
