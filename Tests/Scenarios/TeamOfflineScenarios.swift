import Foundation
import TestSupport
import Testing

/// What a team does while its share can't be reached.
@Suite struct `A team without its share` {
    private func allowOffline(_ session: Session) throws {
        try session.edit("stacks/pipeplan.yml", replacing: "region:", with: "offlineOk: true\nregion:")
    }

    private func deployments(_ session: Session) throws -> [[String: Any]] {
        try session.json("history")["deployments"] as? [[String: Any]] ?? []
    }

    @Test func `where the project allows it, a stack is deployed without the share, and published behind what others did`() async throws {
        let team = try await Team()
        let (ada, grace) = (team.ada, team.grace)
        try team.begin()

        try team.takeShareAway()
        try grace.edit("stacks/shop/template.yml", replacing: "one", with: "two")
        let forbidden = try grace.pipeplan("apply shop --auto-approve --offline-ok")
        #expect(forbidden.status == 3 && forbidden.errors.contains("`offlineOk: true` in stacks/pipeplan.yml"), "\(forbidden.errors)")
        try allowOffline(grace)
        let unasked = try grace.pipeplan("apply shop --auto-approve")
        #expect(unasked.status == 3 && unasked.errors.contains("With --offline-ok"), "\(unasked.errors)")
        let applied = try grace.pipeplan("apply shop --auto-approve --offline-ok")
        #expect(applied.status == 0 && applied.errors.contains("can't be reached"), "\(applied.errors)")
        let offline = try #require(try deployments(grace).first)
        let id = try #require(offline["offlineId"] as? String)
        #expect(UUID(uuidString: id) != nil && offline["published"] as? Bool == false && offline["serial"] as? Int == 2)
        #expect(try grace.pipeplan("history").output.contains("succeeded, not published"))
        #expect(try grace.pipeplan("history show shop").output.contains("\(id), not published"))
        #expect(try grace.pipeplan("state list").output.contains("2, not published"))
        #expect(try grace.pipeplan("state verify").output.contains("2, not published"))
        #expect((try grace.json("state list")["stacks"] as? [[String: Any]])?.first?["published"] as? Bool == false)
        #expect((try grace.json("state verify")["heads"] as? [[String: Any]])?.first?["published"] as? Bool == false)
        let plan = try grace.pipeplan("plan shop --detailed-exitcode")
        #expect(plan.status == 0 && plan.errors.contains("Not published yet: deployment \(id) of shop"), "\(plan.errors)")
        #expect(try grace.pipeplan("state verify").status == 0)
        // State edits are for everybody to know at once.
        #expect(try grace.pipeplan("state mv shop store").status == 3)

        try team.bringShareBack()
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
        #expect(try ada.pipeplan("plan shop --detailed-exitcode").status == 0)
        #expect(try ada.pipeplan("drift shop --detailed-exitcode").status == 0)
        try team.expectSameAndNoSecret()
    }

