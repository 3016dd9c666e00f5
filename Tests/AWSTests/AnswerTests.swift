import Foundation
import Model
import Testing

@testable import AWS

/// Answers in the form CloudFormation gives them, read into whole values.
@Suite struct AnswerTests {
    /// A client that gets the given results of `action`, one after the other.
    private func client(_ action: String, _ results: String...) throws -> (CloudFormationClient, Collector<HTTPRequest>) {
        let requests = Collector<HTTPRequest>()
        let transport = HTTPTransport { request in
            requests.add(request)
            let result = results[min(requests.items.count, results.count) - 1]
            return .xml(
                """
                <\(action)Response xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><\(action)Result>
                \(result)</\(action)Result><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></\(action)Response>
                """)
        }
        return (try stubbedSession(transport).cloudFormation(), requests)
    }

    private func pageTokens(_ requests: Collector<HTTPRequest>) -> [String] {
        requests.items.map {
            String(decoding: $0.body, as: UTF8.self).split(separator: "NextToken=").dropFirst().first.map(String.init) ?? ""
        }
    }

    @Test func `a change set is read whole, over all its pages`() async throws {
        let (client, requests) = try client(
            "DescribeChangeSet",
            """
            <ChangeSetName>c</ChangeSetName><ChangeSetId>arn:c</ChangeSetId><StackId>arn:s</StackId><StackName>s</StackName>
            <Status>CREATE_COMPLETE</Status><ExecutionStatus>AVAILABLE</ExecutionStatus><StatusReason/><Surprise><member>x</member></Surprise>
            <Changes><member><Type>Resource</Type><ResourceChange><Action>Modify</Action><LogicalResourceId>Topic</LogicalResourceId>
            <PhysicalResourceId>arn:t</PhysicalResourceId><ResourceType>AWS::SNS::Topic</ResourceType><Replacement>True</Replacement>
            <PolicyAction>ReplaceAndDelete</PolicyAction><Scope><member>Properties</member></Scope><Details><member>
            <Target><Attribute>Properties</Attribute><Name>TopicName</Name><Path>/Properties/TopicName</Path>
            <RequiresRecreation>Always</RequiresRecreation><BeforeValue>a</BeforeValue><AfterValue></AfterValue>
            <AttributeChangeType>Modify</AttributeChangeType></Target><Evaluation>Static</Evaluation>
            <ChangeSource>ParameterReference</ChangeSource><CausingEntity>Name</CausingEntity></member></Details></ResourceChange></member></Changes>
            <NextToken>page 2</NextToken>
            """,
            """
            <Status>CREATE_COMPLETE</Status><Changes><member><Type>Resource</Type><ResourceChange><Action>Add</Action>
            <LogicalResourceId>Nested</LogicalResourceId><ResourceType>AWS::CloudFormation::Stack</ResourceType><Scope/><Details/>
            <ChangeSetId>arn:n</ChangeSetId></ResourceChange></member></Changes>
            """)
        let expected = ChangeSet(
            id: "arn:c", name: "c", stackID: "arn:s", stackName: "s", status: "CREATE_COMPLETE", executionStatus: "AVAILABLE",
            changes: [
                ResourceChange(
                    action: .modify, logicalID: "Topic", physicalID: "arn:t", type: "AWS::SNS::Topic", replacement: .yes,
                    policyAction: .replaceAndDelete, scope: ["Properties"],
                    details: [
                        ChangeDetail(
                            attribute: "Properties", name: "TopicName", path: "/Properties/TopicName", recreation: .always,
                            beforeValue: "a", afterValue: "", attributeChangeType: "Modify", evaluation: .static,
                            source: .parameterReference, causingEntity: "Name")
                    ]),
                ResourceChange(action: .add, logicalID: "Nested", type: "AWS::CloudFormation::Stack", nestedChangeSetID: "arn:n"),
            ])
        #expect(try await client.describeChangeSet("c", stack: "s") == expected)
        #expect(pageTokens(requests) == ["", "page+2"])
    }

