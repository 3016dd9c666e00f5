import AWS
import Foundation
import Model
import StateDatabase
import Synchronization
import TestSupport
import Testing

@testable import StateSharing

extension StackAddress {
    static let web = StackAddress(stack: "web", environment: "prod")
    static let network = StackAddress(stack: "network")
}

/// Time that passes only when somebody waits.
final class ManualTime: Sendable {
    private let passed = Mutex(Duration.zero)

    var clock: Clock {
        Clock(
            now: { Date(timeIntervalSince1970: 1_750_000_000 + self.passed.withLock { $0 } / .seconds(1)) },
            uptime: { self.passed.withLock { $0 } },
            sleep: { duration in
                self.passed.withLock { $0 += duration }
                // Lets others go on, as waiting does.
                await Task.yield()
                try Task.checkCancellation()
            })
    }
}

extension Clock {
    /// That of a machine which is dead, as far as anybody can see.
    static let stopped = Clock(
        now: { Date(timeIntervalSince1970: 1_750_000_000) }, uptime: { .zero }, sleep: { _ in try await Task.sleep(for: .seconds(86400)) })
}

/// A storage that counts what it is asked, and spoils answers as a test wants.
final class WatchedStorage: ShareStorage {
    enum Fault: Sendable {
        /// It does what it was asked, and the answer gets lost.
        case lostAfter
        /// It does what it was asked twice, and the second answer comes.
        case twice
        case unreachable
    }

    let storage: any ShareStorage
    let calls = Mutex<[String]>([])
    /// That were read.
    let bytes = Mutex(0)
    private let fault: @Sendable (_ call: String, _ number: Int) -> Fault?
    /// What somebody else does in the instant before a call.
    private let before: @Sendable (_ call: String) async throws -> Void

    init(
        _ storage: any ShareStorage, fault: @escaping @Sendable (String, Int) -> Fault? = { _, _ in nil },
        before: @escaping @Sendable (String) async throws -> Void = { _ in }
    ) {
        self.storage = storage
        self.before = before
        self.fault = fault
    }

    var name: String { storage.name }
    var count: Int { calls.withLock(\.count) }
    func forget() {
        calls.withLock { $0 = [] }
        bytes.withLock { $0 = 0 }
    }

    private func next(_ call: String) throws -> Fault? {
        let number = calls.withLock {
            $0.append(call); return $0.count
        }
        let fault = fault(call, number)
        if case .unreachable = fault { throw failure }
        return fault
    }

    private var failure: ShareUnavailable { ShareUnavailable(name, Problem(.failed, "test", "The line is cut")) }

    func createIfAbsent(_ body: Data, at path: String) async throws -> CreationAnswer {
        try await before("create \(path)")
        let fault = try next("create \(path)")
        let answer = try await storage.createIfAbsent(body, at: path)
        switch fault {
        case .lostAfter: return .lost(failure)
        case .twice: return try await storage.createIfAbsent(body, at: path)
        default: return answer
        }
    }

    func get(_ path: String) async throws -> Data? {
        try await before("get \(path)")
        _ = try next("get \(path)")
        let data = try await storage.get(path)
        bytes.withLock { $0 += data?.count ?? 0 }
        return data
    }

    func put(_ body: Data, at path: String) async throws {
        _ = try next("put \(path)")
        try await storage.put(body, at: path)
    }

    func list(_ folder: String, after: String?) async throws -> [ShareEntry] {
        try await before("list \(folder)")
        _ = try next("list \(folder)")
        return try await storage.list(folder, after: after)
    }
}

/// A store that knows nothing of conditions.
struct CarelessStorage: ShareStorage {
    let storage: DirectoryShareStorage

    var name: String { storage.name }
    func createIfAbsent(_ body: Data, at path: String) async throws -> CreationAnswer {
        try await storage.put(body, at: path)
        return .created
    }
    func get(_ path: String) async throws -> Data? { try await storage.get(path) }
    func put(_ body: Data, at path: String) async throws { try await storage.put(body, at: path) }
    func list(_ folder: String, after: String?) async throws -> [ShareEntry] { try await storage.list(folder, after: after) }
}

extension DirectoryShareStorage {
    init(_ folder: TemporaryFolder) { self.init(name: folder.path, root: folder.path) { UUID().uuidString } }
}

/// A machine of the team: its copy of the log, and the way to the share.
final class Clone: Sendable {
    let folder: TemporaryFolder
    let database: StateDatabase
    let share: Share
    let user: String

    /// - Parameter folder: that of another process of the same machine.
    init(_ user: String, _ storage: any ShareStorage, clock: Clock = .system, folder: TemporaryFolder? = nil) throws {
        self.folder = try folder ?? TemporaryFolder()
        self.user = user
        var context = Context.test(in: self.folder.path)
        context.clock = clock
        database = try StateDatabase.open(folder: self.folder.path + "/state", access: .readWrite, context: context)
        let sink = Sink()
        self.sink = sink
        share = Share(storage: storage, database: database, context: context) { line in sink.lines.withLock { $0.append(line) } }
    }

