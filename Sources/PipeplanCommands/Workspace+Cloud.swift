import Model
import Sandbox

extension Workspace {
    /// Runs `body` with the surroundings in which AWS is reached: the process's own, or those of a sandbox that runs meanwhile.
    func withCloud(_ body: (Context) async throws -> Void) async throws {
        defer { screen?.close() }
        var context = context
        if let screen { context.terminal = screen.terminal }
        guard usesSandbox else { return try await run(body, in: context) }
        try await context.withSandbox(in: Self.stateFolder(project, usesSandbox: true)) { try await run(body, in: $0) }
    }

    private func run(_ body: (Context) async throws -> Void, in context: Context) async throws {
        planHooks?.surroundings.withLock { $0 = context }
        defer { planHooks?.surroundings.withLock { $0 = nil } }
        try await body(context)
    }

    /// Whether planning some stacks runs hooks.
    func runsPlanHooks(of addresses: [StackAddress]) -> Bool {
        planHooks != nil
            && addresses.contains { address in
                let hooks = try? project.configuration(of: address).hooks
                return hooks?.before[.plan] != nil || hooks?.after[.plan] != nil
            }
    }
}

extension Context {
    /// Runs `body` with the surroundings of a sandbox that runs meanwhile and keeps its stacks in a folder.
    func withSandbox(in folder: String, _ body: (Context) async throws -> Void) async throws {
        let server = try SandboxServer(folder: folder, clock: clock)
        let port = try await server.start(port: 0)
        var inside = self
        inside.environment = Self.sandboxEnvironment(environment, endpoint: "http://127.0.0.1:\(port)")
        do {
            try await body(inside)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    /// The environment without anything that would lead, or leak, to the real AWS.
    private static func sandboxEnvironment(_ environment: [String: String], endpoint: String) -> [String: String] {
        var inside = environment.filter { name, _ in !name.hasPrefix("AWS_") && !name.lowercased().hasSuffix("_proxy") }
        inside["AWS_ENDPOINT_URL"] = endpoint
        inside["AWS_ACCESS_KEY_ID"] = "sandbox"
        inside["AWS_SECRET_ACCESS_KEY"] = "sandbox"
        inside["AWS_CONFIG_FILE"] = "/dev/null"
        inside["AWS_SHARED_CREDENTIALS_FILE"] = "/dev/null"
        return inside
    }
}
