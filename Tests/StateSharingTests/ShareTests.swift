import Foundation
import Model
import StateDatabase
import Synchronization
import TestSupport
import Testing

@testable import StateSharing

@Suite struct `A log that a team shares` {
    let folder: TemporaryFolder
    let storage: DirectoryShareStorage
    let ada: Clone

    init() throws {
        folder = try TemporaryFolder()
        storage = DirectoryShareStorage(folder)
        ada = try Clone("ada", storage)
    }

    private func shareAda() async throws {
        try await ada.share.join(creates: true)
        try await ada.share.sync()
    }

    private func joined(_ user: String, _ storage: (any ShareStorage)? = nil) async throws -> Clone {
        let clone = try Clone(user, storage ?? self.storage)
        try await clone.share.sync()
        return clone
    }

    @Test func `a new clone has the whole history after one sync`() async throws {
        try ada.record(.web, 5)
        try ada.record(.network, 2)
        try await shareAda()
        #expect(try ada.database.unshared(ada.share.name) == [])
        let grace = try await joined("grace")
        #expect(try grace.log() == ada.log())
        #expect(try grace.database.recordedStacks() == ada.database.recordedStacks())
        #expect(grace.database.lineage == ada.database.lineage)
    }

    @Test func `what two do in turn reaches both`() async throws {
        try await shareAda()
        let grace = try await joined("grace")
        for _ in 0..<3 {
            try await ada.deploy()
            try await grace.deploy()
            try await grace.deploy(.network)
        }
        try await ada.share.sync()
        #expect(try ada.log() == grace.log())
        #expect(try ada.log().count == 18)
    }

    @Test func `a sync costs what is new, however long the history is`() async throws {
        try ada.record(.web, 40)
        try await shareAda()
        let watched = WatchedStorage(storage)
        let grace = try await joined("grace", watched)
        watched.forget()
        try await grace.share.sync()
        // Whose share it is, and the hints.
        #expect(watched.count == 2)
        watched.forget()
        try await ada.deploy()
        try await grace.share.sync()
        // Besides these the stack's news, the intent and the outcome; all texts were here or come with them.
        #expect(watched.count == 5)
        #expect(try grace.log() == ada.log())
    }

    /// `PIPEPLAN_SHARE_SCALE=100x500` takes so many stacks, and so many deployments of each.
    @Test func `of many stacks only those with news cost something`() async throws {
        let scale = (ProcessInfo.processInfo.environment["PIPEPLAN_SHARE_SCALE"] ?? "30x4").split(separator: "x").compactMap { Int($0) }
        let stacks = (0..<scale[0]).map { StackAddress(stack: "stack-\($0)") }
        for stack in stacks { try ada.record(stack, scale[1]) }
        var clock = ContinuousClock.now
        func lap() -> Duration {
            defer { clock = .now }
            return ContinuousClock.now - clock
        }
        try await shareAda()
        print("share: \(scale[0]) stacks with \(scale[1]) deployments each, first push \(lap())")
        let watched = WatchedStorage(storage)
        let grace = try Clone("grace", watched)
        func sync(_ what: String) async throws -> Int {
            watched.forget()
            _ = lap()
            try await grace.share.sync()
            print("share: \(what): \(watched.count) calls, \(watched.bytes.withLock(\.self)) bytes read, \(lap())")
            return watched.count
        }
        _ = try await sync("first sync")
        #expect(try grace.log() == ada.log())
        #expect(try await sync("no news") == 2)
        try await ada.deploy(stacks[0])
        #expect(try await sync("one new deployment") == 5)
        #expect(try grace.log() == ada.log())
    }

    @Test func `a share of another log is refused, and an empty log becomes a copy`() async throws {
        try ada.record()
        try await shareAda()
        let stranger = try Clone("eve", storage)
        try stranger.record(.network)
        #expect(try await problem { try await stranger.share.sync() }?.code == "other-lineage")
        #expect(try stranger.log().count == 2)
        let nowhere = try Clone("joe", DirectoryShareStorage(try TemporaryFolder()))
        #expect(try await problem { try await nowhere.share.sync() } != nil)
    }

