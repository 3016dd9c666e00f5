package import Model
package final class SandboxServer: Sendable {
    package init(folder: String, clock: Clock) throws {}
    package func start(port: UInt16) async throws -> UInt16 { 0 }
    package func run() async throws {}
    package func stop() async {}
}
