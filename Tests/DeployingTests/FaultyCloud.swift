import AWS
import Foundation
import Model
import StateDatabase
import Synchronization
import Templates
import TestSupport
import Testing

@testable import Deploying
@testable import Planning

/// A cloud that others wrote, behind a proxy that spoils some of the calls to it, and deployments of small stacks there.
final class FaultyCloud: Sendable {
    enum Kind: String, CaseIterable, Sendable { case miniStack, moto }

    /// What the proxy is told to do; `Peers/proxy.py` has the meaning of each part.
    struct Rule: Encodable, Hashable, Sendable {
        enum Calls: Hashable, Sendable {
            case numbers([Int])
            case every(Int)
            case all
        }

        var action: String?
        var stack = ""
        var calls = Calls.all
        var fault: String

        private enum Keys: CodingKey { case action, stack, calls, fault, every }

        func encode(to encoder: any Encoder) throws {
            var object = encoder.container(keyedBy: Keys.self)
            try object.encodeIfPresent(action, forKey: .action)
            try object.encode(stack, forKey: .stack)
            try object.encode(fault, forKey: .fault)
            switch calls {
            case .numbers(let numbers): try object.encode(numbers, forKey: .calls)
            case .every(let number):
                var every = object.nestedContainer(keyedBy: Keys.self, forKey: .calls)
                try every.encode(number, forKey: .every)
            case .all: break
            }
        }
    }

    /// A call as the proxy saw it.
    struct Call: Decodable, Hashable, Sendable {
        var action: String
        var stack: String
        var fault: String?
        /// Of the cloud's own answer; `nil` where the call did not reach it.
        var status: Int?
    }

    /// How long an answer may take here: long enough for a busy machine, and many of the faults are silences.
    static let patience = Duration.milliseconds(1500)

    private let server: RunningServer
    private let proxy: RunningServer
    private let state: TemporaryState
    private let curl = HTTPTransport.curl(CurlTransport.Settings())
    private let endpoint: Endpoint

    init(_ kind: Kind) async throws {
        server = try kind == .moto ? .moto() : .miniStack()
        proxy = try .faultyProxy(to: server.endpoint)
        state = try TemporaryState()
        endpoint = try #require(Endpoint(url: proxy.endpoint, origin: "AWS_ENDPOINT_URL"))
        // The first call makes the cloud load CloudFormation, which takes longer than answers may take later.
        let session = try AWSSession(context: .test(at: server.endpoint), region: "us-east-1")
        _ = try await session.cloudFormation().describeStack("none")
    }

    /// Sets the rules and forgets the calls so far.
    func set(_ rules: [Rule]) async throws {
        _ = try await curl.send(HTTPRequest(.put, endpoint, path: "/-/rules", body: try JSONEncoder().encode(rules)))
    }

    /// The calls for a stack, in order.
    func calls(for stack: String) async throws -> [Call] {
        let response = try await curl.send(HTTPRequest(.get, endpoint, path: "/-/calls"))
        return try JSONDecoder().decode([Call].self, from: response.body).filter { $0.stack.contains(stack) }
    }

    /// Deploys to a stack of this name. Waiting takes a fraction of the time, and answers must come within `patience`.
    func deploy(_ stack: String, _ kind: Plan.Kind, greeting: String = "hello") async throws -> DeploymentResult {
        try await deployer().deploy(try request(stack, kind, greeting))
    }

    /// Settles the deployment of a stack that is open, if one is.
    func resume(_ stack: String) async throws -> DeploymentResult? {
        guard let open = try state.database.openDeployment(StackAddress(stack: stack)) else { return nil }
        return try await deployer().resume(open, plan: try request(stack, .create, "hello").plan, by: .grace)
    }

    private func deployer() throws -> Deployer {
        var context = Context.test(at: proxy.endpoint)
        context.randomBytes = { count in Data((0..<count).map { _ in UInt8.random(in: .min ... .max) }) }
        context.clock = .system
        context.clock.sleep = { try await Task.sleep(for: $0 / 20) }
        let curl = curl
        let impatient = HTTPTransport { request in
            var request = request
            request.timeout = Self.patience
            return try await curl.send(request)
        }
        let session = try AWSSession(context: context, region: "us-east-1", transport: impatient)
        return Deployer(
            client: try session.cloudFormation(), artifacts: try session.s3(), database: state.database, context: context,
            report: { _ in }, ask: { _ in false })
    }

    private static let resources = [("Topic", "AWS::SNS::Topic"), ("Queue", "AWS::SQS::Queue"), ("Other", "AWS::SNS::Topic")]

    private func request(_ stack: String, _ kind: Plan.Kind, _ greeting: String) throws -> DeploymentRequest {
        // moto takes a resource without properties for changed each time.
        let template = """
            Resources:
              Topic:
                Type: AWS::SNS::Topic
                Properties: {DisplayName: \(greeting)}
              Queue:
                Type: AWS::SQS::Queue
                Properties: {VisibilityTimeout: 60}
              Other:
                Type: AWS::SNS::Topic
                Properties: {DisplayName: other}
            """
        let address = StackAddress(stack: stack)
        let changes: [PlannedChange] =
            switch kind {
            case .create: Self.resources.map { .sample(.add, $0.0, type: $0.1) }
            case .update: [.modify("Topic")]
            case .destroy: Self.resources.map { .sample(.remove, $0.0, type: $0.1, policy: .delete) }
            }
        let plan = Plan(
            address: address, stackName: stack, region: "us-east-1", kind: kind,
            basedOnSerial: try state.database.recordedStack(address)?.serial ?? 0, changes: changes, unchangedCount: 0, parameters: [],
            outputs: [], tags: [], settings: [], hazards: [], notes: [])
        let desired = DesiredStack(
            address: address, stackName: stack, region: "us-east-1", template: try Template.read(template, file: "template.yml").get())
        let deploymentKind: DeploymentKind =
            switch kind {
            case .create: .create
            case .update: .update
            case .destroy: .destroy
            }
        return DeploymentRequest(
            plan: plan, desired: desired, kind: deploymentKind, actor: .ada, git: nil, toolVersion: "0.1.0",
            commandLine: "pipeplan apply", approval: "yes", planJSON: "{}")
    }
}

extension Context {
    fileprivate static func test(at endpoint: String) -> Context {
        var context = Context.test()
        context.environment["AWS_ENDPOINT_URL"] = endpoint
        return context
    }
}
