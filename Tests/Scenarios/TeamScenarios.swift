import Foundation
import TestSupport
import Testing

/// Several machines with one state, each a project folder of its own, at one cloud.
@Suite struct `A team` {
    private static let template = """
        Parameters:
          Token: {Type: String, NoEcho: true}
        Resources:
          Topic:
            Type: AWS::SNS::Topic
            Properties: {DisplayName: one}

        """
    private static let secret = "s3cret-of-the-team-0815"

    private func machine(_ endpoint: String, share: String?, leaseSeconds: Int = 30) throws -> Session {
        let session = try Session(
            endpoint: endpoint, environment: ["TOKEN": Self.secret, "PIPEPLAN_LEASE_SECONDS": String(leaseSeconds)])
        try session.folder.write(Self.template, to: "stacks/shop/template.yml")
        try session.folder.write("region: us-east-1\nparameters: {Token: {env: TOKEN}}\n", to: "stacks/shop/stack.yml")
        if let share { try session.folder.write("region: us-east-1\nshare: \(share)\n", to: "stacks/pipeplan.yml") }
        return session
    }

    @Test func `a new machine has the whole history after one sync, and what both deploy comes together`() async throws {
        let sandbox = try TemporaryFolder()
        let cloud = try await inBackground { try RunningServer.sandbox(folder: sandbox.path) }
        let share = try TemporaryFolder()
        let ada = try machine(cloud.endpoint, share: nil)
        #expect(try ada.pipeplan("apply shop --auto-approve").status == 0)
        let shared = try ada.pipeplan("state share \(share.path)")
        #expect(shared.output == "shop: 2 sent\n" && shared.status == 0, "\(shared.errors)")
        #expect(try ada.folder.read("stacks/pipeplan.yml") == "share: \"\(share.path)\"\n")

        let grace = try machine(cloud.endpoint, share: share.path)
        #expect(try grace.pipeplan("plan shop").errors.contains("has not been synced yet"))
        #expect(try grace.pipeplan("state sync").output == "shop: 2 received\n")
        let history = try ada.pipeplan("history --json").output
        #expect(try grace.pipeplan("history --json").output == history)
        #expect(try grace.pipeplan("plan shop --detailed-exitcode").status == 0)
        #expect(try grace.pipeplan("state verify").status == 0)

        try grace.edit("stacks/shop/template.yml", replacing: "one", with: "two")
        #expect(try grace.pipeplan("apply shop --auto-approve").status == 0)
        // What is shown offline is of the last sync; what is deployed is planned against the share.
        let stale = try ada.pipeplan("apply shop --auto-approve")
        #expect(stale.status == 0 && stale.output.contains("two"), "\(stale.output)\(stale.errors)")
        #expect(try grace.pipeplan("state who").output.contains("last deployment 3, succeeded, by tester"))
        let leases = try grace.json("state lease list")
        #expect((leases["leases"] as? [Any])?.isEmpty == true)
        #expect(try grace.pipeplan("state lease release shop --force --id none").status == 4)
        #expect(try grace.pipeplan("state verify").status == 0)
        #expect(!(try share.contents().values.contains { $0.range(of: Data(Self.secret.utf8)) != nil }))

        #expect(try grace.pipeplan("state unshare").status == 0)
        #expect(try grace.folder.read("stacks/pipeplan.yml") == "region: us-east-1\n")
        #expect(try grace.pipeplan("state sync").status == 4)
    }

    @Test func `while the share can't be reached nothing is deployed, and what is recorded can be read`() async throws {
        let sandbox = try TemporaryFolder()
        let cloud = try await inBackground { try RunningServer.sandbox(folder: sandbox.path) }
        let share = try TemporaryFolder()
        let ada = try machine(cloud.endpoint, share: nil)
        #expect(try ada.pipeplan("state share \(share.path)").status == 0)
        #expect(try ada.pipeplan("apply shop --auto-approve").status == 0)
        try FileManager.default.moveItem(atPath: share.path, toPath: share.path + ".away")
        try ada.edit("stacks/shop/template.yml", replacing: "one", with: "two")
        let refused = try ada.pipeplan("apply shop --auto-approve")
        #expect(refused.status == 3 && refused.errors.contains("Nothing was done"), "\(refused.errors)")
        #expect(try ada.pipeplan("plan shop --detailed-exitcode").status == 2)
        #expect(try ada.pipeplan("history").output.contains("succeeded"))
        try FileManager.default.moveItem(atPath: share.path + ".away", toPath: share.path)
        #expect(try ada.pipeplan("apply shop --auto-approve").status == 0)
    }

