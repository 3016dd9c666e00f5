import Foundation
import GRDB
import Model

/// Large texts, each stored once under its SHA-256 digest and compressed.
struct BlobStore {
    let db: Database

    /// The row of `text`, made where it is missing.
    func store(_ text: String) throws -> Int64 {
        let original = Data(text.utf8)
        let digest = Digest(of: original).bytes
        let known = try db.cachedStatement(sql: "SELECT id FROM blobs WHERE digest = ? AND body IS NOT NULL")
        if let id = try Int64.fetchOne(known, arguments: [digest]) { return id }
        // A body that was removed to save space comes back when it is used again.
        let insert = try db.cachedStatement(
            sql: """
                INSERT INTO blobs (digest, size, body) VALUES (?, ?, ?)
                ON CONFLICT (digest) DO UPDATE SET size = excluded.size, body = excluded.body RETURNING id
                """)
        guard let id = try Int64.fetchOne(insert, arguments: [digest, original.count, Compression.pack(original)]) else {
            throw DamagedRecord("A blob's row could not be made")
        }
        return id
    }

    /// The row of a text that was removed to save space before it came here, made where it is missing.
    func storeRemoved(_ digest: Digest) throws -> Int64 {
        try db.execute(sql: "INSERT INTO blobs (digest, size) VALUES (?, 0) ON CONFLICT (digest) DO NOTHING", arguments: [digest.bytes])
        guard let id = try row(of: digest) else { throw DamagedRecord("A blob's row could not be made") }
        return id
    }

    func row(of digest: Digest) throws -> Int64? {
        let statement = try db.cachedStatement(sql: "SELECT id FROM blobs WHERE digest = ?")
        return try Int64.fetchOne(statement, arguments: [digest.bytes])
    }

    /// The text of a row; `nil` where its body was removed to save space.
    func text(_ id: Int64) throws -> String? {
        let statement = try db.cachedStatement(sql: "SELECT digest, size, body FROM blobs WHERE id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [id]) else { throw DamagedRecord("Blob \(id) is missing") }
        var columns = RowReader(row)
        let digest = try columns.digest()
        let size = try columns.integer()
        guard let body = try columns.optionalBytes() else { return nil }
        guard let original = Compression.unpack(body, size: size), Digest(of: original) == digest else {
            throw DamagedRecord("Blob \(id) is not what its digest says")
        }
        return String(decoding: original, as: UTF8.self)
    }
}
