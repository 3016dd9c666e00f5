import AWS
import Foundation
import Model
import StateDatabase
import Synchronization

@testable import Deploying

/// CloudFormation as a list of answers for each action, the last of them again and again. It remembers what it was asked.
final class ScriptedCloud: Sendable {
    enum Answer: Sendable {
        case result(String)
        case refusal(code: String, message: String)
        /// The connection ends before the answer.
        case lost

        static func stack(_ status: String, changeSet: String? = nil, extra: String = "") -> Answer {
            let changeSet = changeSet.map { "<ChangeSetId>\($0)</ChangeSetId>" } ?? ""
            return .result(
                "<Stacks><member><StackId>\(stackARN)</StackId><StackName>image-pipeline-develop</StackName>"
                    + "<StackStatus>\(status)</StackStatus>\(changeSet)\(extra)</member></Stacks>")
        }

        static let noStack = Answer.refusal(code: "ValidationError", message: "Stack with id image-pipeline-develop does not exist")
        static let created = Answer.result("<Id>\(changeSetARN)</Id><StackId>\(stackARN)</StackId>")
        static let changeSet = changeSet()

        static func changeSet(execution: String = "AVAILABLE", _ changes: (action: String, id: String)...) -> Answer {
            let listed = (changes.isEmpty ? [("Add", "Topic")] : changes).map {
                "<member><ResourceChange><Action>\($0.0)</Action><LogicalResourceId>\($0.1)</LogicalResourceId>"
                    + "<ResourceType>AWS::SNS::Topic</ResourceType></ResourceChange></member>"
            }
            return .result(
                "<ChangeSetId>\(changeSetARN)</ChangeSetId><StackId>\(stackARN)</StackId><Status>CREATE_COMPLETE</Status>"
                    + "<ExecutionStatus>\(execution)</ExecutionStatus><Changes>\(listed.joined())</Changes>")
        }

        static func failedChangeSet(_ reason: String) -> Answer {
            .result("<ChangeSetId>\(changeSetARN)</ChangeSetId><Status>FAILED</Status><StatusReason>\(reason)</StatusReason>")
        }

        /// Newest first.
        static func events(_ events: StackEvent...) -> Answer {
            .result(
                "<StackEvents>"
                    + events.map { event in
                        "<member><EventId>\(event.eventID)</EventId><StackId>\(event.stackID)</StackId><StackName>\(event.stackName)</StackName>"
                            + "<LogicalResourceId>\(event.logicalID)</LogicalResourceId><PhysicalResourceId>\(event.physicalID ?? "")</PhysicalResourceId>"
                            + "<ResourceType>\(event.resourceType)</ResourceType><Timestamp>\(event.timestamp.formatted(.iso8601))</Timestamp>"
                            + "<ResourceStatus>\(event.status)</ResourceStatus><ResourceStatusReason>\(event.statusReason ?? "")</ResourceStatusReason>"
                            + "<ClientRequestToken>\(event.clientRequestToken ?? "")</ClientRequestToken></member>"
                    }.joined() + "</StackEvents>")
        }

        static let resources = Answer.result(
            "<StackResourceSummaries><member><LogicalResourceId>Topic</LogicalResourceId><PhysicalResourceId>topic-1</PhysicalResourceId>"
                + "<ResourceType>AWS::SNS::Topic</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus></member></StackResourceSummaries>"
        )
    }

    static let changeSetARN = "arn:aws:cloudformation:eu-central-1:123456789012:changeSet/pipeplan-0123456789ab/1"

    private let script: Mutex<[String: [Answer]]>
    private let asked = Mutex<[String]>([])

    init(_ script: [String: [Answer]]) { self.script = Mutex(script) }

    /// The actions that were asked for, in order; of a run of equal ones the first.
    var requests: [String] {
        asked.withLock { all in all.enumerated().filter { $0.offset == 0 || all[$0.offset - 1] != $0.element }.map(\.element) }
    }

    func count(_ action: String) -> Int { asked.withLock { $0.count { $0 == action } } }

    var transport: HTTPTransport {
        HTTPTransport { request in
            let form = String(decoding: request.body, as: UTF8.self).split(separator: "&").map { $0.split(separator: "=") }
            let action = form.first { $0.first == "Action" }?.last.map(String.init) ?? ""
            self.asked.withLock { $0.append(action) }
            let answer = self.script.withLock { script in
                guard let answers = script[action], let next = answers.first else {
                    return Answer.refusal(code: "InvalidAction", message: "\(action) is not in the script")
                }
                if answers.count > 1 { script[action]?.removeFirst() }
                return next
            }
            switch answer {
            case .result(let xml):
                return HTTPResponse(
                    status: 200, body: Data("<\(action)Response><\(action)Result>\(xml)</\(action)Result></\(action)Response>".utf8))
            case .refusal(let code, let message):
                let xml = "<ErrorResponse><Error><Code>\(code)</Code><Message>\(message)</Message></Error></ErrorResponse>"
                return HTTPResponse(status: 400, body: Data(xml.utf8))
            case .lost: throw TransportError(.lost, request.endpoint, detail: "", requestMayHaveBeenTaken: true)
            }
        }
    }

    func deployer(_ database: StateDatabase, agreeing: Bool = false, notices: Notices = Notices()) throws -> Deployer {
        let context = Context.test()
        let session = try AWSSession(context: context, region: "eu-central-1", transport: transport)
        return Deployer(
            client: try session.cloudFormation(), artifacts: try session.s3(), database: database, context: context,
            report: { notices.add($0) }, ask: { _ in agreeing })
    }
}

/// Collects what is told.
final class Notices: Sendable {
    private let collected = Mutex<[DeploymentNotice]>([])

    func add(_ notice: DeploymentNotice) { collected.withLock { $0.append(notice) } }

    var all: [DeploymentNotice] { collected.withLock { $0 } }
    var events: [String] { all.compactMap { if case .event(let event, _) = $0 { event.eventID } else { nil } } }
    var warnings: [String] { all.compactMap { if case .warning(let message) = $0 { message } else { nil } } }
    var detachments: [String] { all.compactMap { if case .detached(let failure) = $0 { failure.message } else { nil } } }
}

extension Context {
    /// A context in which waiting takes no time.
    static func test() -> Context {
        Context(
            environment: ["AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example", "HOME": "/nonexistent"],
            workingDirectory: "/",
            terminal: Terminal(
                write: { _ in }, writeError: { _ in }, readLine: { nil }, isInteractive: false, outputIsTerminal: false,
                errorIsTerminal: false, columns: nil),
            clock: Clock(now: { noon }, uptime: { .zero }, sleep: { _ in }), randomBytes: { Data((0..<$0).map { UInt8($0) }) })
    }
}

/// A folder that goes away with the test that made it, and the state in it.
final class TemporaryState: Sendable {
    let folder: String
    let database: StateDatabase

    init() throws {
        folder = NSTemporaryDirectory() + "pipeplan-deploying-\(UUID().uuidString)"
        database = try StateDatabase.open(folder: folder, access: .readWrite, context: .test())
    }

    deinit {
        try? database.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Everything that is on the disk.
    func bytes() throws -> Data {
        try FileManager.default.subpathsOfDirectory(atPath: folder).reduce(into: Data()) { all, name in
            // Only a folder has no contents.
            all += FileManager.default.contents(atPath: "\(folder)/\(name)") ?? Data()
        }
    }
}
