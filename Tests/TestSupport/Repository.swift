import Foundation

/// Where this project's own files are.
package enum Repository {
    /// The root of the source tree.
    package static let root = String(#filePath.dropLast("/Tests/TestSupport/Repository.swift".count))

    /// The program under test: what `PIPEPLAN_PROGRAM` names, or the one built beside the tests.
    package static let program: String = {
        if let named = ProcessInfo.processInfo.environment["PIPEPLAN_PROGRAM"] { return named }
        let products = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        return products.appendingPathComponent("pipeplan").path
    }()

    /// What records without end, for `scripts/bench` (Tests/StateBench).
    package static let stateBench = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appendingPathComponent("state-bench").path

    /// A program of the virtual environment that `scripts/python-env` makes.
    package static func python(_ name: String) -> String { "\(root)/.venv/bin/\(name)" }
}
