import ArgumentParser
import Foundation
import Model
import Project
import Sandbox

struct SandboxCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox", abstract: "The embedded CloudFormation, for trying things out.",
        subcommands: [SandboxServe.self, SandboxEdit.self, SandboxDeleteResource.self])
}

struct SandboxServe: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Keep the sandbox running for other clients, such as the AWS CLI.",
        discussion: """
              pipeplan sandbox serve --port 4599 &
              export AWS_ENDPOINT_URL=http://127.0.0.1:4599 AWS_ACCESS_KEY_ID=sandbox AWS_SECRET_ACCESS_KEY=sandbox
              aws cloudformation list-stacks --region us-east-1

            It listens on 127.0.0.1 only and keeps its stacks in state/sandbox/. Faults are read from faults.json there.
            """)

    @Option(name: .long, help: "The port to listen on; 0 takes a free one.")
    var port: UInt16 = 4599
    @Option(name: .long, help: "The folder to keep its stacks in; by default the project's state/sandbox/.")
    var folder: String?

    func run(in context: Context) async throws -> ExitStatus {
        let place =
            try folder.map { context.url(of: $0).path }
            ?? "\(Project.find(from: context).stateFolder)/sandbox"
        let server = try SandboxServer(folder: place, clock: context.clock)
        let bound = try await server.start(port: port)
        context.terminal.write("The sandbox listens at http://127.0.0.1:\(bound); stacks are kept in \(place). Stop it with Ctrl-C.\n")
        try await server.run()
        return .success
    }
}
