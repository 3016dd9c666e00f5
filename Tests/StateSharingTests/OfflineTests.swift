import Foundation
import Model
import StateDatabase
import Synchronization
import TestSupport
import Testing

@testable import StateSharing

@Suite struct `A deployment made offline` {
    let folder: TemporaryFolder
    let storage: DirectoryShareStorage
    let ada: Clone
    let grace: Clone

    /// Both have deployment 1 of the stack.
    init() async throws {
        folder = try TemporaryFolder()
        storage = DirectoryShareStorage(folder)
        ada = try Clone("ada", storage)
        grace = try Clone("grace", storage)
        try ada.record()
        try await ada.share.join(creates: true)
        try await ada.share.sync()
        try await grace.share.sync()
    }

    private func expectSame() async throws {
        try await ada.share.sync()
        try await grace.share.sync()
        #expect(try ada.log() == grace.log())
        #expect(try ada.database.recordedStacks() == grace.database.recordedStacks())
        for clone in [ada, grace] { #expect(try clone.database.verify().faults == []) }
    }

    private func bucket(_ clone: Clone) throws -> String? { try clone.database.recordedStack(.web)?.resources.first?.physicalID }

    @Test func `is recorded under the next serial here, told to nobody, and published under it where nobody took it`() async throws {
        let first = try grace.deployOffline("one")
        let second = try grace.deployOffline("two")
        #expect(first.serial == 2 && first.isUnpublished && second.plannedAgainst == 2)
        #expect(try grace.database.verify().faults == [])
        #expect(try grace.database.unshared(grace.share.name) == [])
        try await grace.share.sync()
        #expect(try grace.database.unpublished().map(\.offlineID) == ["one", "two"])
        #expect(
            try await grace.publish() == [
                "deployment one of web:prod published as 2.", "deployment two of web:prod published as 3.",
            ])
        #expect(try grace.database.unpublished() == [])
        try await expectSame()
        #expect(try ada.log().count == 6)
        #expect(try grace.database.deployment(.web, serial: 2)?.hash == first.hash)
    }

