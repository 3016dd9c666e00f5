import Foundation
import Model
import StateDatabase

/// Segments make a long log cheap to take over. Nothing depends on them: every record is an object of its own as well.
extension Share {
    /// Puts the records of a segment together when its last one has been created.
    ///
    /// Whether that succeeds is of no importance: where a segment is missing, its records are read one by one.
    func bundle(behind record: PortableRecord) async {
        let segment = LogSegment(of: record.position.serial)
        guard record.position == segment.last, let bytes = try? bytes(of: segment, of: record.address) else { return }
        _ = try? await storage.createIfAbsent(bytes, at: ShareLayout.segment(record.address, segment))
    }

    /// Lines of records, each with those of its texts that no line before has. `nil` where not all is here any more.
    private func bytes(of segment: LogSegment, of address: StackAddress) throws -> Data? {
        let records = try database.portableRecords(of: address, after: segment.first.previous, limit: segment.count)
        guard records.last?.position == segment.last, records.allSatisfy(\.removed.isEmpty) else { return nil }
        var written: Set<Digest> = []
        var bytes = Data()
        for record in records {
            let bodies = try database.bodies(of: record).filter { !written.contains($0.key) && !Self.isLarge($0.value) }
            written.formUnion(bodies.keys)
            bytes += RecordBundle(record, bodies: bodies).bytes + Data("\n".utf8)
        }
        return bytes
    }

    /// The records of a segment; `nil` where there is none, or it is not what the share's records are.
    ///
    /// Its last record is read on its own: its hash, which is chained to all before, vouches for the others.
    func records(in segment: LogSegment, of address: StackAddress) async throws -> [RecordBundle]? {
        let (path, last) = (ShareLayout.segment(address, segment), ShareLayout.record(address, segment.last))
        let found = try await fetch([path, last])
        guard let data = found[path], let end = found[last] else { return nil }
        let name = "\(path) on the share \(name)"
        do {
            var bundles: [RecordBundle] = []
            for line in data.split(separator: UInt8(ascii: "\n")) { bundles.append(try RecordBundle(Data(line), name: name)) }
            let hash = try RecordBundle(end, name: "\(last) on the share \(self.name)").record.hash
            // No hash covers what a record says to be removed, and no segment is made of one that says so.
            guard Self.isChain(bundles.map(\.record), of: segment, address), bundles.last?.record.hash == hash,
                bundles.allSatisfy(\.record.removed.isEmpty)
            else { throw damaged(path, "Its records are not those of the log") }
            let texts = bundles.reduce(into: [:]) { $0.merge($1.bodies) { first, _ in first } }
            for index in bundles.indices {
                let digests = Set(bundles[index].record.bodies)
                bundles[index].bodies = texts.filter { digests.contains($0.key) }
            }
            return bundles
        } catch let problem as Problem {
            warn("\(problem.findings.first?.summary ?? problem.description). Its records are read one by one instead.")
            return nil
        }
    }

    private static func isChain(_ records: [PortableRecord], of segment: LogSegment, _ address: StackAddress) -> Bool {
        records.count == segment.count && records.first?.position == segment.first
            && records.allSatisfy { $0.address == address }
            && zip(records, records.dropFirst()).allSatisfy { $1.position == $0.position.next && $1.previous == $0.hash.hex }
    }

    /// Whether a text is an object of its own wherever it belongs to.
    static func isLarge(_ text: String) -> Bool { text.utf8.count > 32 << 10 }
}
