import Foundation

@testable import AWS

/// A Python script under `Peers/` that runs for as long as this value is held, and says on its first line where it listens.
final class Peer: @unchecked Sendable {
    // Safe to send: nothing is changed after `init`.
    private let process: Process
    let port: Int

    struct Failed: Error { var reason: String }

    convenience init(_ script: String, _ arguments: String...) throws {
        try self.init(script, arguments)
    }

    init(_ script: String, _ arguments: [String]) throws {
        process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [Python.interpreter, "-B", Python.path(script)] + arguments
        process.standardOutput = output
        try process.run()
        var line = Data()
        while let byte = try output.fileHandleForReading.read(upToCount: 1), byte.first != UInt8(ascii: "\n"), !byte.isEmpty {
            line += byte
        }
        guard let port = Int(String(decoding: line, as: UTF8.self)) else { throw Failed(reason: "\(script) did not start") }
        self.port = port
    }

    deinit {
        // Children of Swift's own threads have SIGTERM blocked.
        kill(process.processIdentifier, SIGKILL)
    }

    var url: String { "http://127.0.0.1:\(port)" }
}

enum Python {
    /// Runs a script under `Peers/` on a JSON document and decodes the JSON it prints.
    static func ask<Answer: Decodable>(_ script: String, _ question: some Encodable) async throws -> Answer {
        let file = FileManager.default.temporaryDirectory.appending(path: "pipeplan-\(UUID().uuidString).json")
        try JSONEncoder().encode(question).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let line = "'\(interpreter)' -B '\(path(script))' < '\(file.path())'"
        let result = try await ShellCommand.run(line, environment: ProcessInfo.processInfo.environment)
        return try JSONDecoder().decode(Answer.self, from: result.output)
    }

    static var interpreter: String {
        let inTree = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: ".venv/bin/python").path()
        return ProcessInfo.processInfo.environment["PIPEPLAN_PYTHON"]
            ?? (FileManager.default.isExecutableFile(atPath: inTree) ? inTree : "python3")
    }

    static func path(_ script: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Peers/\(script)").path()
    }
}
