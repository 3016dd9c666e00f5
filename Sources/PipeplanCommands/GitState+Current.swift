import Foundation
import Model
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
        guard let output = Git.output(arguments, in: folder, environment: ProcessInfo.processInfo.environment) else { return nil }
        let text = String(decoding: output, as: UTF8.self).trimmed
        return text.isEmpty && arguments.first != "status" ? nil : text
    }
}
