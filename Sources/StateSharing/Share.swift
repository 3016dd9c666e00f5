import Foundation
package import Model
package import StateDatabase
import Synchronization

/// A team's log, and this machine's copy of it.
package struct Share: Sendable {
    package let storage: any ShareStorage
    package let database: StateDatabase
    let clock: Clock
    let randomBytes: @Sendable (Int) -> Data
    /// Is told what the user must know of, in sentences.
    let warn: @Sendable (String) -> Void
    let textsThere = TextsThere()

    package init(
        storage: any ShareStorage, database: StateDatabase, context: Context, warn: @escaping @Sendable (String) -> Void
    ) {
        self.storage = storage
        self.database = database
        clock = context.clock
        randomBytes = context.randomBytes
        self.warn = warn
    }

    package var name: String { storage.name }

    /// For names that nobody else makes up.
    func newID() -> String { randomBytes(16).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() }

    private struct Identity: Codable {
        var format: Int
        var lineage: String
    }

    /// Makes sure that the share has the log which this is a copy of. A log in which nothing is recorded yet becomes a copy of it.
    ///
    /// Before anything is taken over or written there: a share may have been moved away, or be another one by now.
    /// - Parameter creates: whether a place in which there is no share becomes one.
    /// - Throws: `Problem` (exit code 3) for a share of another log or a place that is not fit for one, (exit code 4) where there is
    ///   none, (exit code 1) where there was one.
    package func join(creates: Bool = false) async throws {
        if let data = try await storage.get(ShareLayout.identity) { return try join(data) }
        guard creates else { throw try missing }
        let own = ShareJSON.encode(Identity(format: 1, lineage: database.lineage ?? ""))
        if case .exists(let data) = try await storage.create(own, at: ShareLayout.identity, clock) { return try join(data) }
        // All safety rests on that an object is not made twice. The same bytes, so that it does no harm where it is.
        if case .created = try await storage.createIfAbsent(own, at: ShareLayout.identity) {
            throw Problem(
                .refused, "store-unfit", "\(name) is no place for a share",
                detail: "It lets an object be written over that is to be made only where there is none (`If-None-Match: *` on PUT).")
        }
    }

    private var missing: Problem {
        get throws {
            guard try database.syncedAt(name) == nil else {
                return Problem(
                    .failed, "share-gone", "There is no share at \(name) any more",
                    detail: "It was there at the last sync. Is it mounted? Was it moved or removed? This copy is whole, and "
                        + "`pipeplan state unshare` followed by `pipeplan state share` makes a share of it again.")
            }
            return Problem(
                .badInput, "no-share", "There is no share at \(name)",
                detail: "Is it spelled right? `pipeplan state share \(name)` makes one of it.")
        }
    }

    private func join(_ data: Data) throws {
        guard let identity = ShareJSON.decode(Identity.self, data), !identity.lineage.isEmpty else {
            throw damaged(ShareLayout.identity, "It names no log")
        }
        guard identity.format == 1 else {
            throw Problem(
                .failed, "share-newer", "The share \(name) is in a form that this program does not know",
                detail: "A newer pipeplan has made it. Install that.")
        }
        try database.adopt(lineage: identity.lineage)
    }

    package func damaged(_ path: String, _ why: String) -> Problem {
        Problem(
            .failed, "share-damaged", "\(path) on the share \(name) is damaged",
            detail: "\(why). What comes before it was taken over, and nothing that comes after it. "
                + "A bucket with versions has the object as it was (docs/team.md).")
    }
}

/// The texts that this process has seen to be on the share, so that it need not ask for each record that has one.
final class TextsThere: Sendable {
    private let digests = Mutex<Set<Digest>>([])

    func has(_ digest: Digest) -> Bool { digests.withLock { $0.contains(digest) } }
    func add(_ digest: Digest) { _ = digests.withLock { $0.insert(digest) } }
}
