import Foundation
import GRDB
import Model

/// Large texts, each stored once under its SHA-256 digest and compressed: whole, or as what tells it from the text that came after it.
struct BlobStore {
    let db: Database

    /// How many steps lead from the oldest to the text that is whole, at most.
    static let longestChain = 32

    /// The row of `text`, made where it is missing. Its text is whole.
    func store(_ text: String) throws -> Int64 {
        let original = Data(text.utf8)
        let digest = Digest(of: original).bytes
        let known = try db.cachedStatement(sql: "SELECT id FROM blobs WHERE digest = ? AND body IS NOT NULL AND base IS NULL")
        if let id = try Int64.fetchOne(known, arguments: [digest]) { return id }
        // A body that was removed to save space comes back when it is used again, and one that was cut down is whole again.
        let insert = try db.cachedStatement(
            sql: """
                INSERT INTO blobs (digest, size, body) VALUES (?, ?, ?)
                ON CONFLICT (digest) DO UPDATE SET size = excluded.size, body = excluded.body, base = NULL RETURNING id
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

    func isWhole(_ id: Int64) throws -> Bool {
        try db.value("SELECT body IS NOT NULL AND base IS NULL FROM blobs WHERE id = ?", [id]) ?? false
    }

    /// Cuts a superseded text down to what tells it from the one that came after, where that is much shorter.
    func cutDown(_ id: Int64, to successor: Int64) throws {
        guard id != successor else { return }
        // A chain that ends in a text which is whole can't come back to where it began.
        guard let whole = try row(id), let base = try row(successor), whole.base == nil, base.base == nil,
            let stored = whole.body, base.body != nil, let old = try text(id), let new = try text(successor),
            try chainBelow(id) < Self.longestChain - 1
        else { return }
        let delta = TextDelta.make(Array(old.utf8), from: Array(new.utf8))
        let packed = Compression.pack(delta)
        guard packed.count * 2 < stored.count else { return }
        let statement = try db.cachedStatement(sql: "UPDATE blobs SET body = ?, base = ? WHERE id = ?")
        try statement.execute(arguments: [Self.framed(packed, size: delta.count), successor, id])
    }

    /// The text of a row; `nil` where its body was removed to save space.
    func text(_ id: Int64) throws -> String? {
        // From the row to the one that is whole, and back.
        var chain: [(id: Int64, row: BlobRow)] = []
        var next: Int64? = id
        while let current = next {
            guard let row = try row(current) else { throw DamagedRecord("Blob \(current) is missing") }
            guard row.body != nil else { return nil }
            chain.append((current, row))
            guard chain.count <= Self.longestChain + 1 else { throw DamagedRecord("Blob \(id) is cut down too often") }
            next = row.base
        }
        var text: [UInt8]?
        for (id, row) in chain.reversed() {
            guard let made = row.text(from: text), Digest(of: made) == row.digest else {
                throw DamagedRecord("Blob \(id) is not what its digest says")
            }
            text = made
        }
        return text.map { String(decoding: $0, as: UTF8.self) }
    }

    private func row(_ id: Int64) throws -> BlobRow? {
        let statement = try db.cachedStatement(sql: "SELECT digest, size, body, base FROM blobs WHERE id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [id]) else { return nil }
        var columns = RowReader(row)
        return BlobRow(
            digest: try columns.digest(), size: try columns.integer(), body: try columns.optionalBytes(),
            base: try columns.next(Int64?.self))
    }

    /// How many steps the longest way to a text takes that is told by this one.
    private func chainBelow(_ id: Int64) throws -> Int {
        let statement = try db.cachedStatement(
            sql: """
                WITH RECURSIVE below (id, depth) AS (
                    SELECT ?, 0 UNION ALL
                    SELECT b.id, depth + 1 FROM below JOIN blobs b ON b.base = below.id WHERE depth < \(Self.longestChain)
                ) SELECT max(depth) FROM below
                """)
        return try Int.fetchOne(statement, arguments: [id]) ?? 0
    }

    /// A delta behind its own length, four bytes, the highest first.
    private static func framed(_ packed: Data, size: Int) -> Data {
        withUnsafeBytes(of: UInt32(clamping: size).bigEndian) { Data($0) } + packed
    }
}

private struct BlobRow {
    var digest: Digest
    var size: Int
    var body: Data?
    var base: Int64?

    /// The text, `nil` where the row is damaged.
    /// - Parameter base: the text that this one is told by, where it is not whole.
    func text(from base: [UInt8]?) -> [UInt8]? {
        guard let body else { return nil }
        guard self.base != nil else { return Compression.unpack(body, size: size).map { Array($0) } }
        guard let base, body.count > 4 else { return nil }
        let length = body.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        // A delta is no longer than the text with some numbers between its pieces.
        guard (0..<1 << 40).contains(size), length <= 24 * size + 64, let delta = Compression.unpack(Data(body.dropFirst(4)), size: length)
        else { return nil }
        return TextDelta.apply(delta, to: base).flatMap { $0.count == size ? $0 : nil }
    }
}