    final class Sink: Sendable { let lines = Mutex<[String]>([]) }
    let sink: Sink
    var warnings: String { sink.lines.withLock { $0.joined(separator: "\n") } }

    var actor: DeploymentActor { DeploymentActor(user: user, host: "\(user)s-machine") }

    func request(timeout: Duration = .zero, seconds: Int = 30) -> LeaseRequest {
        LeaseRequest(holder: actor, process: 7, command: "pipeplan apply", job: nil, seconds: seconds, timeout: timeout)
    }

    func intent(_ address: StackAddress = .web, offline id: String? = nil) throws -> DeploymentIntent {
        let recorded = try database.recordedStack(address)
        return DeploymentIntent(
            address: address, kind: recorded == nil ? .create : .update, startedAt: Date(timeIntervalSince1970: 1_750_000_000),
            actor: actor,
            toolVersion: "0.1.0", commandLine: "pipeplan apply \(address)", approval: "yes",
            configuration: StackConfiguration(stackName: "web", region: "eu-central-1", parameters: ["Count": .plain("3")]),
            templateBody: "Resources: {} # \(String(repeating: "x", count: 300))", planJSON: #"{"changes":["\#(user)"]}"#,
            changeSetName: "pipeplan-1", clientToken: "token-\(UUID().uuidString)", plannedAgainst: recorded?.serial,
            offlineID: id)
    }

    @discardableResult
    func finish(_ deployment: Deployment, _ status: DeploymentOutcome.Status = .succeeded) throws -> Deployment {
        let contents = StackContents(
            stackID: "arn:aws:cloudformation:eu-central-1:1:stack/web/1", status: "UPDATE_COMPLETE",
            resources: [
                RecordedResource(
                    StackResource(
                        logicalID: "Bucket", physicalID: "bucket-\(deployment.clientToken ?? "")", type: "AWS::S3::Bucket",
                        status: "CREATE_COMPLETE"))
            ], outputs: [])
        return try database.finish(
            deployment,
            DeploymentOutcome(
                status: status, effect: status == .succeeded ? .applied(contents) : .untouched,
                finishedAt: Date(timeIntervalSince1970: 1_750_000_030)), secrets: [])
    }

    /// Records a deployment here, without telling anybody.
    @discardableResult
    func record(_ address: StackAddress = .web, _ count: Int = 1) throws -> Deployment {
        var last = try finish(try database.begin(try intent(address), secrets: []))
        for _ in 1..<max(1, count) { last = try finish(try database.begin(try intent(address), secrets: [])) }
        return last
    }

    /// A whole deployment without the share.
    /// - Parameter time: of its last event at CloudFormation, in minutes.
    @discardableResult
    func deployOffline(_ id: String, _ address: StackAddress = .web, at time: Int = 0) throws -> Deployment {
        let deployment = try database.begin(try intent(address, offline: id), secrets: [])
        try database.append([event(at: time)], to: deployment, secrets: [])
        return try finish(deployment)
    }

    private func event(at minutes: Int) -> StackEvent {
        StackEvent(
            eventID: UUID().uuidString, stackID: "arn:aws:cloudformation:eu-central-1:1:stack/web/1", stackName: "web", logicalID: "web",
            physicalID: nil, resourceType: "AWS::CloudFormation::Stack",
            timestamp: Date(timeIntervalSince1970: 1_750_000_000 + Double(minutes) * 60), status: "UPDATE_COMPLETE", statusReason: nil,
            clientRequestToken: nil)
    }

    /// Publishes what was deployed offline, as a sync does it: in sentences.
    func publish(_ address: StackAddress = .web) async throws -> [String] {
        try await share.sync()
        return try await share.publishOffline(address, request()).map(\.text)
    }

    /// A whole deployment as the deployer does it.
    func deploy(_ address: StackAddress = .web, timeout: Duration = .seconds(60), at time: Int = 0) async throws {
        let lease = try await share.acquire(address, request(timeout: timeout))
        try await share.sync(certain: [address])
        let deployment = try database.begin(try intent(address), secrets: [])
        try await lease.reserve(deployment)
        try await lease.confirm(DeploymentProgress(step: "execute"))
        try database.append([event(at: time)], to: deployment, secrets: [])
        try await lease.publish(try finish(deployment))
        try await lease.release()
    }

    /// All records, as text.
    func log() throws -> [String] {
        try database.recordedAddresses().flatMap { try database.portableRecords(of: $0) }.map { "\($0.name) \($0.hash)" }
    }
}

/// The code of the problem that an operation ends in; `nil` where it ends well.
func problem(of operation: () async throws -> Void) async throws -> Finding? {
    do {
        try await operation()
        return nil
    } catch let problem as Problem {
        return problem.findings.first
    } catch let failure as ShareUnavailable {
        return failure.problem.findings.first
    }
}
