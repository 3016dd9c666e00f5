import Foundation
import Model
import StateDatabase
import Testing

@testable import Deploying
@testable import Planning

private typealias Answer = ScriptedCloud.Answer

/// Nested stacks are held against the plan like the stack around them, as far as the endpoint tells of them.
@Suite struct NestedChangeSetTests {
    let state: TemporaryState

    init() throws { state = try TemporaryState() }

    /// Adds a topic in the nested stack `Network`.
    private static let plan: Plan = {
        var change = PlannedChange.sample(.modify, "Network", type: "AWS::CloudFormation::Stack", replacement: .no)
        change.nested = .sample(.add("Topic"))
        var plan = Plan.sample(change, kind: .create, basedOn: 0)
        plan.followed = ["Network"]
        return plan
    }()

    private static let nestedARN = "arn:aws:cloudformation:eu-central-1:123456789012:changeSet/inner/2"

    /// The change set around it.
    private static func outer(naming id: String? = nestedARN) -> Answer {
        let inner = id.map { "<ChangeSetId>\($0)</ChangeSetId>" } ?? ""
        return .result(
            "<ChangeSetId>\(ScriptedCloud.changeSetARN)</ChangeSetId><Status>CREATE_COMPLETE</Status><Changes><member><ResourceChange>"
                + "<Action>Modify</Action><LogicalResourceId>Network</LogicalResourceId><ResourceType>AWS::CloudFormation::Stack</ResourceType>"
                + "<Replacement>False</Replacement>\(inner)</ResourceChange></member></Changes>")
    }

    private static func changes(_ changes: [(String, String)], next: String = "") -> Answer {
        .result(
            "<Status>CREATE_COMPLETE</Status><Changes>"
                + changes.map {
                    "<member><ResourceChange><Action>\($0.0)</Action><LogicalResourceId>\($0.1)</LogicalResourceId>"
                        + "<ResourceType>AWS::SNS::Topic</ResourceType></ResourceChange></member>"
                }.joined() + "</Changes>\(next)")
    }

    /// What a deployment of the plan comes to, where its change set and those in it are described like this.
    private func deploy(_ described: [Answer]) async throws -> (record: Record, cloud: ScriptedCloud, notices: Notices) {
        let cloud = creation(["DescribeChangeSet": described])
        let notices = Notices()
        let result = try await cloud.deployer(state.database, notices: notices).deploy(.sample(Self.plan, .create))
        return (Record(result), cloud, notices)
    }

    @Test func `what is planned inside is executed`() async throws {
        let (record, cloud, notices) = try await deploy([Self.outer(), Self.changes([("Add", "Topic")])])
        #expect(record == Record(.succeeded, .applied, exit: 0))
        #expect(cloud.count("DescribeChangeSet") == 2)
        #expect(notices.lacksNestedDetail == [[]])
    }

    @Test func `more inside, on whichever page, needs a yes of its own`() async throws {
        let (record, cloud, _) = try await deploy([
            Self.outer(), Self.changes([("Add", "Topic")], next: "<NextToken>more</NextToken>"), Self.changes([("Remove", "Table")]),
        ])
        #expect(record.exit == 3)
        #expect(cloud.count("ExecuteChangeSet") == 0)
    }

    @Test func `a nested stack in which nothing changes is no more than planned`() async throws {
        let nothing = Answer.failedChangeSet("The submitted information didn't contain changes.")
        #expect(try await deploy([Self.outer(), nothing]).record == Record(.succeeded, .applied, exit: 0))
    }

    @Test func `an endpoint that tells nothing of the inside is taken at its word, with a warning`() async throws {
        let gone = Answer.refusal(code: "ChangeSetNotFound", message: "ChangeSet does not exist")
        for described in [[Self.outer(naming: nil)], [Self.outer(), gone]] {
            let state = try TemporaryState()
            let cloud = creation(["DescribeChangeSet": described])
            let notices = Notices()
            let result = try await cloud.deployer(state.database, notices: notices).deploy(.sample(Self.plan, .create))
            #expect(Record(result) == Record(.succeeded, .applied, exit: 0))
            #expect(notices.lacksNestedDetail == [["Network"]])
        }
    }

    @Test func `a change set that failed for a nested one says why`() async throws {
        let failed = Answer.failedChangeSet("Nested change set \(Self.nestedARN) was not successfully created: Currently in FAILED.")
        let (record, _, _) = try await deploy([failed, .failedChangeSet("Export vpc does not exist")])
        #expect(record.failure?.hasSuffix("Currently in FAILED. Export vpc does not exist") == true)
    }

    @Test func `inside, things are called by their way there`() {
        func inner(_ changes: ResourceChange...) -> ChangeSet {
            var outer = ChangeSet.complete(
                ResourceChange(action: .modify, logicalID: "Network", type: "AWS::CloudFormation::Stack", replacement: .no))
            outer.nested = ["Network": ChangeSet(status: "CREATE_COMPLETE", changes: changes)]
            return outer
        }
        #expect(Reconciliation(Self.plan, inner(.sample(.add, "Topic"))).isCovered)
        #expect(Reconciliation(Self.plan, inner()).notListed == ["Network/Topic"])
        #expect(
            Reconciliation(Self.plan, inner(.sample(.add, "Topic"), .sample(.remove, "Table"))).unplanned == [
                "Network/Table (AWS::SNS::Topic) would be removed, and is not in the plan"
            ])
        // One that CloudFormation only looks into: nothing was planned in it.
        var lookedInto = inner(.sample(.modify, "Topic", .yes))
        lookedInto.changes[0].details = [ChangeDetail(attribute: "Properties", source: .automatic)]
        var plan = Plan.addition
        plan.followed = ["Network"]
        #expect(Reconciliation(plan, lookedInto).unplanned == ["Network/Topic (AWS::SNS::Topic) would be modified, and is not in the plan"])
        // What is in a template elsewhere was not planned, and is not judged.
        plan.followed = nil
        plan.changes.append(Self.plan.changes[0])
        #expect(Reconciliation(plan, lookedInto).isCovered)
    }

    @Test func `a reviewed change set is another one where the inside is`() {
        var first = ChangeSet.planned
        first.nested = ["Network": .planned]
        var second = first
        second.nested = ["Network": .excessive]
        #expect(first.digest != second.digest)
        second.nested = [:]
        #expect(second.digest == ChangeSet.planned.digest)
    }
}

extension Notices {
    fileprivate var lacksNestedDetail: [[String]] {
        all.compactMap { if case .reconciled(let reconciliation) = $0 { reconciliation.lacksNestedDetail } else { nil } }
    }
}
