import Foundation
import Model

/// Asks git about the work tree around a folder.
enum Git {
    /// What git answers; `nil` where it fails, or there is none. What it complains of is not shown.
    static func output(_ arguments: [String], in folder: String, environment: [String: String]) -> Data? {
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        let result = try? ChildProcess.run(["git", "-C", folder] + arguments, environment: environment, input: null, errors: null)
        guard let result, result.status == 0 else { return nil }
        return result.output
    }
}
