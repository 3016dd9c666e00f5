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

    private struct Away {
        let share: TemporaryFolder

        func take() throws { try FileManager.default.moveItem(atPath: share.path, toPath: share.path + ".away") }
        func bringBack() throws { try FileManager.default.moveItem(atPath: share.path + ".away", toPath: share.path) }
    }

    private func deployments(_ session: Session) throws -> [[String: Any]] {
        try session.json("history")["deployments"] as? [[String: Any]] ?? []
    }

    @Test func `where the project allows it, a stack is deployed without the share, and published behind what others did`() async throws {
        let sandbox = try TemporaryFolder()
        let cloud = try await inBackground { try RunningServer.sandbox(folder: sandbox.path) }
        let share = try TemporaryFolder()
        let away = Away(share: share)
        let (ada, grace) = (try machine(cloud.endpoint, share: share.path), try machine(cloud.endpoint, share: share.path))
        #expect(try ada.pipeplan("state share \(share.path)").status == 0)
        #expect(try ada.pipeplan("apply shop --auto-approve").status == 0)
        #expect(try grace.pipeplan("state sync").status == 0)

        try away.take()
        try grace.edit("stacks/shop/template.yml", replacing: "one", with: "two")
        let forbidden = try grace.pipeplan("apply shop --auto-approve --offline-ok")
        #expect(forbidden.status == 3 && forbidden.errors.contains("`offlineOk: true` in stacks/pipeplan.yml"), "\(forbidden.errors)")
        try grace.edit("stacks/pipeplan.yml", replacing: "region:", with: "offlineOk: true\nregion:")
        let unasked = try grace.pipeplan("apply shop --auto-approve")
        #expect(unasked.status == 3 && unasked.errors.contains("With --offline-ok"), "\(unasked.errors)")
        let applied = try grace.pipeplan("apply shop --auto-approve --offline-ok")
        #expect(applied.status == 0 && applied.errors.contains("can't be reached"), "\(applied.errors)")
        let offline = try #require(try deployments(grace).first)
        let id = try #require(offline["offlineId"] as? String)
        #expect(UUID(uuidString: id) != nil && offline["published"] as? Bool == false && offline["serial"] as? Int == 2)
        #expect(try grace.pipeplan("history").output.contains("succeeded, not published"))
        #expect(try grace.pipeplan("history show shop").output.contains("\(id), not published"))
        let plan = try grace.pipeplan("plan shop --detailed-exitcode")
        #expect(plan.status == 0 && plan.errors.contains("Not published yet: deployment \(id) of shop"), "\(plan.errors)")
        #expect(try grace.pipeplan("state verify").status == 0)
        // State edits are for everybody to know at once.
        #expect(try grace.pipeplan("state mv shop store").status == 3)

        try away.bringBack()
        try ada.edit("stacks/shop/template.yml", replacing: "one", with: "three")
        // She is told of what is no recorded deployment's, and looks at what CloudFormation would do now.
        let asked = try ada.pipeplan("apply shop --auto-approve")
        #expect(asked.status == 3 && asked.errors.contains("changed past pipeplan"), "\(asked.errors)")
        #expect(try ada.pipeplan("plan shop --online --out three.plan").status == 0)
        let other = try ada.pipeplan("apply three.plan")
        #expect(other.status == 0, "\(other.errors)")
        let synced = try grace.pipeplan("state sync")
        #expect(synced.output == "shop: 4 received\nshop: deployment \(id) published as 4\n", "\(synced.output)\(synced.errors)")
        #expect(synced.errors.contains("It and deployment 3 (tester on "), "\(synced.errors)")
        #expect(synced.errors.contains("CloudFormation did it before"), "\(synced.errors)")
        #expect(try ada.pipeplan("state pull").output == "shop: 2 received\n")
        let history = try ada.pipeplan("history --json").output
        #expect(try grace.pipeplan("history --json").output == history)
        #expect(try ada.pipeplan("plan shop --detailed-exitcode").status == 0)
        for machine in [ada, grace] { #expect(try machine.pipeplan("state verify").status == 0) }
        #expect(try ada.pipeplan("drift shop --detailed-exitcode").status == 0)
        #expect(!(try share.contents().values.contains { $0.range(of: Data(Self.secret.utf8)) != nil }))
        #expect(try grace.filesHolding(Self.secret) == [])
    }

    @Test(arguments: [true, false])
    func `one that was killed is settled offline as well as online, and published`(isOffline: Bool) async throws {
        let sandbox = try TemporaryFolder()
        let cloud = try await inBackground { try RunningServer.sandbox(folder: sandbox.path) }
        let share = try TemporaryFolder()
        let away = Away(share: share)
        let grace = try machine(cloud.endpoint, share: share.path)
        #expect(try grace.pipeplan("state share \(share.path)").status == 0)
        #expect(try grace.pipeplan("apply shop --auto-approve").status == 0)
        try grace.edit("stacks/pipeplan.yml", replacing: "region:", with: "offlineOk: true\nregion:")
        try grace.edit("stacks/shop/template.yml", replacing: "one", with: "two")
        try away.take()
        try sandbox.write(#"{"resourceSeconds": {"*": 2}}"#, to: "faults.json")
        let program = try grace.start("apply shop --auto-approve --offline-ok")
        try program.wait(for: " Topic  AWS::SNS::Topic")
        program.send(signal: SIGKILL)
        #expect(try program.end().status == 128 + SIGKILL)
        let id = try #require(try deployments(grace).first?["offlineId"] as? String)
        #expect(try grace.pipeplan("resume shop").status == 3)
        if isOffline {
            let resumed = try grace.pipeplan("resume shop --offline-ok")
            #expect(resumed.status == 0, "\(resumed.errors)")
            #expect(try deployments(grace).first?["published"] as? Bool == false)
        }
        try away.bringBack()
        if !isOffline { #expect(try grace.pipeplan("state sync").errors.contains("`pipeplan resume shop` settles it")) }
        let published = try grace.pipeplan(isOffline ? "state push" : "resume shop")
        #expect(published.status == 0, "\(published.errors)")
        let last = try #require(try deployments(grace).first)
        #expect(last["offlineId"] as? String == id && last["published"] as? Bool == true && last["serial"] as? Int == 2)
        #expect(last["status"] as? String == "succeeded")
        let ada = try machine(cloud.endpoint, share: share.path)
        #expect(try ada.pipeplan("state sync").output == "shop: 4 received\n")
        let history = try grace.pipeplan("history --json").output
        #expect(try ada.pipeplan("history --json").output == history)
        #expect(try grace.pipeplan("state verify").status == 0)
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

    @Test func `a plan that somebody else's deployment came before is stale once the lease is held, and nothing is begun`() async throws {
        let sandbox = try TemporaryFolder()
        let cloud = try await inBackground { try RunningServer.sandbox(folder: sandbox.path) }
        let share = try TemporaryFolder()
        let (ada, grace) = (try machine(cloud.endpoint, share: share.path), try machine(cloud.endpoint, share: share.path))
        #expect(try ada.pipeplan("state share \(share.path)").status == 0)
        #expect(try ada.pipeplan("apply shop --auto-approve").status == 0)
        try ada.edit("stacks/shop/template.yml", replacing: "one", with: "two")
        try grace.edit("stacks/shop/template.yml", replacing: "one", with: "three")
        // Between her plan and her lease.
        try grace.folder.write("cd \(ada.folder.path) && exec \(Repository.program) apply shop --auto-approve\n", to: "meanwhile.sh")
        try grace.edit("stacks/shop/stack.yml", replacing: "region:", with: "hooks: {before: {apply: sh meanwhile.sh}}\nregion:")
        let stale = try grace.pipeplan("apply shop --auto-approve")
        #expect(stale.status == 3 && stale.errors.contains("The plan of shop is stale"), "\(stale.output)\(stale.errors)")
        #expect(stale.errors.contains("made against deployment 1, but the stack is now as deployment 2 left it"), "\(stale.errors)")
        #expect(try grace.history() == ["update succeeded", "create succeeded"])
        #expect(try ada.pipeplan("drift shop --detailed-exitcode").status == 0)
    }

    @Test func `a holder whose lease was ended executes nothing, and takes its change set back`() async throws {
        let sandbox = try TemporaryFolder()
        let cloud = try await inBackground { try RunningServer.sandbox(folder: sandbox.path) }
        let share = try TemporaryFolder()
        let (ada, grace) = (try machine(cloud.endpoint, share: share.path), try machine(cloud.endpoint, share: share.path))
        #expect(try ada.pipeplan("state share \(share.path)").status == 0)
        #expect(try ada.pipeplan("apply shop --auto-approve").status == 0)
        try grace.edit("stacks/shop/template.yml", replacing: "one", with: "two")
        // Long enough for two commands on a busy machine.
        try sandbox.write(#"{"requests": [{"action": "DescribeChangeSet", "kind": "late", "seconds": 20}]}"#, to: "faults.json")
        let program = try grace.start("apply shop --auto-approve")
        try program.wait(for: "change set created")
        let lease = try #require((try ada.json("state lease show shop")["leases"] as? [[String: Any]])?.first)
        let id = try #require(lease["id"] as? String)
        #expect(try ada.pipeplan("state lease release shop --force --id \(id)").status == 0)
        try sandbox.write("{}", to: "faults.json")
        let fenced = try program.end()
        #expect(fenced.status != 0 && fenced.errors.contains("The lease 2 of shop is not held any more"), "\(fenced.errors)")
        #expect(fenced.errors.contains("released by force"), "\(fenced.errors)")
        // Somebody settles what was begun, and the stack is as it was.
        let settled = try ada.pipeplan("apply shop --auto-approve")
        #expect(settled.status == 0, "\(settled.output)\(settled.errors)")
        #expect(try ada.pipeplan("drift shop --detailed-exitcode").status == 0)
        #expect(try grace.pipeplan("state sync").status == 0)
        let history = try ada.history()
        #expect(history.count == 2 && history[1] == "create succeeded" && history[0] != "update succeeded", "\(history)")
        #expect(try grace.history() == history)
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
