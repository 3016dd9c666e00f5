import Foundation
package import Model
import StateDatabase

/// Drift reports are no part of the log: they lie beside it, and reach the others with a sync.
extension Share {
    /// What the listing of the share's hints shows: by stack, what each looks like.
    struct Hints {
        var logs: [StackAddress: String?] = [:]
        var drift: [StackAddress: String?] = [:]
    }

    func hints() async throws -> Hints {
        var hints = Hints()
        for entry in try await storage.list(ShareLayout.heads, after: nil) {
            if let address = ShareLayout.address(entry.name) {
                hints.logs[address] = entry.tag
            } else if entry.name.hasSuffix(ShareLayout.driftEnd),
                let address = ShareLayout.address(String(entry.name.dropLast(ShareLayout.driftEnd.count)))
            {
                hints.drift[address] = entry.tag
            }
        }
        return hints
    }

    /// Puts reports that the share lacks there, and takes over those that others have made.
    package func exchangeDrift(certain addresses: [StackAddress]) async throws {
        try await join()
        _ = try await exchangeDrift(try await hints(), certain: addresses, everything: false, pushes: true)
    }

    /// - Parameters:
    ///   - certain: stacks to look at whatever their hints say: these are written after the reports, and may have been lost.
    ///   - everything: whether to look at all stacks so, and at all of their reports.
    func exchangeDrift(
        _ hints: Hints, certain: [StackAddress] = [], everything: Bool, pushes: Bool
    ) async throws -> [StackAddress: SyncReport.StackNews] {
        let known = try database.sharedDrift(name)
        let recorded = Set(try database.recordedAddresses())
        var wanted = Set(certain).union(pushes ? try database.unsharedDrift(name) : [])
        if everything { wanted.formUnion(recorded) }
        for (address, tag) in hints.drift where tag == nil || known[address]?.tag != tag { wanted.insert(address) }
        var news: [StackAddress: SyncReport.StackNews] = [:]
        for address in wanted.intersection(recorded).sorted() {
            let seen = known[address] ?? SharedDrift()
            do {
                let done = try await exchangeDrift(
                    address, seen, tag: hints.drift[address] ?? nil, everything: everything, pushes: pushes)
                if done != SyncReport.StackNews() { news[address] = done }
            } catch let problem as Problem {
                // The log does not rest on them.
                warn(problem.description)
            }
        }
        return news
    }

    private func exchangeDrift(
        _ address: StackAddress, _ seen: SharedDrift, tag: String?, everything: Bool, pushes: Bool
    ) async throws -> SyncReport.StackNews {
        let waiting = pushes ? try database.driftReportIDs(address, after: everything ? nil : seen.row, withText: true) : []
        let start = everything ? nil : seen.name.flatMap(DriftReportName.start)
        let names = try await storage.list(ShareLayout.drift(address), after: start).compactMap { DriftReportName($0.name) }
        let here = Set(try database.driftReportIDs(address).map { DriftReportName.mark(of: $0.id) })
        // A name from the future would hide what comes after.
        let last = names.map(\.text).max().map { min($0, DriftReportName.latest(at: clock.now())) }
        var next = SharedDrift(tag: tag, name: last ?? seen.name, row: seen.row)
        var news = SyncReport.StackNews()

        let unknown = Set(names.filter { !here.contains($0.mark) }.map { "\(ShareLayout.drift(address))/\($0.text)" }).sorted()
        for (path, data) in try await fetch(unknown).sorted(by: { $0.key < $1.key }) {
            guard let report = try? JSONDecoder().decode(DriftReport.self, from: data), report.address == address,
                path.hasSuffix(DriftReportName.mark(of: report.id))
            else {
                // One is no reason not to take over the others.
                warn(damaged(path, "It is not the drift report that its name says").description)
                continue
            }
            try database.record(report)
            news.received += 1
        }

        var there = Set(names.map(\.mark))
        let unsent = Set(waiting.map(\.id).filter { !there.contains(DriftReportName.mark(of: $0)) })
        // What is not published may get another serial, and the one it has become somebody else's.
        let unpublished = Set(try database.unpublished(address).map(\.serial))
        for report in try database.driftReports(address, ids: unsent) where !unpublished.contains(report.serial) {
            let name = DriftReportName(of: report, at: clock.now())
            _ = try await storage.create(try JSONEncoder().encode(report), at: "\(ShareLayout.drift(address))/\(name.text)", clock)
            next.name = max(next.name ?? "", name.text)
            there.insert(name.mark)
            news.sent += 1
        }
        if news.sent > 0 {
            next.tag = nil
            try await storage.put(Data(#"{"id":"\#(newID())"}"#.utf8), at: ShareLayout.driftHead(address))
        }
        // Without a gap: a report that was made here meanwhile is still to be brought.
        let known = try database.driftReportIDs(address, after: everything ? nil : seen.row, withText: true)
        next.row = known.prefix { there.contains(DriftReportName.mark(of: $0.id)) }.last?.row ?? next.row
        try database.setSharedDrift(next, of: address, share: name)
        return news
    }
}

/// The name of a report's object: when it was put there in milliseconds, so that names are in the order of their coming, and a mark of
/// the report's identity.
struct DriftReportName: Hashable {
    var text: String
    var mark: String

    init?(_ text: String) {
        let parts = text.split(separator: "-")
        guard parts.count == 2, parts[0].utf8.count == 15, Int(parts[0]) != nil, parts[1].utf8.count == 16 else { return nil }
        self.text = text
        mark = String(parts[1])
    }

    init(of report: DriftReport, at time: Date) {
        mark = Self.mark(of: report.id)
        text = "\(Self.number(Int(time.timeIntervalSince1970 * 1000)))-\(mark)"
    }

    static func mark(of id: String) -> String { String(Digest(of: id).hex.prefix(16)) }

    /// As high as the name of a report gets that is put there at a time.
    static func latest(at time: Date) -> String { number(Int(time.timeIntervalSince1970 * 1000)) + "-~" }

    /// From where on there may be news behind a name that was seen: not all machines' clocks are right.
    static func start(before name: String) -> String? {
        Int(name.prefix(15)).map { number(max(0, $0 - 24 * 3600 * 1000)) }
    }

    /// Fifteen digits, so that names are in the order of numbers.
    private static func number(_ number: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, 15 - text.count)) + text
    }
}
