import Foundation
import Model
import Testing

@testable import StateDatabase

@Suite struct `Holding a stack` {
    @Test func `keeps others away for as long as it lasts, and only from that stack`() throws {
        let folder = try TemporaryFolder()
        let database = try folder.open()
        let other = StackAddress(stack: "other")
        var hold = try database.hold(.pipeline)
        #expect(hold != nil)
        #expect(try database.hold(.pipeline) == nil)
        #expect(try database.hold(other) != nil)
        hold = nil
        #expect(try database.hold(.pipeline) != nil)
    }

    @Test func `is refused with the deployment that is under way`() throws {
        let folder = try TemporaryFolder()
        let database = try folder.open()
        let running = try database.begin(.sample(plannedAgainst: nil), secrets: [])
        let hold = try database.requireHold(.pipeline)
        let refusal = RecordingRefusal.held(.pipeline, by: running, process: Int(getpid()))
        #expect(throws: refusal) { try database.requireHold(.pipeline) }
        #expect(refusal.problem.status == .refused)
        #expect(refusal.problem.description.contains("\(running.actor.user) on \(running.actor.host)"))
        #expect(refusal.problem.description.contains("still running (process \(getpid()))"))
        withExtendedLifetime(hold) {}
    }

    @Test func `of a name with odd letters leaves one file, in a folder for the owner alone`() throws {
        let folder = try TemporaryFolder()
        let database = try folder.open()
        let address = StackAddress(stack: "a/../b c", environment: "prod")
        #expect(try database.hold(address) != nil)
        let locks = URL(filePath: database.path).deletingLastPathComponent().appending(path: "locks")
        #expect(try FileManager.default.contentsOfDirectory(atPath: locks.path) == ["a%2F..%2Fb%20c:prod.lock"])
        let mode = try FileManager.default.attributesOfItem(atPath: locks.path)[.posixPermissions] as? Int
        #expect(mode == 0o700)
    }

    @Test func `an interrupted deployment is taken up only as it was seen`() throws {
        let folder = try TemporaryFolder()
        let database = try folder.open()
        let interrupted = try database.begin(.sample(plannedAgainst: nil), secrets: [])
        #expect(try database.takeUp(interrupted) == interrupted)
        try database.note(DeploymentProgress(step: "execute"), of: interrupted)
        let moved = try #require(try database.openDeployment(.pipeline))
        #expect(throws: RecordingRefusal.alreadySettled(moved)) { try database.takeUp(interrupted) }
    }
}
