package import ArgumentParser
package import Model
import Reporting

/// The command line: parses it, runs one command, and turns whatever happens into an exit code.
package struct Pipeplan: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "pipeplan",
        abstract: "Plan and apply CloudFormation stacks, exactly as reviewed, with a recorded history.",
        discussion: """
            Stacks are described under stacks/, one folder each. A plan compares them with what is recorded under state/, offline.

              pipeplan plan                          what would change, be replaced
              pipeplan apply image-pipeline:develop  show it, ask, and do just that
              pipeplan history                       who deployed what, and how it went
              pipeplan help plan                     a command in detail

            Try it without an AWS account: add --sandbox.
            Exit codes: 0 done, 1 failed, 2 changes or drift (--detailed-exitcode), 3 refused, 4 bad input, 130 interrupted.
            """,
        version: "pipeplan \(Version.current)",
        subcommands: [
            PlanCommand.self, DiffCommand.self, ApplyCommand.self, DestroyCommand.self, ImportCommand.self, ResumeCommand.self,
            RollbackCommand.self, RecoverCommand.self,
            HistoryCommand.self,
            OutputsCommand.self, DriftCommand.self,
            WhoamiCommand.self, ValidateCommand.self, StateCommand.self, SandboxCommand.self, VersionCommand.self,
        ])

    package init() {}

    /// Runs the command that `arguments` (without the program's own name) ask for.
    /// - Returns: the process's exit code, by design: 0, 1, 2, 3, 4 or 130.
    package static func run(_ arguments: [String], in context: Context) async -> Int32 {
        do {
            var parsed = try parseAsRoot(arguments)
            guard let command = parsed as? any ContextCommand else {
                try parsed.run()
                return ExitStatus.success.rawValue
            }
            return try await command.run(in: context).rawValue
        } catch let problem as Problem {
            context.terminal.writeError(FindingText.render(problem.findings, .error(context)))
            return problem.status.rawValue
        } catch is CancellationError {
            return ExitStatus.interrupted.rawValue
        } catch {
            return report(error, arguments, context)
        }
    }

    /// What the argument parser throws: help and version asked for are results, everything else is bad usage.
    private static func report(_ error: any Error, _ arguments: [String], _ context: Context) -> Int32 {
        if let problem = explained(error) {
            context.terminal.writeError(FindingText.render(problem.findings, .error(context)))
            return problem.status.rawValue
        }
        let isAskedFor = exitCode(for: error).isSuccess
        var message = fullMessage(for: error)
        if !isAskedFor, let hint = misspelt(arguments) { message += "\n  Did you mean \(hint)?" }
        if !isAskedFor, arguments.contains(where: ["--yes", "-y", "-auto-approve"].contains) {
            message += "\n  To go on without being asked: --auto-approve."
        }
        let text = message.hasSuffix("\n") ? message : message + "\n"
        if isAskedFor {
            context.terminal.write(text)
            return ExitStatus.success.rawValue
        }
        // It repeats what was typed.
        context.terminal.writeError(text.printable)
        return ExitStatus.badInput.rawValue
    }
}

extension Pipeplan {
    /// The command that the first argument most likely means.
    private static func misspelt(_ arguments: [String]) -> String? {
        let names = configuration.subcommands.compactMap { $0.configuration.commandName }
        guard let first = arguments.first, !first.hasPrefix("-"), !names.contains(first) else { return nil }
        return others[first] ?? nearestName(to: first, in: names)
    }

    /// What other tools call these commands.
    private static let others = [
        "deploy": "apply", "up": "apply", "update": "apply", "create": "apply", "delete": "destroy", "rm": "destroy", "down": "destroy",
        "preview": "plan", "changeset": "plan", "ls": "state list", "list": "state list", "log": "history", "logs": "history",
        "lint": "validate", "init": "import",
    ]
}

/// A command that gets everything outside from a context.
protocol ContextCommand: ParsableCommand {
    func run(in context: Context) async throws -> ExitStatus
}

/// The program's version, by semver.org.
package enum Version {
    package static let current = "0.1.0"
}
