import Foundation
import TestSupport
import Testing

/// A few of the thousand that `scripts/bench --state` does.
@Suite struct `A process that is killed while it records` {
    @Test func `leaves each record whole or not at all, and the next one goes on`() async throws {
        let session = try Session()
        let state = "\(session.folder.path)/state/sandbox"
        for milliseconds in stride(from: 0, to: 100, by: 4) {
            let report = try await inBackground {
                let loop = try RunningProgram(Repository.stateBench, ["loop", state], in: session.folder.path, environment: [:])
                try loop.wait(for: "ready", on: "out")
                // Where it is by then is left to chance: whatever it was in the midst of, what it leaves must be sound.
                usleep(UInt32(milliseconds * 1000))
                loop.send(signal: SIGKILL)
                #expect(try loop.end().status == 128 + SIGKILL)
                return try session.pipeplan("state verify --json")
            }
            #expect(report.status == 0, "after \(milliseconds) ms: \(report.output)\(report.errors)")
        }
        let deployments = try session.json("history")["deployments"] as? [[String: Any]] ?? []
        #expect(deployments.contains { $0["status"] as? String == "succeeded" })
        #expect(deployments.compactMap { $0["serial"] as? Int } == (1...deployments.count).reversed())
    }
}
