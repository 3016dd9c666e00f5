import Foundation
import Model

/// What a finished process printed and how it ended.
package struct ProcessResult: Sendable {
    package var status: Int32
    package var output: String
    package var errors: String
}

/// Runs a program to its end.
/// - Parameter environment: the whole environment; nothing is inherited but `PATH` and `HOME`.
package func run(
    _ program: String, _ arguments: [String], in folder: String, environment: [String: String] = [:], input: String? = nil
) throws -> ProcessResult {
    let inherited = ProcessInfo.processInfo.environment.filter { ["PATH", "HOME"].contains($0.key) }
    // Files, not pipes: a pipe that nobody empties while the other is read would stop the process.
    let streams = try TemporaryFolder()
    try streams.write(input ?? "", to: "in")
    let ends = ["in", "out", "err"].map { open("\(streams.path)/\($0)", O_RDWR | O_CREAT | O_CLOEXEC, 0o600) }
    defer { for end in ends { close(end) } }
    let child = try ChildProcess(
        [program] + arguments, environment: inherited.merging(environment) { _, given in given }, folder: folder,
        streams: ChildProcess.Streams(input: ends[0], output: ends[1], errors: ends[2]))
    let status = child.wait()
    return ProcessResult(status: status, output: try streams.read("out"), errors: try streams.read("err"))
}

/// A program that runs beside the test, which reads what it prints and sends it signals.
package final class RunningProgram: Sendable {
    private let process: ChildProcess
    private let streams: TemporaryFolder

    /// - Parameter environment: the whole environment; nothing is inherited but `PATH` and `HOME`.
    package init(_ program: String, _ arguments: [String], in folder: String, environment: [String: String]) throws {
        let inherited = ProcessInfo.processInfo.environment.filter { ["PATH", "HOME"].contains($0.key) }
        streams = try TemporaryFolder()
        try streams.write("", to: "in")
        let ends = ["in", "out", "err"].map { [path = streams.path] in open("\(path)/\($0)", O_RDWR | O_CREAT | O_CLOEXEC, 0o600) }
        defer { for end in ends { close(end) } }
        process = try ChildProcess(
            [program] + arguments, environment: inherited.merging(environment) { _, given in given }, folder: folder,
            streams: ChildProcess.Streams(input: ends[0], output: ends[1], errors: ends[2]))
    }

    /// Waits until the program has printed a text on standard error, or where `stream` says.
    package func wait(for text: String, on stream: String = "err") throws {
        let deadline = Date(timeIntervalSinceNow: 60)
        while try !streams.read(stream).contains(text) {
            guard Date() < deadline else {
                process.send(signal: SIGKILL)
                throw ServerFailure(program: "the program, which has printed \(try streams.read("err")) but not \(text),")
            }
            // A file tells nobody that it has grown: asking again is the only way.
            usleep(10_000)
        }
    }

    package func send(signal: Int32) { process.send(signal: signal) }

    package var identifier: Int32 { process.pid }

    /// Waits for the end.
    package func end() throws -> ProcessResult {
        let status = process.wait()
        return ProcessResult(status: status, output: try streams.read("out"), errors: try streams.read("err"))
    }
}

/// A server that runs while a test does, on a loopback port of its own.
package final class RunningServer: Sendable {
    private let process: ChildProcess
    package let port: UInt16
    package var endpoint: String { "http://127.0.0.1:\(port)" }

    /// Starts a server and waits until it accepts connections.
    package init(_ program: String, _ arguments: (UInt16) -> [String], environment: (UInt16) -> [String: String] = { _ in [:] }) throws {
        port = try freePort()
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        process = try ChildProcess(
            [program] + arguments(port),
            environment: ProcessInfo.processInfo.environment.merging(environment(port)) { _, given in given },
            streams: ChildProcess.Streams(input: null, output: null, errors: null))
        let deadline = Date(timeIntervalSinceNow: 60)
        while !accepts(port) {
            guard Date() < deadline else {
                stop(SIGKILL)
                throw ServerFailure(program: program)
            }
            // The kernel tells nobody of a port being opened: asking again is the only way.
            usleep(20_000)
        }
    }

    deinit { stop(SIGKILL) }

    private func stop(_ signal: Int32) {
        process.send(signal: signal)
        _ = process.wait()
    }
}