    @Test(arguments: ["<Action>Explode</Action>", "<Action>Modify</Action><Replacement>Perhaps</Replacement>", ""])
    func `a change that is not understood is not left out`(_ members: String) async throws {
        let (client, _) = try client(
            "DescribeChangeSet",
            """
            <Status>CREATE_COMPLETE</Status><Changes><member><ResourceChange>\(members)
            <LogicalResourceId>A</LogicalResourceId></ResourceChange></member></Changes>
            """)
        let error = await #expect(throws: TransportError.self) { try await client.describeChangeSet("c") }
        #expect(error?.kind == .unreadable)
    }

    @Test func `a page that follows itself ends the reading`() async throws {
        let (client, requests) = try client("ListExports", "<Exports/><NextToken>same</NextToken>")
        await #expect(throws: TransportError.self) { try await client.listExports() }
        #expect(requests.items.count == 2)
    }

    @Test func `a stack is read whole`() async throws {
        let (client, _) = try client(
            "DescribeStacks",
            """
            <Stacks><member><StackId>arn:s</StackId><StackName>s</StackName><StackStatus>UPDATE_COMPLETE</StackStatus>
            <CreationTime>2026-01-31T11:00:00.500Z</CreationTime><LastUpdatedTime>2026-01-31T12:00:00Z</LastUpdatedTime>
            <Parameters><member><ParameterKey>Token</ParameterKey><ParameterValue>****</ParameterValue></member>
            <member><ParameterKey>Empty</ParameterKey><ParameterValue/></member></Parameters>
            <Outputs><member><OutputKey>Url</OutputKey><OutputValue>https://x</OutputValue><Description>d</Description><ExportName>e</ExportName></member></Outputs>
            <Tags><member><Key>team</Key><Value>x</Value></member></Tags><Capabilities><member>CAPABILITY_IAM</member></Capabilities>
            <NotificationARNs><member>arn:n</member></NotificationARNs><RoleARN>arn:r</RoleARN><ChangeSetId>arn:c</ChangeSetId>
            <EnableTerminationProtection>true</EnableTerminationProtection>
            <DriftInformation><StackDriftStatus>IN_SYNC</StackDriftStatus></DriftInformation></member></Stacks>
            """)
        let expected = StackDescription(
            stackID: "arn:s", stackName: "s", status: "UPDATE_COMPLETE", createdAt: noon.addingTimeInterval(-3599.5),
            updatedAt: noon,
            parameters: ["Token": "****", "Empty": ""],
            outputs: [StackOutput(key: "Url", value: "https://x", description: "d", exportName: "e")], tags: ["team": "x"],
            capabilities: ["CAPABILITY_IAM"], notificationArns: ["arn:n"], roleArn: "arn:r", terminationProtection: true,
            changeSetID: "arn:c", driftStatus: "IN_SYNC")
        #expect(try await client.describeStack("s") == expected)
    }

    @Test func `a stack that does not exist is none`() async throws {
        let missing = HTTPResponse.xml(
            "<ErrorResponse><Error><Code>ValidationError</Code><Message>Stack with id s does not exist</Message></Error></ErrorResponse>",
            status: 400)
        let session = try stubbedSession(.stub(Collector(), .success(missing)))
        #expect(try await session.cloudFormation().describeStack("s") == nil)
    }

