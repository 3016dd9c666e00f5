import Foundation
import StateDatabase

extension GitState {
    /// The state of the git work tree around `folder`; `nil` where there is none, or no git.
    static func current(of folder: String) -> GitState? {
        guard let commit = git(["rev-parse", "HEAD"], folder) else { return nil }
        let branch = git(["rev-parse", "--abbrev-ref", "HEAD"], folder).flatMap { $0 == "HEAD" ? nil : $0 }
        let changes = git(["status", "--porcelain"], folder)
        return GitState(
            commit: commit, branch: branch, isDirty: !(changes ?? "").isEmpty, remote: git(["remote", "get-url", "origin"], folder))
    }

    private static func git(_ arguments: [String], _ folder: String) -> String? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["git", "-C", folder] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { return nil }
        let text = String(decoding: data, as: UTF8.self).trimmed
        return text.isEmpty && arguments.first != "status" ? nil : text
    }
}
