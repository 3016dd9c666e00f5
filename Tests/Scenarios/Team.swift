import Foundation
import TestSupport
import Testing

/// Two machines of a team, each a project folder of its own, at one cloud; their share is a folder.
final class Team: Sendable {
    static let secret = "s3cret-of-the-team-0815"
    private static let template = """
        Parameters:
          Token: {Type: String, NoEcho: true}
        Resources:
          Topic:
            Type: AWS::SNS::Topic
            Properties: {DisplayName: one}

        """

    let sandbox: TemporaryFolder
    let cloud: RunningServer
    let share: TemporaryFolder
    let ada: Session
    let grace: Session

    /// - Parameter leaseSeconds: after which Ada is taken for dead.
    init(leaseSeconds: Int = 30) async throws {
        let sandbox = try TemporaryFolder()
        let cloud = try await inBackground { try RunningServer.sandbox(folder: "\(sandbox.path)/sandbox") }
        share = try TemporaryFolder()
        ada = try Self.machine(cloud.endpoint, share: share.path, leaseSeconds: leaseSeconds)
        grace = try Self.machine(cloud.endpoint, share: share.path)
        (self.sandbox, self.cloud) = (sandbox, cloud)
    }

    private static func machine(_ endpoint: String, share: String?, leaseSeconds: Int = 30) throws -> Session {
        let session = try Session(
            endpoint: endpoint, environment: ["TOKEN": secret, "PIPEPLAN_LEASE_SECONDS": String(leaseSeconds)])
        try session.folder.write(template, to: "stacks/shop/template.yml")
        try session.folder.write("region: us-east-1\nparameters: {Token: {env: TOKEN}}\n", to: "stacks/shop/stack.yml")
        if let share { try session.folder.write("region: us-east-1\nshare: \(share)\n", to: "stacks/pipeplan.yml") }
        return session
    }

    /// One more, whose copy of the history is empty.
    func machine(isShared: Bool = true) throws -> Session { try Self.machine(cloud.endpoint, share: isShared ? share.path : nil) }

    /// Ada makes the share and deploys the stack, and Grace takes that over.
    func begin() throws {
        #expect(try ada.pipeplan("state share \(share.path)").status == 0)
        let applied = try ada.pipeplan("apply shop --auto-approve")
        #expect(applied.status == 0, "\(applied.errors)")
        #expect(try grace.pipeplan("state sync").output == "shop: 2 received\n")
    }

    func setFaults(_ json: String) throws { try sandbox.write(json, to: "sandbox/faults.json") }

    func takeShareAway() throws { try FileManager.default.moveItem(atPath: share.path, toPath: share.path + ".away") }
    func bringShareBack() throws { try FileManager.default.moveItem(atPath: share.path + ".away", toPath: share.path) }

    /// Both have one history, that is sound, and the secret that was deployed is nowhere: not on the share, not at either machine.
    func expectSameAndNoSecret() throws {
        for machine in [ada, grace] { #expect(try machine.pipeplan("state sync").status == 0) }
        let history = try ada.pipeplan("history --json").output
        #expect(try grace.pipeplan("history --json").output == history)
        for machine in [ada, grace] {
            #expect(try machine.pipeplan("state verify").status == 0)
            #expect(try machine.filesHolding(Self.secret) == [])
        }
        #expect(!(try share.contents().values.contains { $0.range(of: Data(Self.secret.utf8)) != nil }))
    }
}
