import Foundation
import Model
import StateDatabase
import TestSupport
import Testing

@testable import StateSharing

@Suite struct `A long log on a share` {
    let folder: TemporaryFolder
    let storage: DirectoryShareStorage
    let ada: Clone
    private let segments = "stacks/web@prod/segments"

    init() async throws {
        folder = try TemporaryFolder()
        storage = DirectoryShareStorage(folder)
        ada = try Clone("ada", storage)
        try ada.record(.web, 2 * LogSegment.length + 2)
        try await ada.share.join(creates: true)
        try await ada.share.sync()
    }

    /// What a new clone asks the share for.
    private func takenOver() async throws -> (clone: Clone, gets: [String]) {
        let watched = WatchedStorage(storage)
        let clone = try Clone("grace", watched)
        try await clone.share.sync()
        return (clone, watched.calls.withLock { $0.filter { $0.hasPrefix("get stacks") } })
    }

    @Test func `it is taken over a segment at a time, and what comes behind one record by record`() async throws {
        let names = try await storage.list(segments, after: nil).map(\.name)
        #expect(names == ["000032.json", "000064.json"])
        let (grace, gets) = try await takenOver()
        #expect(try grace.log() == ada.log())
        #expect(try grace.database.verify().faults == [])
        // Of each segment the object and its last record, and four records behind the last one.
        #expect(gets.count == 8)
    }

    @Test func `whoever settles the last deployment of a segment puts it there, with the texts that its records have in common once`()
        async throws
    {
        for _ in 2..<LogSegment.length { try await ada.deploy() }
        let path = "\(segments)/000096.json"
        let data = try #require(try await storage.get(path))
        let lines = data.split(separator: UInt8(ascii: "\n"))
        #expect(lines.count == 2 * LogSegment.length)
        let template = try #require(try ada.database.deployment(.web, serial: 96)?.templateDigest)
        let bundles = try lines.map { try RecordBundle(Data($0), name: "it") }
        #expect(bundles.count { $0.bodies[template] != nil } == 1)
    }

    @Test func `a copy that lacks a part of a segment takes that part of it`() async throws {
        let (grace, _) = try await takenOver()
        for _ in 0..<10 { try await ada.deploy() }
        let watched = WatchedStorage(storage)
        let joe = try Clone("joe", watched, folder: grace.folder)
        for _ in 12..<LogSegment.length { try await ada.deploy() }
        try await joe.share.sync()
        #expect(try joe.log() == ada.log())
        let gets = watched.calls.withLock { $0.filter { $0.hasPrefix("get stacks") } }
        #expect(gets.count == 2)
    }

    @Test func `a segment that is missing, cut, altered or another log's is named where it is there, and the records count`() async throws {
        let path = "\(segments)/000064.json"
        let whole = try #require(try await storage.get(path))
        let lines = whole.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let first = try #require(try await storage.get("\(segments)/000032.json"))
        let swapped = lines[..<3] + [lines[4], lines[3]] + lines[5...]
        let spoilt: [Data?] = [
            nil, Data(), first, whole.dropLast(200), Data(lines.dropFirst().joined(separator: [0x0A])),
            Data(swapped.joined(separator: [0x0A])), Data(whole.map { $0 == UInt8(ascii: "3") ? UInt8(ascii: "4") : $0 }),
        ]
        for bytes in spoilt {
            let url = URL(fileURLWithPath: folder.path + "/" + path)
            if let bytes { try bytes.write(to: url) } else { try FileManager.default.removeItem(at: url) }
            let (grace, gets) = try await takenOver()
            #expect(try grace.log() == ada.log())
            #expect(gets.contains("get stacks/web@prod/000040.intent.json"))
            #expect(grace.warnings.contains(path) == (bytes != nil), "\(grace.warnings)")
        }
    }

    @Test func `a segment of records that are whole, chained and not the log's is not believed`() async throws {
        // Somebody who may write, and has made up a history of the same lineage.
        let place = try TemporaryFolder()
        let forger = try Clone("eve", DirectoryShareStorage(place))
        try forger.database.adopt(lineage: try #require(ada.database.lineage))
        try forger.record(.web, LogSegment.length)
        try await forger.share.join(creates: true)
        try await forger.share.sync()
        let forged = try #require(try await forger.share.storage.get("\(segments)/000032.json"))
        try forged.write(to: URL(fileURLWithPath: "\(folder.path)/\(segments)/000032.json"))
        let (grace, _) = try await takenOver()
        #expect(try grace.log() == ada.log())
        #expect(grace.warnings.contains("segments/000032.json"))
    }

    @Test func `where a text was removed to save space, no segment is made of what is left`() async throws {
        let place = try TemporaryFolder()
        let other = try Clone("joe", DirectoryShareStorage(place))
        try other.record(.web, LogSegment.length - 1)
        try Clone("grace", other.share.storage, folder: other.folder).record()
        let policy = CompactionPolicy(eventsBefore: nil, plansBefore: .distantFuture, templatesBefore: nil, newest: 1)
        _ = try other.database.compact(policy, isTrial: false)
        try await other.share.join(creates: true)
        try await other.share.sync()
        #expect(try await other.share.storage.get("\(segments)/000032.json") == nil)
    }

    @Test func `a text that many records have is put on the share once, and not asked for again`() async throws {
        let place = try TemporaryFolder()
        let watched = WatchedStorage(DirectoryShareStorage(place))
        let joe = try Clone("joe", watched)
        try joe.record(.web, 20)
        try await joe.share.join(creates: true)
        try await joe.share.sync()
        let texts = watched.calls.withLock { $0.filter { $0.contains("blobs/") } }
        #expect(texts.count == 1)
    }
}