    @Test(arguments: [true, false])
    func `one that was killed is settled offline as well as online, and published`(isOffline: Bool) async throws {
        let team = try await Team()
        let (ada, grace) = (team.ada, team.grace)
        try team.begin()
        try allowOffline(grace)
        try grace.edit("stacks/shop/template.yml", replacing: "one", with: "two")
        try team.takeShareAway()
        try team.setFaults(#"{"resourceSeconds": {"*": 2}}"#)
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
        try team.bringShareBack()
        if !isOffline { #expect(try grace.pipeplan("state sync").errors.contains("`pipeplan resume shop` settles it")) }
        let published = try grace.pipeplan(isOffline ? "state push" : "resume shop")
        #expect(published.status == 0, "\(published.errors)")
        let last = try #require(try deployments(grace).first)
        #expect(last["offlineId"] as? String == id && last["published"] as? Bool == true && last["serial"] as? Int == 2)
        #expect(last["status"] as? String == "succeeded")
        #expect(try ada.pipeplan("state sync").output == "shop: 2 received\n")
        try team.expectSameAndNoSecret()
    }

    @Test func `a deployment whose outcome the share could not take is told of by every command, and pushed by the next that can`()
        async throws
    {
        let team = try await Team()
        let grace = team.grace
        try team.begin()
        try team.setFaults(#"{"resourceSeconds": {"*": 2}}"#)
        try grace.edit("stacks/shop/template.yml", replacing: "one", with: "two")
        let program = try grace.start("apply shop --auto-approve")
        try program.wait(for: " Topic  AWS::SNS::Topic")
        try team.takeShareAway()
        let applied = try program.end()
        #expect(applied.errors.contains("can't be reached"), "\(applied.output)\(applied.errors)")
        #expect(try grace.history() == ["update succeeded", "create succeeded"])
        for line in ["plan shop", "history", "state list", "outputs shop", "drift shop"] {
            let told = try grace.pipeplan(line)
            #expect(told.errors.contains("Not yet on \(team.share.path): what is recorded of shop"), "\(line): \(told.errors)")
        }
        // Its lease was not given back either: nobody else deploys the stack before it has ended.
        try team.bringShareBack()
        try team.setFaults("{}")
        try grace.edit("stacks/shop/template.yml", replacing: "two", with: "three")
        let next = try grace.pipeplan("apply shop --auto-approve --lock-timeout 120")
        #expect(next.status == 0, "\(next.errors)")
        #expect(!(try grace.pipeplan("plan shop").errors.contains("Not yet on")))
        try team.expectSameAndNoSecret()
        #expect(try team.ada.history() == ["update succeeded", "update succeeded", "create succeeded"])
    }

    @Test func `a stack is imported without the share, and the others have it once it is published`() async throws {
        let team = try await Team()
        let grace = team.grace
        try team.begin()
        try team.cloud.python(
            "client('cloudformation').create_stack(StackName='queue', TemplateBody='{\"Resources\": {\"Queue\": {\"Type\": \"AWS::SQS::Queue\"}}}')"
        )
        try team.takeShareAway()
        #expect(try grace.pipeplan("import queue").status == 3)
        #expect(try grace.pipeplan("import queue --offline-ok").status == 3)
        try allowOffline(grace)
        let imported = try grace.pipeplan("import queue --offline-ok")
        #expect(imported.status == 0 && imported.errors.contains("queue is deployed without it"), "\(imported.output)\(imported.errors)")
        #expect(try grace.pipeplan("plan queue --detailed-exitcode").status == 0)
        #expect(try grace.pipeplan("state list").output.contains("1, not published"))
        try team.bringShareBack()
        let pushed = try grace.pipeplan("state push")
        #expect(pushed.output.contains("queue: deployment ") && pushed.output.contains(" published as 1"), "\(pushed.output)")
        try team.expectSameAndNoSecret()
        #expect(try team.ada.pipeplan("state show queue").output.contains("AWS::SQS::Queue"))
    }

    @Test func `a rollback that failed is continued without the share`() async throws {
        let team = try await Team()
        let grace = team.grace
        try team.begin()
        try allowOffline(grace)
        try grace.edit(
            "stacks/shop/template.yml", replacing: "DisplayName: one}",
            with: "DisplayName: two}\n  Late: {Type: AWS::SQS::Queue, DependsOn: Topic}")
        try team.setFaults(
            #"{"resources": [{"logicalId": "Late", "on": "create", "message": "no"}, {"logicalId": "Topic", "on": "rollback", "message": "no"}]}"#
        )
        try team.takeShareAway()
        let failed = try grace.pipeplan("apply shop --auto-approve --offline-ok")
        #expect(failed.status == 1 && failed.errors.contains("pipeplan recover shop"), "\(failed.output)\(failed.errors)")
        try team.setFaults("{}")
        #expect(try grace.pipeplan("recover shop --auto-approve").status == 3)
        let recovered = try grace.pipeplan("recover shop --auto-approve --offline-ok")
        #expect(recovered.status == 0, "\(recovered.output)\(recovered.errors)")
        try team.bringShareBack()
        #expect(try grace.pipeplan("state sync").status == 0)
        try team.expectSameAndNoSecret()
        #expect(try team.ada.history().first == "rollback succeeded")
        #expect(try team.ada.pipeplan("drift shop --detailed-exitcode").status == 0)
    }
}
