import Foundation
import Model
import StateDatabase
import TestSupport
import Testing

@testable import StateSharing

@Suite struct `Drift reports of a team` {
    let folder: TemporaryFolder
    let storage: DirectoryShareStorage
    let ada: Clone
    let grace: Clone
    let watched: WatchedStorage

    init() async throws {
        folder = try TemporaryFolder()
        storage = DirectoryShareStorage(folder)
        watched = WatchedStorage(storage)
        ada = try Clone("ada", storage)
        grace = try Clone("grace", watched)
        try ada.record()
        try ada.record(.network)
        try await ada.share.join(creates: true)
        try await ada.share.sync()
        try await grace.share.sync()
        watched.forget()
    }

    /// - Parameter at: in seconds.
    private func report(_ id: String, at second: Double, _ address: StackAddress = .web) -> DriftReport {
        DriftReport(
            id: id, address: address, stackName: "web", region: "eu-central-1",
            checkedAt: Date(timeIntervalSince1970: 1_750_000_000 + second),
            checkedBy: "ada@laptop", serial: 1, recordedStatus: "CREATE_COMPLETE", stackStatus: "CREATE_COMPLETE",
            resources: [
                ResourceDriftReport(
                    logicalID: "Bucket", type: "AWS::S3::Bucket", status: .modified, check: .cloudFormation,
                    differences: [DriftDifference(path: "BucketName", expected: "b", actual: .string(id))])
            ])
    }

    private func reports(_ clone: Clone) throws -> [String] { try clone.database.driftReports(.web).map(\.id) }

    @Test func `reach the others with a sync, at the cost of what is new`() async throws {
        for number in 0..<40 { try ada.database.record(report("\(number)", at: Double(number))) }
        #expect(try await ada.share.sync().drift[.web]?.sent == 40)
        try await grace.share.sync()
        #expect(try reports(grace) == reports(ada))
        watched.forget()
        try await grace.share.sync()
        #expect(watched.count == 2)
        // One that was made earlier, and brought later.
        try ada.database.record(report("late", at: -100))
        try await ada.share.sync()
        watched.forget()
        #expect(try await grace.share.sync().drift[.web] == SyncReport.StackNews(received: 1, sent: 0))
        // Whose share it is, the hints, the names that are not long seen, and the one report.
        #expect(watched.count == 4)
        #expect(try reports(grace) == reports(ada))
        watched.forget()
        try await grace.share.sync()
        #expect(watched.count == 2)
    }

    @Test func `go both ways, once each`() async throws {
        try ada.database.record(report("a", at: 1))
        try grace.database.record(report("g", at: 2))
        for _ in 0..<2 {
            try await ada.share.sync()
            try await grace.share.sync()
        }
        #expect(try reports(ada) == ["g", "a"] && reports(grace) == ["g", "a"])
        #expect(try folder.contents().keys.filter { $0.contains("/drift/") }.count == 2)
        try await grace.share.exchangeDrift(certain: [.web])
        #expect(try await grace.share.sync(everything: true).drift == [:])
    }

    @Test func `are only taken over by who may not write`() async throws {
        try ada.database.record(report("a", at: 1))
        try await ada.share.sync()
        try grace.database.record(report("g", at: 2))
        try await grace.share.sync(pushes: false)
        #expect(try reports(grace) == ["g", "a"])
        #expect(!watched.calls.withLock { $0.contains { $0.hasPrefix("create") || $0.hasPrefix("put") } })
    }

    @Test func `that are not what their names say are told of, and keep nobody from the log`() async throws {
        try ada.database.record(report("a", at: 1))
        try await ada.share.sync()
        let path = try #require(try folder.contents().keys.first { $0.contains("/drift/") })
        let forged = try JSONEncoder().encode(report("another", at: 1))
        try forged.write(to: URL(fileURLWithPath: "\(folder.path)/\(path)"))
        try ada.database.record(report("later", at: 2))
        try await ada.share.sync()
        try grace.database.record(report("g", at: 3))
        try await ada.deploy()
        try await grace.share.sync()
        #expect(grace.warnings.contains(path))
        // The others go both ways all the same.
        #expect(try reports(grace) == ["g", "later"])
        try await ada.share.sync()
        #expect(try reports(ada) == ["g", "later", "a"])
        #expect(try grace.log() == ada.log())
    }

    @Test func `of a report whose name is from the future, those that come later are taken over all the same`() async throws {
        try ada.database.record(report("first", at: 0))
        try await ada.share.sync()
        let drift = "\(folder.path)/stacks/web@prod/drift"
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: drift).first)
        let future = "9" + name.dropFirst()
        try FileManager.default.moveItem(atPath: "\(drift)/\(name)", toPath: "\(drift)/\(future)")
        try await grace.share.sync()
        #expect(try reports(grace) == ["first"])
        try ada.database.record(report("second", at: 60))
        try await ada.share.sync()
        try await grace.share.sync()
        #expect(try reports(grace).sorted() == ["first", "second"])
    }
}