package struct ServerFailure: Error, CustomStringConvertible {
    var program: String
    package var description: String { "\(program) did not start to listen" }
}

extension RunningServer {
    /// moto, an AWS that others wrote.
    package static func moto() throws -> RunningServer {
        try RunningServer(Repository.python("moto_server")) { ["-H", "127.0.0.1", "-p", "\($0)"] }
    }

    /// moto whose conditional PUT is as indivisible as S3's, which moto's own is not.
    package static func atomicMoto() throws -> RunningServer {
        let script = "\(Repository.root)/Tests/AWSTests/Peers/moto_atomic.py"
        return try RunningServer(Repository.python("python")) { ["-B", script, "127.0.0.1", "\($0)"] }
    }

    /// MiniStack, another one, and more faithful for CloudFormation.
    ///
    /// - Parameter checksSignatures: then the key `test` with the secret `test` is the account's own.
    package static func miniStack(checksSignatures: Bool = false) throws -> RunningServer {
        try RunningServer(
            Repository.python("ministack"), { _ in [] },
            environment: { ["BIND_HOST": "127.0.0.1", "GATEWAY_PORT": "\($0)", "AUTH": "\(checksSignatures)"] })
    }

    /// A proxy in front of an endpoint that spoils what its rules name: `Tests/AWSTests/Peers/proxy.py`.
    /// - Parameter rules: a file with the first rules.
    package static func faultyProxy(to endpoint: String, rules: String? = nil) throws -> RunningServer {
        let script = "\(Repository.root)/Tests/AWSTests/Peers/proxy.py"
        let given = rules.map { ["--rules", $0] } ?? []
        return try RunningServer(Repository.python("python")) { ["-B", script, "--to", endpoint, "--port", "\($0)"] + given }
    }

    /// The sandbox as a process of its own.
    package static func sandbox(folder: String) throws -> RunningServer {
        try RunningServer(Repository.program) { ["sandbox", "serve", "--port", "\($0)", "--folder", folder] }
    }
}

/// Does what blocks its thread on one of its own: waiting on those that tests share would keep other tests from running.
package func inBackground<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async { continuation.resume(with: Result { try work() }) }
    }
}

/// A server that is shared by the tests which run at the same time, and ends with the last of them.
package actor SharedServer {
    package static let moto = SharedServer { try .moto() }
    package static let atomicMoto = SharedServer { try .atomicMoto() }
    package static let miniStack = SharedServer { try .miniStack() }

    private let start: @Sendable () throws -> RunningServer
    private weak var server: RunningServer?
    private var starting: Task<RunningServer, any Error>?

    private init(_ start: @escaping @Sendable () throws -> RunningServer) { self.start = start }

    /// The server, for as long as it is held.
    package func running() async throws -> RunningServer {
        if let server { return server }
        if let starting { return try await starting.value }
        let task = Task { [start] in try await inBackground(start) }
        starting = task
        defer { starting = nil }
        let server = try await task.value
        self.server = server
        return server
    }
}

/// A port that was free a moment ago.
private func freePort() throws -> UInt16 {
    let socket = try openSocket()
    defer { close(socket) }
    var address = loopback(port: 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0 }
    }
    guard bound else { throw ServerFailure(program: "a free port") }
    return UInt16(bigEndian: address.sin_port)
}

private func accepts(_ port: UInt16) -> Bool {
    guard let socket = try? openSocket() else { return false }
    defer { close(socket) }
    var address = loopback(port: port)
    return withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
    }
}

private func openSocket() throws -> Int32 {
    #if canImport(Glibc)
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
        let descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    guard descriptor >= 0 else { throw ServerFailure(program: "a socket") }
    return descriptor
}

private func loopback(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
}
