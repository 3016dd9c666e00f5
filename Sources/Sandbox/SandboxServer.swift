import Foundation
package import Model

/// An embedded CloudFormation behind a real socket, with the parts of S3, STS and SSM that go with it.
///
///     let server = try SandboxServer(folder: "state/sandbox")
///     let port = try await server.start()
///     // AWS_ENDPOINT_URL=http://127.0.0.1:\(port), any credentials
///     await server.stop()
///
/// Several servers, in one process or several, may serve one folder.
package actor SandboxServer {
    package nonisolated let store: CloudStore
    private let front: SocketFront

    /// - Parameters:
    ///   - folder: where the cloud is kept; made where it is missing. `faults.json` in it is read at each request.
    ///   - accountID: the account everything belongs to: twelve digits.
    /// - Throws: where the folder can't be written or the database in it can't be used.
    package init(
        folder: String, accountID: String = "123456789012", clock: Clock = .system, options: SandboxOptions = SandboxOptions()
    ) throws {
        self.init(store: try CloudStore(folder: folder, accountID: accountID, clock: clock, options: options))
    }

    init(store: CloudStore) {
        self.store = store
        let router = RequestRouter(store: store)
        front = SocketFront { await router.answer($0) }
    }

    /// Binds and begins to serve.
    /// - Parameter port: 0 has the system choose one.
    /// - Returns: the bound port.
    /// - Throws: where the address can't be bound.
    package func start(port: UInt16 = 0, host: String = "127.0.0.1") async throws -> UInt16 {
        try await front.start(host: host, port: port)
    }

    /// Waits until the server is stopped or the task is cancelled.
    package func run() async throws {
        try await withTaskCancellationHandler {
            try await front.finish()
        } onCancel: {
            Task { await self.stop() }
        }
    }

    /// Ends all connections and frees the port. What is under way in the cloud goes on: its timeline is stored.
    package func stop() async { await front.stop() }
}
