import Foundation
import TestSupport
import Testing

/// Several processes with one state folder, and a state folder that nobody can write.
@Suite struct `One machine` {
    private let cloud: TemporaryFolder
    private let server: RunningServer
    private let session: Session

    init() async throws {
        let cloud = try TemporaryFolder()
        self.cloud = cloud
        server = try await inBackground { try RunningServer.sandbox(folder: cloud.path) }
        session = try Session(endpoint: server.endpoint)
        for stack in ["shop", "other"] {
            try session.folder.write("region: us-east-1\n", to: "stacks/\(stack)/stack.yml")
            try write("one", stack)
        }
    }

    private func write(_ label: String, _ stack: String) throws {
        try session.folder.write(
            "Resources:\n  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: \(label)}}\n", to: "stacks/\(stack)/template.yml")
    }

    @Test func `a second apply of a stack is told who is at it, another stack goes on, and readers read`() async throws {
        #expect(try session.pipeplan("apply shop --auto-approve").status == 0)
        try write("two", "shop")
        // Long enough for all that follows on a busy machine; only this stack's topic is that slow.
        try cloud.write(#"{"resourceSeconds": {"*": 20}}"#, to: "faults.json")
        let first = try session.start("apply shop --auto-approve")
        try first.wait(for: " Topic  AWS::SNS::Topic")
        try cloud.write("{}", to: "faults.json")

        let process = try #require(try session.json("history")["deployments"] as? [[String: Any]]).first
        let since = try #require(process?["startedAt"] as? String)
        for line in ["apply shop --auto-approve", "destroy shop --auto-approve"] {
            let second = try session.pipeplan(line)
            #expect(second.status == 3, "\(line): \(second.output)\(second.errors)")
            for part in ["tester", "began deployment 2", "process \(first.identifier)", String(since.prefix(19)), "apply shop"] {
                #expect(second.errors.contains(part), "\(line): \(part) is not in \(second.errors)")
            }
        }
        let other = try session.pipeplan("apply other --auto-approve")
        #expect(other.status == 0, "\(other.errors)")
        for line in ["plan shop", "history", "history show shop", "state show shop", "state list", "state verify", "outputs shop"] {
            let read = try session.pipeplan(line)
            #expect(read.status == 0, "\(line): \(read.errors)")
        }
        #expect(try session.pipeplan("history shop").output.contains("in-progress"))
        let restored = try session.pipeplan("state backup copy.sqlite")
        #expect(restored.status == 0)
        #expect(try session.pipeplan("state restore copy.sqlite --force").status == 3, "while it is under way")

        #expect(try first.end().status == 0)
        #expect(try session.history() == ["create succeeded", "update succeeded", "create succeeded"])
        #expect(try session.pipeplan("state verify").status == 0)
    }

    @Test func `many that apply at once leave one log without a gap`() async throws {
        #expect(try session.pipeplan("apply shop --auto-approve").status == 0)
        let programs = try (0..<4).map { number in
            try write("round-\(number)", "shop")
            return try session.start("apply \(number % 2 == 0 ? "shop" : "other") --auto-approve")
        }
        for program in programs {
            let status = try program.end().status
            #expect([0, 3].contains(status))
        }
        let verified = try session.pipeplan("state verify")
        #expect(verified.status == 0, "\(verified.output)")
        #expect(try session.pipeplan("apply shop other --auto-approve").status == 0)
        #expect(try session.pipeplan("plan --detailed-exitcode").status == 0)
    }

    // MARK: Where nothing may be written

    /// Runs a command with the project on a read-only mount, in a namespace of its own, which goes away with it.
    private func readOnly(_ line: String, endpoint: String? = nil) throws -> ProcessResult {
        let mount = "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" && cd \"$0\" && exec \"$@\""
        return try run(
            "/usr/bin/env",
            ["unshare"] + Self.unshare + ["sh", "-c", mount, session.folder.path, Repository.program]
                + line.split(separator: " ").map(String.init),
            in: session.folder.path,
            environment: session.surroundings.merging(endpoint.map { ["AWS_ENDPOINT_URL": $0] } ?? [:]) { _, given in given })
    }

    private static let unshare = geteuid() == 0 ? ["-m"] : ["-rm"]

    /// Whether this user may make a mount that nobody else sees.
    private static let canMount: Bool = {
        guard let folder = try? TemporaryFolder() else { return false }
        let script = "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" && ! touch \"$0/file\""
        let result = try? run("/usr/bin/env", ["unshare"] + unshare + ["sh", "-c", script, folder.path], in: "/")
        return result?.status == 0
    }()

    @Test(.enabled(if: canMount, "a read-only mount takes Linux and either root or user namespaces, which this machine does not allow"))
    func `a database on a read-only file system is read, and nothing is deployed from there`() throws {
        #expect(try session.pipeplan("apply shop --auto-approve").status == 0)
        try write("two", "shop")
        let before = try session.folder.contents()
        for (line, text) in [
            ("plan shop", "DisplayName"), ("history", "succeeded"), ("history show shop", "CREATE_COMPLETE"), ("state list", "shop"),
            ("state show shop/Topic", "\"one\""), ("state verify", "Sound"), ("outputs", "no outputs"), ("history blame shop", "Topic"),
            ("history export", "pipeplan-history"),
        ] {
            let read = try readOnly(line)
            #expect(read.status == 0 && read.output.contains(text), "\(line): \(read.output)\(read.errors)")
        }
        // Nobody listens there: whoever asked AWS first would tell of that.
        for line in ["apply shop --auto-approve", "destroy shop --auto-approve", "drift shop", "state rm shop --auto-approve", "state gc"] {
            let refused = try readOnly(line, endpoint: "http://127.0.0.1:9")
            #expect(refused.status == 1, "\(line): \(refused.output)\(refused.errors)")
            #expect(refused.errors.contains("state/pipeplan.sqlite can't be written to"), "\(line): \(refused.errors)")
            #expect(refused.errors.contains("Read-only file system"), "\(line): \(refused.errors)")
        }
        #expect(try session.folder.contents() == before)
    }
}
