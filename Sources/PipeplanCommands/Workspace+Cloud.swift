import Model
import Sandbox

extension Workspace {
    /// Runs `body` with the surroundings in which AWS is reached: the process's own, or those of a sandbox that runs meanwhile.
    func withCloud(_ body: (Context) async throws -> Void) async throws {
        guard usesSandbox else { return try await body(context) }
        let server = try SandboxServer(folder: Self.stateFolder(project, usesSandbox: true), clock: context.clock)
        let port = try await server.start(port: 0)
        var inside = context
        inside.environment = Self.sandboxEnvironment(context.environment, endpoint: "http://127.0.0.1:\(port)")
        do {
            try await body(inside)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    /// The environment without anything that would lead, or leak, to the real AWS.
    static func sandboxEnvironment(_ environment: [String: String], endpoint: String) -> [String: String] {
        var inside = environment.filter { name, _ in !name.hasPrefix("AWS_") && !name.lowercased().hasSuffix("_proxy") }
        inside["AWS_ENDPOINT_URL"] = endpoint
        inside["AWS_ACCESS_KEY_ID"] = "sandbox"
        inside["AWS_SECRET_ACCESS_KEY"] = "sandbox"
        inside["AWS_CONFIG_FILE"] = "/dev/null"
        inside["AWS_SHARED_CREDENTIALS_FILE"] = "/dev/null"
        return inside
    }
}
