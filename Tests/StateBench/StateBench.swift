import Foundation
import Model
import StateDatabase

/// Fills state databases for `scripts/bench`, and times what no command does alone. It records as a deployment does, through the
/// database's own interface.
///
///     state-bench fill PROJECT STACKS RESOURCES      a project, each stack deployed once
///     state-bench grow PROJECT DEPLOYMENTS [STACK]   so many more of each stack, or of one, the last one as the files are
///     state-bench loop FOLDER                        deployments without end, to be killed; writes a line when it begins
///     state-bench outcome RESOURCES                  the seconds that the outcome of such a deployment takes to be recorded
@main
struct StateBench {
    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch (arguments.first, arguments.dropFirst().first, arguments.dropFirst(2).compactMap { Int($0) }) {
        case ("fill", let project?, let numbers) where numbers.count == 2: try fill(project, stacks: numbers[0], resources: numbers[1])
        case ("grow", let project?, let numbers) where numbers.count == 1:
            try grow(project, by: numbers[0], only: arguments.count > 3 ? arguments[3] : nil)
        case ("loop", let folder?, []): try loop(folder)
        case ("outcome", let count?, []): try outcome(Int(count) ?? 1)
        default:
            FileHandle.standardError.write(Data("usage: state-bench fill|grow|loop|outcome …\n".utf8))
            exit(4)
        }
    }

    private static let context = Context(
        environment: [:], workingDirectory: "/",
        terminal: Terminal(
            write: { _ in }, writeError: { _ in }, readLine: { nil }, isInteractive: false, outputIsTerminal: false, errorIsTerminal: false,
            columns: nil),
        clock: .system, randomBytes: { count in Data((0..<count).map { _ in UInt8.random(in: .min ... .max) }) })

    private static func open(_ folder: String) throws -> StateDatabase {
        try StateDatabase.open(folder: folder, access: .readWrite, context: context)
    }

    private static func fill(_ project: String, stacks: Int, resources: Int) throws {
        let database = try open(project + "/state")
        for number in 0..<stacks {
            let stack = SampleStack(name: "shop-\(number)", resources: resources)
            let folder = "\(project)/stacks/\(stack.name)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data(stack.template(changed: nil).utf8).write(to: URL(fileURLWithPath: folder + "/template.yml"))
            try Data("region: eu-central-1\n".utf8).write(to: URL(fileURLWithPath: folder + "/stack.yml"))
            try stack.deploy(1, changed: nil, in: database)
        }
        try database.close()
    }

    private static func grow(_ project: String, by deployments: Int, only name: String?) throws {
        let database = try open(project + "/state")
        for recorded in try database.recordedStacks() where name == nil || name == recorded.address.stack {
            let stack = SampleStack(name: recorded.address.stack, resources: recorded.resources.count)
            for round in 1...max(deployments, 1) {
                try stack.deploy(recorded.serial + round, changed: round == deployments ? nil : round, in: database)
            }
        }
        try database.close()
    }

    private static func loop(_ folder: String) throws {
        let database = try open(folder)
        let stack = SampleStack(name: "shop", resources: 5)
        var serial = try database.recordedStack(stack.address)?.serial
        if let open = try database.openDeployment(stack.address) {
            // What a killed one has left is settled first, as `resume` does it.
            let outcome = DeploymentOutcome(status: .cancelled, effect: .untouched, finishedAt: Date())
            try database.finish(open, outcome, secrets: [])
        }
        FileHandle.standardOutput.write(Data("ready\n".utf8))
        while true {
            let next = try database.deployments(DeploymentFilter(stack: stack.name, limit: 1)).first.map { $0.serial + 1 } ?? 1
            try stack.deploy(next, changed: next, plannedAgainst: serial, in: database)
            serial = next
        }
    }

    private static func outcome(_ resources: Int) throws {
        let folder = NSTemporaryDirectory() + "/state-bench-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let database = try open(folder)
        let stack = SampleStack(name: "large", resources: resources)
        let deployment = try database.begin(stack.intent(1, changed: nil, plannedAgainst: nil), secrets: [])
        try database.append(stack.events(1, ofAll: true), to: deployment, secrets: [])
        let outcome = DeploymentOutcome(status: .succeeded, effect: .applied(stack.contents(1, changed: nil)), finishedAt: Date())
        let time = try ContinuousClock().measure { try database.finish(deployment, outcome, secrets: []) }
        print(time / .seconds(1))
    }
}

/// A stack of queues, of which each deployment changes one.
struct SampleStack {
    let name: String
    let resources: Int

    var address: StackAddress { StackAddress(stack: name) }
    private static let start = Date(timeIntervalSince1970: 1_750_000_000)

