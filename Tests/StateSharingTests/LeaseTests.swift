import Foundation
import Model
import StateDatabase
import TestSupport
import Testing

@testable import StateSharing

@Suite struct `The lease of a stack` {
    let folder: TemporaryFolder
    let storage: DirectoryShareStorage
    let time = ManualTime()
    let ada: Clone
    let grace: Clone

    init() async throws {
        folder = try TemporaryFolder()
        storage = DirectoryShareStorage(folder)
        ada = try Clone("ada", storage)
        grace = try Clone("grace", storage, clock: time.clock)
        try await ada.share.join(creates: true)
        try await grace.share.join(creates: false)
    }

    @Test func `a living holder keeps it, and the other one is told who that is`() async throws {
        let lease = try await ada.share.acquire(.web, ada.request(seconds: 16))
        let patient = try Clone("joe", storage)
        let finding = try await problem { _ = try await patient.share.acquire(.web, patient.request(seconds: 16)) }
        #expect(finding?.code == "lease-held")
        #expect(finding?.detail.contains("ada on adas-machine (process 7)") == true)
        try await lease.release()
        try await patient.share.acquire(.web, patient.request()).release()
    }

    @Test func `a dead holder's lease is taken over when its heartbeat has not changed for its time to live`() async throws {
        let dead = try Clone("ada", storage, clock: .stopped)
        let lease = try await dead.share.acquire(.web, dead.request(seconds: 60))
        let start = time.clock.uptime()
        let next = try await grace.share.acquire(.web, grace.request())
        #expect(next.lease.epoch == lease.lease.epoch + 1)
        #expect(time.clock.uptime() - start >= .seconds(60))
        #expect(grace.warnings.contains("its heartbeat has stopped"))
        #expect(try await problem { try await lease.confirm(DeploymentProgress(step: "execute")) }?.detail.contains("grace") == true)
    }

    @Test func `who waits gets it once it is released`() async throws {
        let lease = try await ada.share.acquire(.web, ada.request(seconds: 1))
        let joe = try Clone("joe", storage)
        async let next = joe.share.acquire(.web, joe.request(timeout: .seconds(60), seconds: 1))
        try await lease.release()
        #expect(try await next.lease.epoch == 2)
    }

    @Test func `a lease is ended by force only under its ID`() async throws {
        let lease = try await ada.share.acquire(.web, ada.request())
        #expect(try await grace.share.release(.web, id: "another") == false)
        #expect(try await grace.share.currentLease(of: .web)?.id == lease.lease.id)
        #expect(try await grace.share.release(.web, id: lease.lease.id))
        #expect(try await grace.share.currentLease(of: .web) == nil)
        #expect(
            try await problem { try await lease.confirm(DeploymentProgress(step: "execute")) }?.detail.contains("released by force") == true
        )
    }

    @Test(arguments: [Data(), Data("{}".utf8), nil]) func `a damaged lease says so, and is ended by its number`(spoilt: Data?) async throws
    {
        let lease = try await ada.share.acquire(.web, ada.request())
        let path = "\(folder.path)/stacks/web@prod/lease/000001.json"
        if let spoilt {
            try spoilt.write(to: URL(fileURLWithPath: path))
        } else {
            // Known from before, and gone.
            try FileManager.default.removeItem(atPath: path)
            try grace.database.setSharedHead(SharedHead(epoch: 1), of: .web, share: grace.share.name)
        }
        let finding = try await problem { _ = try await grace.share.acquire(.web, grace.request()) }
        #expect(finding?.code == "lease-damaged")
        #expect(finding?.detail.contains("pipeplan state lease release web:prod --force --id 1") == true)
        #expect(try await grace.share.currentLease(of: .web) == CurrentLease(epoch: 1, lease: nil))
        #expect(try await grace.share.release(.web, id: lease.lease.id) == false)
        #expect(try await grace.share.release(.web, id: "1"))
        #expect(try await problem { try await lease.confirm(DeploymentProgress(step: "execute")) }?.code == "lease-lost")
        try await grace.deploy()
    }

    @Test func `leases of different stacks do not wait for each other`() async throws {
        let one = try await ada.share.acquire(.web, ada.request())
        let other = try await grace.share.acquire(.network, grace.request())
        try await one.release()
        try await other.release()
    }

    @Test func `what the dead holder told of its deployment is known to the one who takes over`() async throws {
        let lease = try await ada.share.acquire(.web, ada.request())
        let deployment = try ada.database.begin(try ada.intent(), secrets: [])
        try await lease.reserve(deployment)
        try await lease.confirm(DeploymentProgress(step: "execute", changeSetID: "arn:change-set", stackID: "arn:stack"))
        #expect(try await grace.share.release(.web, id: lease.lease.id))
        let next = try await grace.share.acquire(.web, grace.request())
        try await grace.share.sync(certain: [.web])
        let open = try #require(try grace.database.openDeployment(.web))
        #expect(open.step == nil)
        let told = try await next.lastProgress(of: open)
        #expect(told == DeploymentProgress(step: "execute", changeSetID: "arn:change-set", stackID: "arn:stack"))
    }
}