    @Test func `a share that is gone, or is another one by now, is noticed before anything is taken over or written`() async throws {
        try ada.record()
        try await shareAda()
        let grace = try await joined("grace")
        let files = try folder.contents()
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            try FileManager.default.removeItem(atPath: "\(folder.path)/\(name)")
        }
        for operation in [{ try await grace.share.sync() as Any }, { try await grace.share.acquire(.network, grace.request()) as Any }] {
            #expect(try await problem { _ = try await operation() }?.code == "share-gone")
        }
        // Somebody makes one anew there, of another history.
        let eve = try Clone("eve", storage)
        try eve.record(.network)
        try await eve.share.join(creates: true)
        try await eve.share.sync()
        let theirs = try folder.contents()
        for operation in [{ try await grace.share.sync() as Any }, { try await grace.share.acquire(.web, grace.request()) as Any }] {
            #expect(try await problem { _ = try await operation() }?.code == "other-lineage")
        }
        #expect(try folder.contents() == theirs && files != theirs)
    }

    @Test func `a history that was taken in after an empty one was shared knows nothing of that share`() async throws {
        try await shareAda()
        let eve = try Clone("eve", DirectoryShareStorage(folder))
        try eve.record(.network)
        try ada.database.adopt(lineage: try #require(eve.database.lineage))
        try ada.record(.network)
        #expect(try ada.database.syncedAt(ada.share.name) == nil)
        #expect(try await problem { try await ada.share.sync() }?.code == "other-lineage")
    }

    @Test func `what is wrong with some stacks is told once all others have been seen to`() async throws {
        for number in 0..<12 { try ada.record(StackAddress(stack: "s\(number)")) }
        try await shareAda()
        for stack in ["s1", "s2"] {
            let path = "\(folder.path)/stacks/\(stack)/000001.outcome.json"
            try Data("{}".utf8).write(to: URL(fileURLWithPath: path))
        }
        let grace = try Clone("grace", storage)
        var told: Problem?
        do { try await grace.share.sync() } catch let problem as Problem { told = problem }
        #expect(told?.findings.count == 2, "\(told?.description ?? "")")
        #expect(try grace.database.recordedStacks().count == 10)
    }

    @Test func `that a template was removed to save space is not believed where it is there`() async throws {
        try ada.record()
        try await shareAda()
        let path = URL(fileURLWithPath: "\(folder.path)/stacks/web@prod/000001.intent.json")
        let template = try #require(try ada.database.deployment(.web, serial: 1)?.templateDigest.hex)
        let text = try String(contentsOf: path, encoding: .utf8)
        let place = try #require(text.range(of: #","serial":"#, options: .backwards))
        let spoilt = text.replacingCharacters(in: place, with: #","removed":["\#(template)"],"serial":"#)
        try spoilt.write(to: path, atomically: true, encoding: .utf8)
        let grace = try await joined("grace")
        #expect(try grace.log() == ada.log())
        #expect(try grace.database.verify().removedTexts == 0)
        #expect(try grace.database.recordedStack(.web) == ada.database.recordedStack(.web))
    }

    @Test func `a store that lets objects be written over is refused`() async throws {
        let careless = CarelessStorage(storage: storage)
        let joe = try Clone("joe", careless)
        #expect(try await problem { try await joe.share.join(creates: true) }?.code == "store-unfit")
    }

    @Test(arguments: ["stacks/web@prod/000002.intent.json", "stacks/web@prod/000002.outcome.json", "blobs"])
    func `an object that is altered or missing is named, and nothing behind it is believed`(object: String) async throws {
        try ada.record(.web, 3)
        try await shareAda()
        let files = try folder.contents()
        let paths = files.keys.filter { $0.hasPrefix(object) }
        #expect(!paths.isEmpty)
        for path in paths {
            let whole = try #require(files[path])
            let url = URL(fileURLWithPath: folder.path + "/" + path)
            for spoilt in [nil, whole + Data(" ".utf8), Data(whole.map { $0 == UInt8(ascii: "3") ? UInt8(ascii: "4") : $0 }), Data()] {
                if spoilt == whole { continue }
                if let spoilt { try spoilt.write(to: url) } else { try FileManager.default.removeItem(at: url) }
                let clone = try Clone("grace", storage)
                let finding = try await problem { try await clone.share.sync() }
                #expect(finding.map { "\($0.summary) \($0.detail)".contains(path) } == true, "\(path)")
                #expect(try clone.log().count < 3 || path.contains("000002.outcome"))
                #expect(try clone.log().count <= 3)
                try whole.write(to: url)
                // Once it is put back, the sync goes on.
                try await clone.share.sync()
                #expect(try clone.log() == ada.log())
            }
        }
    }

    @Test func `a record that goes missing after it was seen is noticed`() async throws {
        try ada.record(.web, 2)
        try await shareAda()
        try FileManager.default.removeItem(atPath: folder.path + "/stacks/web@prod/000002.outcome.json")
        for everything in [true, false] {
            let finding = try await problem { try await ada.share.sync(certain: [.web], everything: everything) }
            #expect(finding?.summary.contains("000002.outcome.json") == true)
        }
    }

    @Test func `an interrupted sync goes on where it was`() async throws {
        try ada.record(.web, 100)
        try await shareAda()
        let isCut = Mutex(true)
        let flaky = WatchedStorage(storage) { call, _ in
            call.hasSuffix("segments/000064.json") && isCut.withLock({ $0 }) ? .unreachable : nil
        }
        let grace = try Clone("grace", flaky)
        #expect(try await problem { try await grace.share.sync() }?.code == "share-unreachable")
        let taken = try grace.log().count
        #expect(taken > 0 && taken < 200)
        flaky.forget()
        isCut.withLock { $0 = false }
        try await grace.share.sync()
        #expect(try grace.log() == ada.log())
        #expect(!flaky.calls.withLock { $0.contains("get stacks/web@prod/000032.outcome.json") })
    }

    @Test func `lost and doubled answers change nothing`() async throws {
        let spoilt = WatchedStorage(storage) { call, number in
            call.hasPrefix("create") ? (number.isMultiple(of: 2) ? .lostAfter : .twice) : nil
        }
        let grace = try Clone("grace", spoilt)
        try await grace.share.join(creates: true)
        for _ in 0..<3 { try await grace.deploy() }
        try await ada.share.sync()
        #expect(try ada.log() == grace.log())
        #expect(try ada.log().count == 6)
    }

    @Test func `what could not be published is known offline, and pushed by the next sync`() async throws {
        try await shareAda()
        let isCut = Mutex(false)
        let line = WatchedStorage(storage) { _, _ in isCut.withLock { $0 } ? .unreachable : nil }
        let grace = try await joined("grace", line)
        let lease = try await grace.share.acquire(.web, grace.request())
        let deployment = try grace.database.begin(try grace.intent(), secrets: [])
        try await lease.reserve(deployment)
        try await lease.confirm(DeploymentProgress(step: "execute"))
        isCut.withLock { $0 = true }
        let settled = try grace.finish(deployment)
        #expect(try await problem { try await lease.publish(settled) }?.code == "share-unreachable")
        #expect(try await problem { try await lease.release() }?.code == "share-unreachable")
        #expect(try grace.database.unshared(grace.share.name) == [.web])
        isCut.withLock { $0 = false }
        let report = try await grace.share.sync()
        #expect(report.sent == [.web: 1])
        try await ada.share.sync()
        #expect(try ada.log() == grace.log())
    }

    // MARK: Where two have written

    @Test func `of two that reserve a serial one is told who won, and has recorded nothing`() async throws {
        try await shareAda()
        let grace = try await joined("grace")
        let first = try await ada.share.acquire(.web, ada.request())
        let deployment = try ada.database.begin(try ada.intent(), secrets: [])
        // A holder that was taken for dead, and goes on.
        #expect(try await grace.share.release(.web, id: first.lease.id))
        let second = try await grace.share.acquire(.web, grace.request())
        try await second.reserve(try grace.database.begin(try grace.intent(), secrets: []))
        let finding = try await problem { try await first.reserve(deployment) }
        #expect(finding?.code == "serial-taken" && finding?.summary.contains("grace") == true)
        #expect(try ada.log() == [])
        try await ada.share.sync(certain: [.web])
        #expect(try ada.log() == grace.log())
    }

    @Test func `a writer whose lease was taken over can't act and can't settle, and takes over what was settled`() async throws {
        try await shareAda()
        let grace = try await joined("grace")
        let first = try await ada.share.acquire(.web, ada.request())
        let deployment = try ada.database.begin(try ada.intent(), secrets: [])
        try await first.reserve(deployment)
        #expect(try await grace.share.release(.web, id: first.lease.id))
        let second = try await grace.share.acquire(.web, grace.request())
        try await grace.share.sync(certain: [.web])
        #expect(try await problem { try await first.confirm(DeploymentProgress(step: "execute")) }?.code == "lease-lost")
        let own = try ada.finish(deployment)
        #expect(try await problem { try await first.publish(own) }?.code == "lease-lost")
        // Nor by the next command, as long as the other one is at it.
        #expect(try await ada.share.sync().sent == [:])
        #expect(ada.warnings.contains("is settling it"))
        let open = try #require(try grace.database.openDeployment(.web))
        try await second.publish(try grace.finish(open, .cancelled))
        try await second.release()
        try await ada.share.sync()
        #expect(try ada.log() == grace.log())
        #expect(ada.warnings.contains("was settled by"))
        #expect(try ada.database.recordedStack(.web) == nil)
        try await ada.deploy()
    }

    @Test func `logs that went apart are never merged`() async throws {
        try ada.record()
        try await shareAda()
        let grace = try await joined("grace")
        try ada.record()
        try grace.record()
        try await ada.share.sync()
        #expect(try await problem { try await grace.share.sync() }?.code == "histories-differ")
        #expect(try grace.log() != ada.log())
        #expect(try grace.log().count == 4)
    }

    // MARK: Two processes of one copy

    @Test func `a sync beside an apply, in the instant of reserving, takes nothing for foreign and loses nothing`() async throws {
        try await shareAda()
        let joe = try await joined("joe")
        let beside = try Clone("joe", storage, folder: joe.folder)
        let moments = Mutex<[String]>([])
        let watched = WatchedStorage(
            storage,
            before: { call in
                guard call.contains("stacks/web") else { return }
                moments.withLock { $0.append(call) }
                try await beside.share.sync(certain: [.web])
            })
        let apply = try Clone("joe", watched, folder: joe.folder)
        try await apply.deploy()
        try await apply.deploy()
        #expect(moments.withLock { $0.filter { $0.hasPrefix("create") }.count } >= 8)
        try await ada.share.sync()
        #expect(try ada.log() == joe.log() && joe.log().count == 4)
        #expect(try joe.database.verify().faults == [])
    }

    @Test func `where the serial went to somebody else in that instant, the other process does not take that one away`() async throws {
        try await shareAda()
        let grace = try await joined("grace")
        let joe = try await joined("joe")
        let beside = try Clone("joe", storage, folder: joe.folder)
        let first = try await joe.share.acquire(.web, joe.request())
        let deployment = try joe.database.begin(try joe.intent(), secrets: [])
        #expect(try await grace.share.release(.web, id: first.lease.id))
        let second = try await grace.share.acquire(.web, grace.request())
        try await second.reserve(try grace.database.begin(try grace.intent(), secrets: []))
        // While the first one is alive, its record is left alone.
        let hold = try joe.database.requireHold(.web)
        try await beside.share.sync(certain: [.web])
        #expect(beside.warnings.contains("is being deployed from here"))
        #expect(try joe.database.openDeployment(.web) == deployment)
        withExtendedLifetime(hold) {}
        // And where it was not noticed to be, the other one's record has its row by now.
        try joe.database.withdraw(deployment)
        try await beside.share.sync(certain: [.web])
        #expect(try await problem { try await first.reserve(deployment) }?.code == "serial-taken")
        #expect(try joe.database.openDeployment(.web)?.actor.user == "grace")
        #expect(throws: RecordingRefusal.self) { try joe.finish(deployment, .cancelled) }
        #expect(try joe.log() == grace.log())
    }

    @Test func `a reservation that was made before is known by its hash`() async throws {
        try await shareAda()
        let lease = try await ada.share.acquire(.web, ada.request())
        let deployment = try ada.database.begin(try ada.intent(), secrets: [])
        try await lease.reserve(deployment)
        // As somebody has put it there who keeps all texts beside the record.
        let path = "\(folder.path)/stacks/web@prod/000001.intent.json"
        let bundle = try RecordBundle(try Data(contentsOf: URL(fileURLWithPath: path)), name: "it")
        try RecordBundle(bundle.record, bodies: [:]).bytes.write(to: URL(fileURLWithPath: path))
        try await lease.reserve(deployment)
        #expect(try ada.database.openDeployment(.web) == deployment)
    }
}
