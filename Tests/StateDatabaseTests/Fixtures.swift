import Foundation
import Model
import OrderedCollections

@testable import StateDatabase

/// A folder that goes away with the test that made it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "pipeplan-state-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var database: String { path + "/pipeplan.sqlite" }

    func bytes(_ name: String = "pipeplan.sqlite") throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)"))
    }

    /// The bytes of every file, by name.
    func contents() throws -> [String: Data] {
        let names = try FileManager.default.contentsOfDirectory(atPath: path)
        return Dictionary(uniqueKeysWithValues: try names.map { ($0, try bytes($0)) })
    }

    func open(_ access: StateDatabase.Access = .readWrite, busyTimeout: Duration = .seconds(5)) throws -> StateDatabase {
        try StateDatabase.open(folder: path, access: access, context: .test, busyTimeout: busyTimeout)
    }

    /// Runs statements with a connection of its own, past `StateDatabase`.
    func execute(_ sql: String) throws {
        let database = try open()
        try database.queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        try database.close()
    }
}

extension Context {
    static let test = Context(
        environment: [:], workingDirectory: "/", terminal: .silent,
        clock: Clock(now: { Date(timeIntervalSince1970: 1_750_000_000) }, uptime: { .zero }, sleep: { _ in }),
        randomBytes: { Data((0..<$0).map { UInt8($0) }) })
}

extension Terminal {
    static let silent = Terminal(
        write: { _ in }, writeError: { _ in }, readLine: { nil }, isInteractive: false, outputIsTerminal: false,
        errorIsTerminal: false, columns: nil)
}

extension StackAddress {
    static let pipeline = StackAddress(stack: "image-pipeline", environment: "develop")
    static let network = StackAddress(stack: "network")
}

extension DeploymentActor {
    static let ada = DeploymentActor(identityArn: "arn:aws:sts::123456789012:assumed-role/deploy/ada", user: "ada", host: "laptop")
    static let grace = DeploymentActor(user: "grace", host: "runner-7")
}

extension DeploymentIntent {
    /// An intent as a real one looks, at second `start` of a made-up time.
    static func sample(
        _ address: StackAddress = .pipeline, kind: DeploymentKind = .update, start: Int = 0, template: String = "Resources: {}\n",
        parameters: OrderedDictionary<String, RecordedParameter> = ["GithubBranch": .plain("develop")],
        tags: OrderedDictionary<String, String> = ["team": "delivery", "app": "demo"], plan: String? = #"{"changes":[]}"#,
        plannedAgainst: Int?
    ) -> DeploymentIntent {
        DeploymentIntent(
            address: address, kind: kind, startedAt: .second(start), actor: .ada,
            git: GitState(
                commit: "0123456789abcdef0123456789abcdef01234567", branch: "main", isDirty: true,
                remote: "https://github.com/example/delivery.git"),
            toolVersion: "0.1.0", commandLine: "pipeplan apply \(address) --auto-approve", approval: "auto-approve",
            configuration: StackConfiguration(
                stackName: address.description.replacing(":", with: "-"), region: "eu-central-1", accountID: "123456789012",
                parameters: parameters, tags: tags, capabilities: ["CAPABILITY_IAM"],
                notificationArns: ["arn:aws:sns:eu-central-1:123456789012:deployments"], terminationProtection: true),
            templateBody: template, planJSON: plan, changeSetName: "pipeplan-1", clientToken: "token-1",
            plannedAgainst: plannedAgainst)
    }
}

extension Date {
    /// Seconds after a made-up start.
    static func second(_ count: Int) -> Date { Date(timeIntervalSince1970: 1_750_000_000 + TimeInterval(count)) }
}

extension StackContents {
    static let stackID =
        "arn:aws:cloudformation:eu-central-1:123456789012:stack/image-pipeline-develop/6a6fcf40-0000-11f0-8000-0affd2c3c5d1"

    static func sample(
        _ status: StackStatus = "CREATE_COMPLETE", resources: [String: StackStatus] = ["Bucket": "CREATE_COMPLETE"],
        outputs: [StackOutput]? = []
    ) -> StackContents {
        StackContents(
            stackID: stackID, status: status,
            resources: resources.sorted { $0.key < $1.key }.map { name, status in
                RecordedResource(
                    StackResource(
                        logicalID: name, physicalID: "\(name.lowercased())-1x2y3z", type: "AWS::S3::Bucket", status: status,
                        updatedAt: .second(1)),
                    properties: ["BucketName": .string("\(name.lowercased())-1x2y3z"), "Depth": .number("1.10")])
            }, outputs: outputs)
    }
}

extension StackEvent {
    static func sample(_ number: Int, reason: String? = nil) -> StackEvent {
        StackEvent(
            eventID: "Bucket-\(number)", stackID: StackContents.stackID, stackName: "image-pipeline-develop", logicalID: "Bucket",
            physicalID: "bucket-1x2y3z", resourceType: "AWS::S3::Bucket", timestamp: .second(number), status: "CREATE_IN_PROGRESS",
            statusReason: reason, clientRequestToken: "token-1")
    }
}

extension StateDatabase {
    /// One whole deployment.
    @discardableResult
    func record(
        _ intent: DeploymentIntent, _ status: DeploymentOutcome.Status = .succeeded, _ effect: DeploymentOutcome.Effect
    ) throws -> Deployment {
        let deployment = try begin(intent, secrets: [])
        return try finish(
            deployment, DeploymentOutcome(status: status, effect: effect, finishedAt: intent.startedAt + 30), secrets: [])
    }
}

/// The `Problem` that an operation ends in; `nil` where it ends well.
func problem(of operation: () throws -> Void) throws -> Problem? {
    do {
        try operation()
        return nil
    } catch let problem as Problem {
        return problem
    }
}

/// The code of that problem's first finding.
func problemCode(of operation: () throws -> Void) throws -> String? {
    try problem(of: operation)?.findings.first?.code
}