    /// - Parameter changed: the number of the deployment, which the changed queue's delay tells; `nil` for all as they are in the files.
    func template(changed: Int?) -> String {
        var text = "Resources:\n"
        for number in 0..<resources {
            text += "  Queue\(number):\n    Type: AWS::SQS::Queue\n    Properties:\n      QueueName: !Sub ${AWS::StackName}-\(number)\n"
            text += "      DelaySeconds: \(delay(number, changed))\n      MessageRetentionPeriod: \(60 + number * 7919 % 1_209_540)\n"
        }
        return text
    }

    private func delay(_ number: Int, _ changed: Int?) -> Int { changed.map { $0 % resources == number ? $0 % 900 : 0 } ?? 0 }

    func intent(_ serial: Int, changed: Int?, plannedAgainst: Int?) -> DeploymentIntent {
        let plan: JSONValue = [
            "basedOnSerial": .number(String(plannedAgainst ?? 0)),
            "changes": [
                [
                    "action": "Modify", "logicalID": .string("Queue\((changed ?? 0) % max(resources, 1))"), "type": "AWS::SQS::Queue",
                    "properties": [["path": "DelaySeconds", "after": .number(String(changed ?? 0))]],
                ]
            ],
        ]
        return DeploymentIntent(
            address: address, kind: plannedAgainst == nil ? .create : .update, startedAt: Self.start + TimeInterval(serial * 3600),
            actor: DeploymentActor(identityArn: "arn:aws:sts::123456789012:assumed-role/deploy/ada", user: "ada", host: "laptop"),
            git: GitState(commit: "0123456789abcdef0123456789abcdef01234567", branch: "main", isDirty: false), toolVersion: "0.1.0",
            commandLine: "pipeplan apply \(address) --auto-approve", approval: "auto-approve",
            configuration: StackConfiguration(stackName: name, region: "eu-central-1", accountID: "123456789012"),
            templateBody: template(changed: changed), planJSON: plan.compactText, changeSetName: "pipeplan-\(serial)",
            clientToken: "pipeplan-\(name)-\(serial)", plannedAgainst: plannedAgainst)
    }

    func contents(_ serial: Int, changed: Int?) -> StackContents {
        let stackID = "arn:aws:cloudformation:eu-central-1:123456789012:stack/\(name)/6a6fcf40-0000-11f0-8000-0affd2c3c5d1"
        let list = (0..<resources).map { number in
            RecordedResource(
                StackResource(
                    logicalID: "Queue\(number)", physicalID: "https://sqs.eu-central-1.amazonaws.com/123456789012/\(name)-\(number)",
                    type: "AWS::SQS::Queue", status: serial == 1 ? "CREATE_COMPLETE" : "UPDATE_COMPLETE", updatedAt: Self.start),
                properties: [
                    "QueueName": .string("\(name)-\(number)"), "DelaySeconds": .number(String(delay(number, changed))),
                    "MessageRetentionPeriod": .number(String(60 + number * 7919 % 1_209_540)),
                ])
        }
        return StackContents(stackID: stackID, status: serial == 1 ? "CREATE_COMPLETE" : "UPDATE_COMPLETE", resources: list, outputs: [])
    }

    /// Those of one queue, or of all.
    func events(_ serial: Int, ofAll: Bool = false) -> [StackEvent] {
        let queues = ofAll ? Array(0..<resources) : [serial % max(resources, 1)]
        return queues.flatMap { queue in
            ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"].enumerated().map { index, status in
                StackEvent(
                    eventID: "Queue\(queue)-\(status)-\(serial)",
                    stackID: "arn:aws:cloudformation:eu-central-1:123456789012:stack/\(name)/6a6fcf40",
                    stackName: name, logicalID: "Queue\(queue)", physicalID: "\(name)-\(queue)", resourceType: "AWS::SQS::Queue",
                    timestamp: Self.start + TimeInterval(serial * 3600 + index), status: StackStatus(rawValue: status),
                    clientRequestToken: "pipeplan-\(name)-\(serial)-execute")
            }
        }
    }

    func deploy(_ serial: Int, changed: Int?, in database: StateDatabase) throws {
        try deploy(serial, changed: changed, plannedAgainst: serial == 1 ? nil : serial - 1, in: database)
    }

    func deploy(_ serial: Int, changed: Int?, plannedAgainst: Int?, in database: StateDatabase) throws {
        let deployment = try database.begin(intent(serial, changed: changed, plannedAgainst: plannedAgainst), secrets: [])
        try database.append(events(serial), to: deployment, secrets: [])
        let outcome = DeploymentOutcome(
            status: .succeeded, effect: .applied(contents(serial, changed: changed)),
            finishedAt: Self.start + TimeInterval(serial * 3600 + 9))
        try database.finish(deployment, outcome, secrets: [])
    }
}
