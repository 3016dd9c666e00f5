import Foundation
import TestSupport
import Testing

/// Several machines with one state.
@Suite struct `A team` {
    @Test func `a new machine has the whole history after one sync, and what both deploy comes together`() async throws {
        let team = try await Team()
        let (ada, grace, share) = (try team.machine(isShared: false), team.grace, team.share)
        #expect(try ada.pipeplan("apply shop --auto-approve").status == 0)
        let shared = try ada.pipeplan("state share \(share.path)")
        #expect(shared.output == "shop: 2 sent\n" && shared.status == 0, "\(shared.errors)")
        #expect(try ada.folder.read("stacks/pipeplan.yml") == "share: \"\(share.path)\"\n")

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
        try team.expectSameAndNoSecret()

        #expect(try grace.pipeplan("state unshare").status == 0)
        #expect(try grace.folder.read("stacks/pipeplan.yml") == "region: us-east-1\n")
        #expect(try grace.pipeplan("state sync").status == 4)
    }

    @Test func `while the share can't be reached nothing is deployed, and what is recorded can be read`() async throws {
        let team = try await Team()
        let ada = team.ada
        try team.begin()
        try team.takeShareAway()
        try ada.edit("stacks/shop/template.yml", replacing: "one", with: "two")
        let refused = try ada.pipeplan("apply shop --auto-approve")
        #expect(refused.status == 3 && refused.errors.contains("Nothing was done"), "\(refused.errors)")
        #expect(try ada.pipeplan("plan shop --detailed-exitcode").status == 2)
        #expect(try ada.pipeplan("history").output.contains("succeeded"))
        try team.bringShareBack()
        #expect(try ada.pipeplan("apply shop --auto-approve").status == 0)
        try team.expectSameAndNoSecret()
    }

    @Test func `what failed under somebody who is gone is told, and nothing else is begun`() async throws {
        let team = try await Team(leaseSeconds: 2)
        let (ada, grace) = (team.ada, team.grace)
        #expect(try ada.pipeplan("state share \(team.share.path)").status == 0)
        try team.setFaults(
            #"{"resourceSeconds": {"*": 2}, "resources": [{"logicalId": "Topic", "on": "create", "message": "no more topics"}]}"#)
        let killed = try ada.start("apply shop --auto-approve")
        try killed.wait(for: " Topic  AWS::SNS::Topic")
        killed.send(signal: SIGKILL)
        _ = try killed.end()
        let next = try grace.pipeplan("apply shop --auto-approve --lock-timeout 60")
        #expect(next.status == 1 && next.errors.contains("What was under way for shop has failed meanwhile"), "\(next.errors)")
        #expect(next.errors.contains("no more topics"), "\(next.errors)")
        #expect(try grace.history() == ["create rolled-back"])
        try team.setFaults("{}")
        let again = try grace.pipeplan("apply shop --auto-approve")
        #expect(again.status == 0, "\(again.errors)")
        try team.expectSameAndNoSecret()
    }

    @Test func `drift that one has found and accepted is known to the others`() async throws {
        let team = try await Team()
        let (ada, grace) = (team.ada, team.grace)
        try team.begin()
        let edited = try ada.pipeplan("sandbox edit shop Topic DisplayName=edited", environment: ["PIPEPLAN_STATE": team.sandbox.path])
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
        try team.expectSameAndNoSecret()
    }

    @Test func `a plan that somebody else's deployment came before is stale once the lease is held, and nothing is begun`() async throws {
        let team = try await Team()
        let (ada, grace) = (team.ada, team.grace)
        try team.begin()
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
        try team.expectSameAndNoSecret()
    }

    @Test func `a holder whose lease was ended executes nothing, and takes its change set back`() async throws {
        let team = try await Team()
        let (ada, grace) = (team.ada, team.grace)
        try team.begin()
        try grace.edit("stacks/shop/template.yml", replacing: "one", with: "two")
        // Long enough for two commands on a busy machine.
        try team.setFaults(#"{"requests": [{"action": "DescribeChangeSet", "kind": "late", "seconds": 20}]}"#)
        let program = try grace.start("apply shop --auto-approve")
        try program.wait(for: "change set created")
        let lease = try #require((try ada.json("state lease show shop")["leases"] as? [[String: Any]])?.first)
        let id = try #require(lease["id"] as? String)
        #expect(try ada.pipeplan("state lease release shop --force --id \(id)").status == 0)
        try team.setFaults("{}")
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
        try team.expectSameAndNoSecret()
    }

    @Test func `changes of the record itself reach the others`() async throws {
        let team = try await Team()
        let (ada, grace) = (team.ada, team.grace)
        try team.begin()
        let moved = try grace.pipeplan("state mv shop store")
        #expect(moved.status == 0, "\(moved.errors)")
        #expect(try ada.pipeplan("state pull").output == "shop: 2 received\nstore: 2 received\n")
        #expect(try ada.pipeplan("state list").output == (try grace.pipeplan("state list").output))
        #expect(try ada.pipeplan("state verify").status == 0)
        try team.expectSameAndNoSecret()
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
