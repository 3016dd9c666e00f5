import Foundation
import TestSupport
import Testing

/// What somebody changes by hand: found, shown in plans, put right, and remembered.
@Suite(.serialized) struct `The story of a drift` {
    private static let template = """
        Resources:
          Orders:
            Type: AWS::SNS::Topic
            Properties:
              TopicName: orders
              DisplayName: hello   # what people see
          Pointer: {Type: AWS::SSM::Parameter, Properties: {Type: String, Name: /pipeplan/pointer, Value: one}}
          Files: {Type: AWS::S3::Bucket, Properties: {BucketName: pipeplan-drift-files}}
        """

    private func statuses(_ report: [String: Any]) -> [String] {
        let stack = (report["stacks"] as? [[String: Any]])?.first ?? [:]
        let resources = stack["resources"] as? [[String: Any]] ?? []
        return resources.map { "\($0["logicalId"] ?? "") \($0["status"] ?? "")" }.filter { !$0.hasSuffix("IN_SYNC") }
            + ["\(stack["status"] ?? "")"]
    }

    private func episodes(_ session: Session) throws -> [String] {
        let episodes = try session.json("history drift shop")["episodes"] as? [[String: Any]] ?? []
        return episodes.map { "\($0["logicalId"] ?? "") \($0["status"] ?? "") \($0["end"] ?? "")" }.sorted()
    }

    private func prepare(_ session: Session) throws {
        try session.folder.write(Self.template, to: "stacks/shop/template.yml")
        try session.folder.write("region: us-east-1\n", to: "stacks/shop/stack.yml")
        let created = try session.pipeplan("apply shop --auto-approve")
        #expect(created.status == 0, "\(created.errors)")
        #expect(try statuses(session.json("drift shop")) == ["IN_SYNC"])
    }