    @Test func `events are read up to the one that is known, and no page further`() async throws {
        func event(_ id: String) -> String {
            """
            <member><StackId>arn:s</StackId><EventId>\(id)</EventId><StackName>s</StackName><LogicalResourceId>A</LogicalResourceId>
            <PhysicalResourceId/><ResourceType>AWS::SNS::Topic</ResourceType><Timestamp>2026-01-31T12:00:00.000Z</Timestamp>
            <ResourceStatus>CREATE_FAILED</ResourceStatus><ResourceStatusReason>why &amp; how</ResourceStatusReason>
            <ClientRequestToken>t</ClientRequestToken></member>
            """
        }
        let (client, requests) = try client(
            "DescribeStackEvents", "<StackEvents>\(event("5"))\(event("4"))</StackEvents><NextToken>n</NextToken>",
            "<StackEvents>\(event("3"))\(event("2"))</StackEvents><NextToken>m</NextToken>")
        let events = try await client.describeStackEvents("s") { $0.eventID == "2" }
        #expect(events.map(\.eventID) == ["5", "4", "3"])
        #expect(
            events.first
                == StackEvent(
                    eventID: "5", stackID: "arn:s", stackName: "s", logicalID: "A", resourceType: "AWS::SNS::Topic",
                    timestamp: noon,
                    status: "CREATE_FAILED", statusReason: "why & how", clientRequestToken: "t"))
        #expect(pageTokens(requests) == ["", "n"])
    }

    @Test func `resources are read by either action`() async throws {
        let members = """
            <LogicalResourceId>A</LogicalResourceId><PhysicalResourceId>a</PhysicalResourceId><ResourceType>AWS::S3::Bucket</ResourceType>
            <ResourceStatus>CREATE_COMPLETE</ResourceStatus>
            """
        let expected = StackResource(
            logicalID: "A", physicalID: "a", type: "AWS::S3::Bucket", status: "CREATE_COMPLETE", updatedAt: noon)
        let (listing, _) = try client(
            "ListStackResources",
            "<StackResourceSummaries><member>\(members)<LastUpdatedTimestamp>2026-01-31T12:00:00Z</LastUpdatedTimestamp></member></StackResourceSummaries>"
        )
        #expect(try await listing.listStackResources("s") == [expected])
        let (describing, _) = try client(
            "DescribeStackResources",
            "<StackResources><member>\(members)<Timestamp>2026-01-31T12:00:00Z</Timestamp></member></StackResources>")
        #expect(try await describing.describeStackResources("s") == [expected])
    }

    @Test func `a template comes as it was sent`() async throws {
        let (client, _) = try client("GetTemplate", "<TemplateBody>A: &lt;x&gt;\n  b: \" c \"\n</TemplateBody>")
        #expect(try await client.getTemplate(stack: "s") == "A: <x>\n  b: \" c \"\n")
    }

    @Test func `a summary of a template is read whole`() async throws {
        let (client, _) = try client(
            "GetTemplateSummary",
            """
            <Parameters><member><ParameterKey>P</ParameterKey><DefaultValue/><ParameterType>String</ParameterType><NoEcho>true</NoEcho>
            <ParameterConstraints><AllowedValues><member>a</member><member>b</member></AllowedValues></ParameterConstraints></member></Parameters>
            <Capabilities><member>CAPABILITY_IAM</member></Capabilities><CapabilitiesReason>r</CapabilitiesReason>
            <ResourceTypes><member>AWS::S3::Bucket</member></ResourceTypes><Version>2010-09-09</Version>
            <DeclaredTransforms><member>AWS::Serverless-2016-10-31</member></DeclaredTransforms><ResourceIdentifierSummaries><member>
            <ResourceType>AWS::S3::Bucket</ResourceType><LogicalResourceIds><member>B</member></LogicalResourceIds>
            <ResourceIdentifiers><member>BucketName</member></ResourceIdentifiers></member></ResourceIdentifierSummaries>
            """)
        let expected = TemplateSummary(
            parameters: [DeclaredParameter(key: "P", defaultValue: "", type: "String", noEcho: true, allowedValues: ["a", "b"])],
            capabilities: ["CAPABILITY_IAM"], capabilitiesReason: "r", declaredTransforms: ["AWS::Serverless-2016-10-31"],
            resourceTypes: ["AWS::S3::Bucket"], version: "2010-09-09",
            resourceIdentifiers: [
                ResourceIdentifierSummary(type: "AWS::S3::Bucket", logicalIDs: ["B"], identifiers: ["BucketName"])
            ])
        #expect(try await client.getTemplateSummary(ofStack: "s") == expected)
    }

    @Test func `drift is read whole`() async throws {
        let (client, _) = try client(
            "DescribeStackResourceDrifts",
            """
            <StackResourceDrifts><member><StackId>arn:s</StackId><LogicalResourceId>T</LogicalResourceId><PhysicalResourceId>arn:t</PhysicalResourceId>
            <ResourceType>AWS::SNS::Topic</ResourceType><ExpectedProperties>{"A":1}</ExpectedProperties><ActualProperties>{"A":2}</ActualProperties>
            <PropertyDifferences><member><PropertyPath>/A</PropertyPath><ExpectedValue>1</ExpectedValue><ActualValue>2</ActualValue>
            <DifferenceType>NOT_EQUAL</DifferenceType></member></PropertyDifferences>
            <StackResourceDriftStatus>MODIFIED</StackResourceDriftStatus><Timestamp>2026-01-31T12:00:00Z</Timestamp></member></StackResourceDrifts>
            """)
        let expected = StackResourceDrift(
            logicalID: "T", physicalID: "arn:t", type: "AWS::SNS::Topic", status: "MODIFIED", expectedProperties: #"{"A":1}"#,
            actualProperties: #"{"A":2}"#, differences: [.init(path: "/A", expected: "1", actual: "2", type: "NOT_EQUAL")],
            timestamp: noon)
        #expect(try await client.describeStackResourceDrifts("s") == [expected])
        let (status, _) = try self.client(
            "DescribeStackDriftDetectionStatus",
            "<StackDriftDetectionId>d</StackDriftDetectionId><DetectionStatus>DETECTION_COMPLETE</DetectionStatus><StackDriftStatus>DRIFTED</StackDriftStatus><DriftedStackResourceCount>1</DriftedStackResourceCount>"
        )
        #expect(
            try await status.describeStackDriftDetectionStatus("d")
                == StackDriftDetection(
                    id: "d", detectionStatus: "DETECTION_COMPLETE", driftStatus: "DRIFTED", driftedResources: 1))
    }

    @Test func `an early validation's reason is read`() async throws {
        let (client, _) = try client(
            "DescribeEvents",
            """
            <OperationEvents><member><EventId>1</EventId><OperationId>o</OperationId><OperationType>CREATE_CHANGESET</OperationType>
            <OperationStatus>FAILED</OperationStatus><EventType>VALIDATION_ERROR</EventType><LogicalResourceId>B</LogicalResourceId>
            <ResourceType>AWS::S3::Bucket</ResourceType><Timestamp>2026-01-31T12:00:00Z</Timestamp>
            <ValidationName>NAME_CONFLICT_VALIDATION</ValidationName><ValidationStatus>FAILED</ValidationStatus>
            <ValidationStatusReason>It exists</ValidationStatusReason><ValidationPath>/Resources/B</ValidationPath>
            <ValidationFailureMode>FAIL</ValidationFailureMode></member></OperationEvents>
            """)
        let expected = OperationEvent(
            eventID: "1", operationID: "o", operationType: "CREATE_CHANGESET", operationStatus: "FAILED",
            eventType: "VALIDATION_ERROR",
            logicalID: "B", resourceType: "AWS::S3::Bucket", timestamp: noon,
            validation: .init(
                name: "NAME_CONFLICT_VALIDATION", status: "FAILED", reason: "It exists", path: "/Resources/B", failureMode: "FAIL"
            ))
        #expect(try await client.describeEvents(of: .changeSet("arn:c", stack: nil), onlyFailed: true) == [expected])
    }

    @Test func `exports, imports and change sets are listed`() async throws {
        let (exports, _) = try client(
            "ListExports",
            "<Exports><member><Name>n</Name><Value>v</Value><ExportingStackId>arn:s</ExportingStackId></member></Exports>")
        #expect(try await exports.listExports() == [StackExport(name: "n", value: "v", exportingStackID: "arn:s")])
        let (imports, _) = try client(
            "ListImports", "<Imports><member>a</member></Imports><NextToken>x</NextToken>",
            "<Imports><member>b</member></Imports>")
        #expect(try await imports.listImports(export: "n") == ["a", "b"])
        let (changeSets, _) = try client(
            "ListChangeSets",
            "<Summaries><member><ChangeSetId>arn:c</ChangeSetId><ChangeSetName>c</ChangeSetName><Status>FAILED</Status><StatusReason>no</StatusReason></member></Summaries>"
        )
        #expect(
            try await changeSets.listChangeSets(stack: "s") == [
                ChangeSetSummary(id: "arn:c", name: "c", status: "FAILED", statusReason: "no")
            ])
    }

    @Test func `the identity is read`() async throws {
        let answer = HTTPResponse.xml(
            """
            <GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/x</Arn><UserId>AIDA</UserId>
            <Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>
            """)
        let session = try stubbedSession(.stub(Collector(), .success(answer)))
        #expect(
            try await session.sts().getCallerIdentity()
                == CallerIdentity(account: "123456789012", arn: "arn:aws:iam::123456789012:user/x", userID: "AIDA"))
    }
}
