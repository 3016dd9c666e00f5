import Foundation
import Model
import Project
import Testing

/// A project on disk that is gone when this goes. Its path is the working directory unless a test says otherwise.
final class TemporaryProject {
    let root: String

    init(_ files: [String: String] = [:]) throws {
        root = FileManager.default.temporaryDirectory.appendingPathComponent("pipeplan-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        for (path, text) in files { try write(text, to: path) }
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    func path(_ path: String) -> String { "\(root)/\(path)" }

    func write(_ text: String, to path: String) throws { try write(Data(text.utf8), to: path) }

    func write(_ data: Data, to path: String) throws {
        try makeFolder((path as NSString).deletingLastPathComponent)
        try data.write(to: URL(fileURLWithPath: self.path(path)))
    }

    func makeFolder(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: self.path(path), withIntermediateDirectories: true)
    }

    func context(in folder: String? = nil, environment: [String: String] = [:]) -> Context {
        Context(
            environment: environment, workingDirectory: folder.map(path) ?? root,
            terminal: Terminal(
                write: { _ in fatalError("writes") }, writeError: { _ in fatalError("writes") }, readLine: { fatalError("asks") },
                isInteractive: false, outputIsTerminal: false, errorIsTerminal: false, columns: nil),
            clock: Clock(
                now: { fatalError("asks the time") }, uptime: { fatalError("asks the time") }, sleep: { _ in fatalError("waits") }),
            randomBytes: { _ in fatalError("draws") })
    }

    func find(in folder: String? = nil, environment: [String: String] = [:]) throws -> Project {
        try Project.find(from: context(in: folder, environment: environment))
    }

    func configuration(_ address: String = "app") throws -> StackSettings {
        try find().configuration(of: try #require(StackAddress(address)))
    }
}

extension Problem {
    /// Each finding on a line: place, code, summary and what to do.
    var lines: [String] { findings.map(\.line) }
}

extension Finding {
    var line: String {
        (location.map { "\($0) " } ?? "") + "\(code): \(summary)" + (detail.isEmpty ? "" : " | \(detail)")
    }
}

/// The problem that `body` throws.
func problem(_ body: () throws -> Void) -> Problem? {
    do {
        try body()
        return nil
    } catch {
        return error as? Problem
    }
}
