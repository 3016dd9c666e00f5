import ArgumentParser
import Foundation
import Model
import Project
import Sandbox

/// What the commands that change the sandbox's cloud by hand have in common.
struct SandboxPlace: ParsableArguments {
    @Argument(help: "The stack, as <stack> or <stack>:<environment>, or its name in the sandbox.")
    var stack: String
    @Argument(help: "The resource's logical ID.")
    var logicalID: String
    @Option(name: .long, help: "The region; by default that of stack.yml.")
    var region: String?
    @Option(name: [.customLong("env"), .customShort("e")], help: "The environment of a stack that has several.")
    var environment: String?

    /// Runs `body` on the sandbox's store with the stack's name and region. What is wrong with them is bad input.
    func edit(_ context: Context, _ body: (CloudStore, _ stack: String, _ region: String) async throws -> Void) async throws {
        let project = try Project.find(from: context)
        var name = stack
        var settings: StackSettings?
        if let found = try? project.addresses([stack], environment: environment), found.count == 1, let address = found.first {
            settings = try project.configuration(of: address)
            name = settings?.stackName ?? stack
        }
        let region =
            region ?? settings?.region ?? context.environment["AWS_REGION"] ?? context.environment["AWS_DEFAULT_REGION"] ?? "us-east-1"
        let folder = Workspace.stateFolder(project, usesSandbox: true)
        let server = try SandboxServer(folder: folder, clock: context.clock)
        do {
            try await body(server.store, name, region)
        } catch let problem as CloudEditProblem {
            throw Problem(
                .badInput, "not-in-sandbox", problem.description,
                detail:
                    "The sandbox in \(folder) is meant, and region \(region). `pipeplan state list --sandbox` tells what was deployed there."
            )
        }
    }
}

struct SandboxEdit: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "edit",
        abstract: "Change a live resource of the sandbox by hand, as somebody in the console would: its stack does not hear of it.",
        discussion: """
              pipeplan sandbox edit shop Topic DisplayName=edited
              pipeplan sandbox edit shop Function Environment.Variables.URL=x Timeout=30
              pipeplan sandbox edit shop Topic 'Tags/0={"Key": "a", "Value": "b"}'
              pipeplan sandbox edit shop Topic DisplayName=               removes it

            A value that is a JSON object, list, number or truth value is taken for that; any other is text.
            """)

    @OptionGroup var place: SandboxPlace
    @Argument(help: "What to set, as path=value; without a value it is removed.")
    var edits: [String]

    func run(in context: Context) async throws -> ExitStatus {
        let parsed = try edits.map { edit in
            guard let equals = edit.firstIndex(of: "="), equals != edit.startIndex else {
                throw Problem(
                    .badInput, "bad-edit", "\(JSONValue.quoted(edit)) is no path=value", detail: "Write it like DisplayName=edited.")
            }
            return (path: String(edit[..<equals]), text: String(edit[edit.index(after: equals)...]))
        }
        try await place.edit(context) { store, stack, region in
            for edit in parsed {
                try await store.edit(
                    stack: stack, region: region, logicalID: place.logicalID, path: edit.path,
                    value: Self.value(edit.text))
            }
        }
        context.terminal.write("\(place.logicalID) was edited past CloudFormation: \(parsed.map(\.path).joined(separator: ", ")).\n")
        return .success
    }

    /// - Returns: `nil` for no text, which removes what is there.
    private static func value(_ text: String) -> JSONValue? {
        if text.isEmpty { return Optional.none }
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)), value != .null else { return .string(text) }
        return value
    }
}

struct SandboxDeleteResource: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete-resource",
        abstract: "Delete a live resource of the sandbox by hand: its stack does not hear of it.",
        discussion: "  pipeplan sandbox delete-resource shop Topic")

    @OptionGroup var place: SandboxPlace

    func run(in context: Context) async throws -> ExitStatus {
        try await place.edit(context) { store, stack, region in
            try await store.deleteResource(stack: stack, region: region, logicalID: place.logicalID)
        }
        context.terminal.write("\(place.logicalID) was deleted past CloudFormation.\n")
        return .success
    }
}
