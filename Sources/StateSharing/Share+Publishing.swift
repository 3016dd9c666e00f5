import Foundation
import Model
import StateDatabase

extension Share {
    /// Pushes settled deployments that the share lacks. An open one waits for who holds the lease.
    /// - Returns: how many records were created.
    func push(_ records: ArraySlice<PortableRecord>, of address: StackAddress, _ head: inout SharedHead) async throws -> Int {
        let settled = records.filter { $0.position.part == .outcome }.map(\.position.serial)
        var sent = 0
        let last = records.last { settled.contains($0.position.serial) }
        for record in records where settled.contains(record.position.serial) {
            if record.position.part == .outcome, record == records.first {
                // Its intent was there before, so somebody may have taken its lease over.
                let table = try await leaseTable(of: address, seen: head.epoch)
                guard table.leavesAlone(head.epoch) else {
                    warn("\(record.name) is not pushed: the holder of lease \(table.highest) is settling it.")
                    return sent
                }
            }
            guard case .created = try await publish(record, hints: record.position == last?.position) else {
                throw Problem(
                    .refused, "record-lost", "\(record.name) was written by somebody else just now",
                    detail: "Nothing of theirs was overwritten. Sync again to take it over.")
            }
            sent += 1
            head.position = record.position
            try database.setSharedHead(head, of: address, share: name)
        }
        return sent
    }

    /// Creates a record's object, its texts before it, and then the hint that there is news.
    /// - Parameter hints: `false` where another record follows right away.
    func publish(_ record: PortableRecord, hints: Bool = true) async throws -> Creation {
        var bodies = try database.bodies(of: record)
        for (digest, text) in bodies.sorted(by: { $0.key.hex < $1.key.hex }) where isApart(digest, text, record) {
            bodies[digest] = nil
            guard !textsThere.has(digest) else { continue }
            let path = ShareLayout.blob(digest)
            if case .exists = try await storage.create(Data(text.utf8), at: path, clock) {
                throw damaged(path, "It is not what its name says")
            }
            textsThere.add(digest)
        }
        let path = ShareLayout.record(record.address, record.position)
        var creation = try await storage.create(RecordBundle(record, bodies: bodies).bytes, at: path, clock)
        // Its texts may have been put beside it the last time, and in it now. The hash tells whose it is.
        if case .exists(let data) = creation, (try? RecordBundle(data, name: path))?.record.hash == record.hash {
            creation = .created
        }
        guard case .created = creation else { return creation }
        await bundle(behind: record)
        if hints { await hint(record) }
        return creation
    }

    /// Texts that many records have in common, and large ones, are objects of their own.
    private func isApart(_ digest: Digest, _ text: String, _ record: PortableRecord) -> Bool {
        record.templates.contains(digest) || Self.isLarge(text)
    }

    private struct Hint: Codable {
        var hash: String
        var position: String
        /// So that no two are the same.
        var id: String
    }

    /// Nothing depends on the hint, and so nothing on whether it can be written.
    private func hint(_ record: PortableRecord) async {
        let hint = Hint(hash: record.hash.hex, position: record.position.description, id: newID())
        try? await storage.put(ShareJSON.encode(hint), at: ShareLayout.head(record.address))
    }

    func leaseTable(of address: StackAddress, seen: Int) async throws -> LeaseTable {
        let after = seen > 0 ? ShareLayout.number(seen) : nil
        return LeaseTable(try await storage.list(ShareLayout.leases(address), after: after), seen: seen)
    }
}
