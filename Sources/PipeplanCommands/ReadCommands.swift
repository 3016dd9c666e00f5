import ArgumentParser
import Model
import Reporting
import StateDatabase

struct OutputsCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "outputs", abstract: "Show the outputs that deployments left, or one of them alone.",
        discussion: """
              pipeplan outputs image-pipeline:develop
              docker pull $(pipeplan outputs image-pipeline:develop RepositoryUri)
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "A stack, as <stack> or <stack>:<environment>; all of them where none is named.")
    var stack: String?
    @Argument(help: "The name of one output: its value is printed, and nothing else.")
    var name: String?

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readOnly)
        guard let stack, let name else {
            let stacks = try workspace.recordedStacks(stack.map { [$0] } ?? [], common)
            context.terminal.write(
                common.json ? try JSONReport.render(OutputsReport(stacks)) : OutputsReport.text(stacks, .output(context)))
            return .success
        }
        let address = try workspace.oneAddress(stack, common)
        let outputs = try workspace.database.recordedStack(address)?.outputs ?? []
        guard let output = outputs.first(where: { $0.key == name }) else {
            let hint = nearestName(to: name, in: outputs.map(\.key)).map { "Did you mean \($0)?" }
            throw Problem(
                .badInput, "no-output", "\(address) has no recorded output \(name)",
                detail: hint ?? (outputs.isEmpty ? "It has none." : "It has \(outputs.map(\.key).joined(separator: ", "))."))
        }
        context.terminal.write(common.json ? JSONValue.quoted(output.value) + "\n" : output.value + "\n")
        return .success
    }
}

struct VersionCommand: ContextCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    @Flag(name: .long, help: "Print the result as JSON.")
    var json = false

    private struct Report: Encodable {
        var formatVersion = 1
        var version = Version.current
    }

    func run(in context: Context) async throws -> ExitStatus {
        context.terminal.write(json ? try JSONReport.render(Report()) : "pipeplan \(Version.current)\n")
        return .success
    }
}
