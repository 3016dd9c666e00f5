import Foundation
import Model
import StateDatabase

@testable import Deploying
@testable import Planning
@testable import Reporting

let noon = Date(timeIntervalSince1970: 1_769_860_800)
let stackARN = "arn:aws:cloudformation:eu-central-1:123456789012:stack/image-pipeline-develop/6a6fcf40-0000-11f0-8000-0affd2c3c5d1"
let escape = "\u{1B}[2J"

extension Style {
    static let colored = Style(isColored: true)
}

extension StackAddress {
    static let pipeline = StackAddress(stack: "image-pipeline", environment: "develop")
}

extension Plan {
    static func sample(_ changes: [PlannedChange], kind: Kind = .update, unchanged: Int = 0) -> Plan {
        Plan(
            address: .pipeline, stackName: "image-pipeline-develop", region: "eu-central-1", kind: kind,
            basedOnSerial: kind == .create ? 0 : 4,
            changes: changes, unchangedCount: unchanged, parameters: [], outputs: [], tags: [], settings: [], hazards: [], notes: [])
    }
}

extension PlannedChange {
    static func sample(
        _ action: ResourceChange.Action, _ id: String, of type: String = "AWS::SNS::Topic", willChange: Certainty = .yes,
        willReplace: Certainty = .no, policy: ResourceChange.PolicyAction? = nil, isListed: Bool = true, physicalID: String? = nil,
        renamedFrom: String? = nil, _ properties: PropertyChange...
    ) -> PlannedChange {
        let replacement: ResourceChange.Replacement? = action == .modify ? (willReplace == .yes ? .yes : .no) : nil
        return PlannedChange(
            logicalID: id, type: type, physicalID: physicalID, action: action, replacement: replacement, policyAction: policy,
            listing: isListed ? .yes : .no, willChange: willChange, willReplace: willReplace, scope: [], properties: properties,
            details: [],
            detailsWithValues: nil, renamedFrom: renamedFrom, location: nil)
    }
}

extension PropertyChange {
    static func sample(
        _ path: String, _ before: JSONValue?, _ after: JSONValue?, known: Bool = true, sensitive: Bool = false,
        recreation: ChangeDetail.Recreation = .never, causes: [ChangeCause] = [.template], willChange: Certainty = .yes
    ) -> PropertyChange {
        PropertyChange(
            path: path, pointer: "/Properties/\(path)", before: before, after: after, known: known, sensitive: sensitive,
            requiresReplacement: recreation, causes: causes,
            willChange: willChange, location: nil)
    }
}

extension StackEvent {
    static func sample(
        _ resource: String, _ status: StackStatus, at second: Double, _ reason: String? = nil, type: String = "AWS::SNS::Topic"
    ) -> StackEvent {
        StackEvent(
            eventID: "\(resource)-\(status)-\(second)", stackID: stackARN, stackName: "image-pipeline-develop", logicalID: resource,
            resourceType: type, timestamp: noon + second, status: status, statusReason: reason)
    }

    static func ofStack(_ status: StackStatus, at second: Double, _ reason: String? = nil) -> StackEvent {
        var event = sample("image-pipeline-develop", status, at: second, reason, type: "AWS::CloudFormation::Stack")
        event.physicalID = stackARN
        return event
    }
}

/// A folder that goes away with the test that made it, and the state in it.
final class TemporaryState: Sendable {
    let folder: String
    let database: StateDatabase

    init() throws {
        folder = NSTemporaryDirectory() + "pipeplan-reporting-\(UUID().uuidString)"
        database = try StateDatabase.open(folder: folder, access: .readWrite, context: .test)
    }

    deinit {
        try? database.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Begins a deployment at second `start` after noon, and ends it 95.5 seconds later where there is an end.
    func record(
        _ address: StackAddress = .pipeline, start: Double = 0, kind: DeploymentKind = .create, commandLine: String = "pipeplan apply",
        git: GitState? = nil, against: Int? = nil, _ status: DeploymentOutcome.Status? = nil,
        _ effect: DeploymentOutcome.Effect = .untouched,
        failure: DeploymentFailure? = nil, resumedBy: DeploymentActor? = nil
    ) throws -> Deployment {
        let deployment = try database.begin(
            DeploymentIntent(
                address: address, kind: kind, startedAt: noon + start, actor: DeploymentActor(user: "ada", host: "laptop"), git: git,
                toolVersion: "0.1.0", commandLine: commandLine, approval: "yes",
                configuration: StackConfiguration(
                    stackName: "image-pipeline-develop", region: "eu-central-1",
                    parameters: ["Branch": .plain("develop"), "Token": .secret(nil)], tags: ["team": "delivery"]),
                templateBody: "Resources: {}", plannedAgainst: against), secrets: [])
        guard let status else { return deployment }
        return try database.finish(
            deployment,
            DeploymentOutcome(status: status, effect: effect, finishedAt: noon + start + 95.5, failure: failure, resumedBy: resumedBy),
            secrets: [])
    }
}

extension StackContents {
    static let sample = StackContents(
        stackID: stackARN, status: "CREATE_COMPLETE",
        resources: [
            RecordedResource(StackResource(logicalID: "Topic", physicalID: "topic-1", type: "AWS::SNS::Topic", status: "CREATE_COMPLETE")),
            RecordedResource(
                StackResource(logicalID: "Waiting", physicalID: nil, type: "AWS::CloudFormation::WaitCondition", status: "CREATE_FAILED")),
        ],
        outputs: [
            StackOutput(key: "Url", value: "https://example.com", description: "Where it is", exportName: "pipeline-url"),
            StackOutput(key: "TopicName", value: "topic-1"),
        ])
}

extension Context {
    static let test = Context(
        environment: [:], workingDirectory: "/",
        terminal: Terminal(
            write: { _ in }, writeError: { _ in }, readLine: { nil }, isInteractive: false, outputIsTerminal: false, errorIsTerminal: false,
            columns: nil),
        clock: Clock(now: { noon }, uptime: { .zero }, sleep: { _ in }), randomBytes: { Data((0..<$0).map { UInt8($0) }) })
}