    @Test func `in the sandbox`() throws {
        let session = try Session()
        try prepare(session)
        #expect(try session.pipeplan("sandbox edit shop Orders DisplayName=edited").status == 0)
        #expect(try session.pipeplan("sandbox delete-resource shop Pointer").status == 0)

        let found = try session.pipeplan("drift shop --detailed-exitcode")
        #expect(found.status == 2, "\(found.errors)")
        #expect(found.output.contains(#"~ DisplayName: "hello" → "edited""#) && found.output.contains("1 modified, 1 deleted; 1 in sync"))
        let planned = try session.pipeplan("plan shop --detailed-exitcode")
        #expect(planned.status == 0)
        #expect(planned.output.contains("2 drifted resources this plan leaves as they are: Orders, Pointer"), "\(planned.output)")
        try session.edit("stacks/shop/template.yml", replacing: "hello", with: "welcome")
        #expect(
            try session.pipeplan("plan shop").output.contains(
                #"Orders.DisplayName: the live value is "edited", recorded "hello", you want "welcome""#))
        try session.edit("stacks/shop/template.yml", replacing: "welcome", with: "hello")

        let reverted = try session.pipeplan("apply shop --revert-drift --auto-approve")
        #expect(reverted.status == 0, "\(reverted.errors)")
        #expect(reverted.output.contains(#"~ DisplayName: "edited" → "hello"  # by drift"#), "\(reverted.output)")
        #expect(reverted.errors.contains("In sync: shop has no drift any more."), "\(reverted.errors)")
        #expect(try statuses(session.json("drift shop")) == ["IN_SYNC"])
        #expect(try episodes(session) == ["Orders MODIFIED put-right", "Pointer DELETED put-right"])
        #expect(try session.pipeplan("history drift shop").output.contains("put right by deployment 2"))
        #expect(try session.pipeplan("plan shop --detailed-exitcode").status == 0)
    }

    @Test func `on MiniStack, by other clients`() throws {
        let server = try RunningServer.miniStack()
        let session = try Session(endpoint: server.endpoint)
        try prepare(session)
        try server.python(
            """
            topic = client('sns').list_topics()['Topics'][0]['TopicArn']
            client('sns').set_topic_attributes(TopicArn=topic, AttributeName='DisplayName', AttributeValue='edited')
            client('ssm').delete_parameter(Name='/pipeplan/pointer')
            """)
        #expect(try statuses(session.json("drift shop")) == ["Orders MODIFIED", "Pointer DELETED", "DRIFTED"])
        #expect(try session.pipeplan("drift shop --offline --detailed-exitcode").status == 2)

        // It knows no drift-aware change sets and makes a usual one, in which nothing changes.
        let passedOver = try session.pipeplan("apply shop --revert-drift --auto-approve")
        #expect(passedOver.status == 1)
        #expect(passedOver.errors.contains("Drift has stayed in shop"), "\(passedOver.errors)")

        let adopted = try session.pipeplan("drift adopt shop --auto-approve")
        #expect(adopted.status == 0, "\(adopted.errors)")
        #expect(adopted.output.contains("-      DisplayName: hello   # what people see"), "\(adopted.output)")
        #expect(try session.folder.read("stacks/shop/template.yml").contains("DisplayName: edited   # what people see"))
        #expect(
            try session.pipeplan("plan shop").output.contains(
                #"Orders.DisplayName: the live value is "edited", recorded "hello", you want "edited""#))
        #expect(try session.pipeplan("apply shop --auto-approve").status == 0)
        try server.python("client('ssm').put_parameter(Name='/pipeplan/pointer', Value='one', Type='String')")
        #expect(try statuses(session.json("drift shop")) == ["IN_SYNC"])
        #expect(try episodes(session) == ["Orders MODIFIED put-right", "Pointer DELETED put-right"])
    }

    @Test func `an update by others is told with its template, and their stack's end too`() throws {
        let server = try RunningServer.miniStack()
        let session = try Session(endpoint: server.endpoint)
        try prepare(session)
        try server.python(
            """
            import time
            time.sleep(2.1)
            cloudformation = client('cloudformation')
            template = cloudformation.get_template(StackName='shop')['TemplateBody']
            cloudformation.update_stack(StackName='shop', TemplateBody=template.replace('DisplayName: hello', 'DisplayName: theirs'))
            cloudformation.get_waiter('stack_update_complete').wait(StackName='shop')
            """)
        let changed = try session.pipeplan("drift shop --detailed-exitcode")
        #expect(changed.status == 2)
        #expect(changed.output.contains("The stack was changed past pipeplan"), "\(changed.output)")
        #expect(changed.output.contains("+      DisplayName: theirs   # what people see"), "\(changed.output)")
        try server.python("client('cloudformation').delete_stack(StackName='shop')")
        let gone = try session.pipeplan("drift shop --detailed-exitcode")
        #expect(gone.status == 2)
        #expect(gone.output.contains("The stack itself is gone"), "\(gone.output)\(gone.errors)")
    }

    @Test func `in nested stacks`() throws {
        let server = try RunningServer.miniStack()
        try server.python("client('s3').create_bucket(Bucket='artifacts')")
        let session = try Session(endpoint: server.endpoint)
        try session.folder.write(
            "Resources:\n  Inner: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: inner.yml}}\n",
            to: "stacks/shop/template.yml")
        try session.folder.write(
            "Resources:\n  Word: {Type: AWS::SSM::Parameter, Properties: {Type: String, Name: /word, Value: one}}\n",
            to: "stacks/shop/inner.yml")
        try session.folder.write("region: us-east-1\nartifacts: artifacts\n", to: "stacks/shop/stack.yml")
        let created = try session.pipeplan("apply shop --auto-approve")
        #expect(created.status == 0, "\(created.errors)")
        #expect(try statuses(session.json("drift shop")) == ["IN_SYNC"])
        try server.python("client('ssm').put_parameter(Name='/word', Value='two', Type='String', Overwrite=True)")
        #expect(try statuses(session.json("drift shop")) == ["Inner/Word MODIFIED", "DRIFTED"])

        // It knows no drift-aware change sets, and what to do instead is told.
        let passedOver = try session.pipeplan("apply shop --revert-drift --auto-approve")
        #expect(passedOver.status == 1)
        #expect(passedOver.output.contains(#"~ Value: "two" → "one"  # by drift"#), "\(passedOver.output)")
        #expect(passedOver.errors.contains(#/create-change-set --region us-east-1 --stack-name arn:\S+shop-Inner/#), "\(passedOver.errors)")

        let adopted = try session.pipeplan("drift adopt shop --auto-approve")
        #expect(adopted.status == 0, "\(adopted.errors)")
        #expect(try session.folder.read("stacks/shop/inner.yml").contains("Value: two}"), "\(adopted.output)")
        #expect(try session.pipeplan("plan shop --online --out reviewed.plan").status == 0)
        #expect(try session.pipeplan("apply reviewed.plan").status == 0)
        #expect(try statuses(session.json("drift shop")) == ["IN_SYNC"])
    }

    @Test func `of 500 resources 120 have drifted, and all are read and told`() throws {
        let session = try Session()
        let resources = (0..<500).map { "  T\($0): {Type: AWS::SNS::Topic, Properties: {DisplayName: d\($0)}}" }
        try session.folder.write("Resources:\n" + resources.joined(separator: "\n") + "\n", to: "stacks/shop/template.yml")
        try session.folder.write("region: us-east-1\n", to: "stacks/shop/stack.yml")
        let created = try session.pipeplan("apply shop --auto-approve")
        #expect(created.status == 0, "\(created.errors.suffix(500))")
        for number in 0..<118 { #expect(try session.pipeplan("sandbox edit shop T\(number * 4) DisplayName=edited").status == 0) }
        for number in [1, 499] { #expect(try session.pipeplan("sandbox delete-resource shop T\(number)").status == 0) }
        let report = try session.json("drift shop")
        let stack = (report["stacks"] as? [[String: Any]])?.first ?? [:]
        let summary = stack["summary"] as? [String: Int] ?? [:]
        #expect(summary == ["modified": 118, "deleted": 2, "inSync": 380, "notChecked": 0, "ignored": 0, "accepted": 0])
        #expect((stack["resources"] as? [[String: Any]])?.count == 500)
    }
}