    @Test func `what failed under somebody who is gone is told, and nothing else is begun`() async throws {
        let sandbox = try TemporaryFolder()
        let cloud = try await inBackground { try RunningServer.sandbox(folder: sandbox.path) }
        let share = try TemporaryFolder()
        let (ada, grace) = (
            try machine(cloud.endpoint, share: share.path, leaseSeconds: 2), try machine(cloud.endpoint, share: share.path)
        )
        #expect(try ada.pipeplan("state share \(share.path)").status == 0)
        try sandbox.write(
            #"{"resourceSeconds": {"*": 2}, "resources": [{"logicalId": "Topic", "on": "create", "message": "no more topics"}]}"#,
            to: "faults.json")
        let killed = try ada.start("apply shop --auto-approve")
        try killed.wait(for: " Topic  AWS::SNS::Topic")
        killed.send(signal: SIGKILL)
        _ = try killed.end()
        let next = try grace.pipeplan("apply shop --auto-approve --lock-timeout 60")
        #expect(next.status == 1 && next.errors.contains("What was under way for shop has failed meanwhile"), "\(next.errors)")
        #expect(next.errors.contains("no more topics"), "\(next.errors)")
        #expect(try grace.history() == ["create rolled-back"])
        try sandbox.write("{}", to: "faults.json")
        let again = try grace.pipeplan("apply shop --auto-approve")
        #expect(again.status == 0, "\(again.errors)")
    }

    @Test func `drift that one has found and accepted is known to the others`() async throws {
        let sandbox = try TemporaryFolder()
        let cloud = try await inBackground { try RunningServer.sandbox(folder: "\(sandbox.path)/sandbox") }
        let share = try TemporaryFolder()
        let (ada, grace) = (try machine(cloud.endpoint, share: share.path), try machine(cloud.endpoint, share: share.path))
        #expect(try ada.pipeplan("state share \(share.path)").status == 0)
        #expect(try ada.pipeplan("apply shop --auto-approve").status == 0)
        #expect(try grace.pipeplan("state sync").status == 0)
        let edited = try ada.pipeplan("sandbox edit shop Topic DisplayName=edited", environment: ["PIPEPLAN_STATE": sandbox.path])
        #expect(edited.status == 0, "\(edited.errors)")
        #expect(try ada.pipeplan("drift shop --detailed-exitcode").status == 2)
        #expect(try grace.pipeplan("drift shop --detailed-exitcode").status == 2)
        // Hers and that of the other one.
        #expect(try grace.pipeplan("history drift shop").output.contains("By 2 reports"))
        let accepted = try ada.pipeplan("drift accept shop Topic --reason known")
        #expect(accepted.status == 0, "\(accepted.errors)")
        #expect(try grace.pipeplan("state sync").status == 0)
        let again = try grace.pipeplan("drift shop --detailed-exitcode")
        #expect(again.status == 0, "\(again.output)\(again.errors)")
        #expect(try grace.pipeplan("state verify").status == 0)
    }

    @Test func `changes of the record itself reach the others`() async throws {
        let sandbox = try TemporaryFolder()
        let cloud = try await inBackground { try RunningServer.sandbox(folder: sandbox.path) }
        let share = try TemporaryFolder()
        let ada = try machine(cloud.endpoint, share: share.path)
        #expect(try ada.pipeplan("state share \(share.path)").status == 0)
        #expect(try ada.pipeplan("apply shop --auto-approve").status == 0)
        let grace = try machine(cloud.endpoint, share: share.path)
        #expect(try grace.pipeplan("state sync").status == 0)
        let moved = try grace.pipeplan("state mv shop store")
        #expect(moved.status == 0, "\(moved.errors)")
        #expect(try ada.pipeplan("state pull").output == "shop: 2 received\nstore: 2 received\n")
        #expect(try ada.pipeplan("state list").output == (try grace.pipeplan("state list").output))
        #expect(try ada.pipeplan("state verify").status == 0)
    }

    @Test func `the bucket for a share is made by the stack state-share, and holds one at once`() async throws {
        let cloud = try await SharedServer.miniStack.running()
        let session = try Session(stacks: ["state-share"], endpoint: cloud.endpoint)
        let applied = try session.pipeplan("apply state-share --auto-approve")
        #expect(applied.status == 0, "\(applied.errors)")
        let place = try session.pipeplan("outputs state-share Share").output.trimmingCharacters(in: .whitespacesAndNewlines)
        let shared = try session.pipeplan("state share \(place)")
        #expect(shared.output == "state-share: 2 sent\n", "\(shared.errors)")
        #expect(try session.pipeplan("state sync --all").output.hasPrefix("Nothing new"))
        #expect(try session.pipeplan("validate state-share --lint").status == 0)
    }

    @Test(arguments: ["--share directory --kill 0.4", "--share moto --fault reset-after", "--share ministack --fault twice"])
    func `processes that deploy the same stacks at once leave one history without a gap, killed or not`(how: String) async throws {
        let arguments =
            ["-B", "\(Repository.root)/scripts/contention", "--program", Repository.program, "--processes", "3", "--applies", "2"]
            + ["--stacks", "2", "--lease-seconds", "5"] + how.split(separator: " ").map(String.init)
        let result = try await inBackground { try run(Repository.python("python"), arguments, in: Repository.root) }
        #expect(result.status == 0, "\(result.output)\(result.errors)")
    }
}