    @Test func `comes behind what others have recorded meanwhile, and says that both changed the stack`() async throws {
        try grace.deployOffline("one", at: 20)
        try grace.deployOffline("two", at: 30)
        let kept = try bucket(grace)
        try await ada.deploy(at: 10)
        try await ada.deploy(at: 11)
        let told = try await grace.publish()
        #expect(
            told.count == 2 && told[0].hasPrefix("deployment one of web:prod published as 4. It and deployments 2 (ada on adas-machine), 3")
        )
        #expect(told[0].contains("CloudFormation did it last"))
        try await expectSame()
        #expect(try bucket(ada) == kept)
        let two = try #require(try ada.database.deployment(.web, serial: 5))
        #expect(two.offlineID == "two" && two.plannedAgainst == 4)
        // It was planned against 1, and so it says.
        #expect(try ada.database.deployment(.web, serial: 4)?.plannedAgainst == 1)
        try await ada.deploy()
        try await expectSame()
    }

    @Test func `is not what the stack is where CloudFormation did another one after it`() async throws {
        try grace.deployOffline("one", at: 20)
        try await ada.deploy(at: 60)
        let kept = try bucket(ada)
        let told = try await grace.publish()
        #expect(told.first?.contains("CloudFormation did it before: the stack is recorded as they left it") == true)
        try await expectSame()
        #expect(try bucket(grace) == kept)
        #expect(try grace.database.deployment(.web, serial: 3)?.effect == .untouched)
        try await grace.deploy()
        try await expectSame()
    }

    @Test func `waits while somebody else deploys the stack, and others' deployment that is open comes beneath it`() async throws {
        try grace.deployOffline("one", at: 5)
        let lease = try await ada.share.acquire(.web, ada.request())
        let deployment = try ada.database.begin(try ada.intent(), secrets: [])
        try await lease.reserve(deployment)
        #expect(try await grace.publish() == [])
        #expect(grace.warnings.contains("ada on adas-machine (process 7)"))
        #expect(try grace.database.unpublished().map(\.serial) == [3])
        #expect(try grace.database.openDeployment(.web)?.serial == 2)
        #expect(try grace.database.verify().faults == [])
        // Whoever takes over settles what the other one left first.
        #expect(try await grace.share.release(.web, id: lease.lease.id))
        let next = try await grace.share.acquire(.web, grace.request())
        #expect(try await next.publishOffline() == [])
        let open = try #require(try grace.database.openDeployment(.web))
        try await next.publish(try grace.finish(open, .cancelled))
        #expect(try await next.publishOffline().map(\.deployment.serial) == [3])
        try await next.release()
        try await expectSame()
    }

    @Test func `that is still open gets its serial when it is taken up under a lease`() async throws {
        try grace.deployOffline("one", at: 20)
        let open = try grace.database.begin(try grace.intent(.web, offline: "two"), secrets: [])
        #expect(open.serial == 3)
        try await ada.deploy(at: 10)
        #expect(try await grace.publish().count == 1)
        let lease = try await grace.share.acquire(.web, grace.request())
        let moved = try #require(try grace.database.openDeployment(.web))
        #expect(moved.serial == 4 && moved.offlineID == "two" && moved.isUnpublished && moved.plannedAgainst == 3)
        try await lease.reserve(moved)
        try await lease.publish(try grace.finish(open))
        try await lease.release()
        try await expectSame()
        #expect(try ada.database.deployment(.web, serial: 4)?.offlineID == "two")
    }

    @Test func `that is still open is not published before those that it comes after`() async throws {
        try grace.deployOffline("one", at: 20)
        let open = try grace.database.begin(try grace.intent(.web, offline: "two"), secrets: [])
        let lease = try await grace.share.acquire(.web, grace.request())
        #expect(try await problem { try await lease.reserve(open) }?.code == "not-next")
        #expect(try await lease.publishOffline().map(\.deployment.serial) == [2])
        try await lease.reserve(open)
        try await lease.publish(try grace.finish(open))
        try await lease.release()
        try await expectSame()
        #expect(try ada.database.deployments().map(\.offlineID) == ["two", "one", nil])
    }

    @Test func `is published also where somebody died with the lease`() async throws {
        try grace.deployOffline("one")
        let dead = try Clone("ada", storage, clock: .stopped)
        let lease = try await dead.share.acquire(.web, dead.request(seconds: 60))
        let patient = try Clone("grace", storage, clock: ManualTime().clock, folder: grace.folder)
        #expect(try await patient.publish() == ["deployment one of web:prod published as 2."])
        #expect(try await grace.share.currentLease(of: .web) == nil)
        #expect(try await problem { try await lease.confirm(DeploymentProgress()) }?.code == "lease-lost")
        try await expectSame()
    }

    @Test func `goes to others before drift reports that name it, and these follow it to another serial`() async throws {
        let offline = try grace.deployOffline("one", at: 20)
        let report = DriftReport(
            id: "a", address: .web, stackName: "web", region: "eu-central-1", checkedAt: Date(timeIntervalSince1970: 1_750_000_000),
            checkedBy: "grace@laptop", serial: offline.serial, recordedStatus: "UPDATE_COMPLETE", stackStatus: "UPDATE_COMPLETE",
            resources: [
                ResourceDriftReport(
                    logicalID: "Bucket", type: "AWS::S3::Bucket", status: .modified, check: .cloudFormation,
                    differences: [DriftDifference(path: "BucketName", expected: "b", actual: "c")])
            ])
        try grace.database.record(report)
        #expect(try await grace.share.sync().drift == [:])
        try await ada.deploy(at: 10)
        #expect(try await grace.publish().count == 1)
        try await expectSame()
        try await expectSame()
        for clone in [ada, grace] {
            let found = try #require(try clone.database.lastDriftReport(.web))
            #expect(found.serial == 3 && found.resources == report.resources)
        }
    }

    @Test func `has its serial for good once nothing is shared, but not while another one is open`() async throws {
        try grace.deployOffline("one")
        let lease = try await ada.share.acquire(.web, ada.request())
        let open = try ada.database.begin(try ada.intent(), secrets: [])
        try await lease.reserve(open)
        try await grace.share.sync()
        #expect(throws: RecordingRefusal.self) { try grace.database.sealAll() }
        #expect(try grace.database.unpublished().map(\.serial) == [3])
        try await lease.publish(try ada.finish(open))
        try await lease.release()
        try await grace.share.sync()
        try grace.database.sealAll()
        #expect(try grace.database.unpublished() == [])
        #expect(try grace.database.verify().faults == [])
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18])
    func `is published once, wherever its publication is cut off`(call: Int) async throws {
        try grace.deployOffline("one", at: 20)
        try grace.deployOffline("two", at: 30)
        try await ada.deploy(at: 10)
        for isLost in [true, false] {
            let count = Mutex(0)
            let line = WatchedStorage(storage) { _, _ in
                let number = count.withLock {
                    $0 += 1; return $0
                }
                // From then on nothing gets through; the one before is answered, or not.
                return number > call || (number == call && !isLost) ? .unreachable : number == call ? .lostAfter : nil
            }
            let process = try Clone("grace", line, folder: grace.folder)
            // A heartbeat may come in between.
            _ = try? await process.share.sync()
            if let lease = try? await process.share.acquire(.web, process.request(seconds: 600)) {
                try? await process.share.sync(only: .web)
                _ = try? await lease.publishOffline()
                try? await lease.release()
            }
            if let held = try await grace.share.currentLease(of: .web) { _ = try await grace.share.release(.web, id: held.id) }
        }
        _ = try await grace.publish()
        try await expectSame()
        #expect(try ada.database.deployments().map(\.offlineID) == ["two", "one", nil, nil])
        #expect(try grace.database.unpublished() == [])
    }

    @Test func `is known by its UUID, also in a copy from before it was published`() async throws {
        try grace.deployOffline("one", at: 20)
        let backup = try TemporaryFolder()
        try FileManager.default.copyItem(atPath: grace.folder.path + "/state", toPath: backup.path + "/state")
        try await ada.deploy(at: 10)
        #expect(try await grace.publish().count == 1)
        let old = try Clone("grace", storage, folder: backup)
        #expect(try old.database.unpublished().map(\.serial) == [2])
        #expect(try await old.publish() == [])
        #expect(try old.database.unpublished() == [])
        #expect(try old.log() == grace.log())
        #expect(try old.database.verify().faults == [])
        try await expectSame()
    }

    @Test func `that removed the stack, and one that made it anew, leave what they left`() async throws {
        let removal = try grace.database.begin(try grace.intent(.web, offline: "one"), secrets: [])
        try grace.database.finish(
            removal, DeploymentOutcome(status: .succeeded, effect: .removed, finishedAt: Date(timeIntervalSince1970: 1_750_001_000)),
            secrets: [])
        #expect(try grace.database.recordedStack(.web) == nil)
        try await ada.deploy(.network)
        try await ada.share.sync()
        _ = try await grace.publish()
        try await expectSame()
        #expect(try ada.database.recordedStack(.web) == nil)
        try grace.deployOffline("two", at: 40)
        // What came before the removal is nothing to it.
        #expect(try await grace.publish() == ["deployment two of web:prod published as 3."])
        try await expectSame()
        #expect(try ada.database.recordedStack(.web)?.serial == 3)
    }
}
