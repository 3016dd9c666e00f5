import AWS
import Foundation
import Model
import StateDatabase
import Testing

@testable import Deploying
@testable import Planning

/// An interrupted deployment is gone on with only where the same is asked for.
@Suite struct RepeatedRequestTests {
    private let state: TemporaryState

    init() throws { state = try TemporaryState() }

    private func request(role: String? = nil, onFailure: CreateChangeSetInput.OnStackFailure? = nil, _ plan: Plan = .creation) throws
        -> DeploymentRequest
    {
        var request = try DeploymentRequest.sample(plan, plan.kind == .create ? .create : .update)
        request.serviceRole = role
        request.handling.onFailure = onFailure
        return request
    }

    /// Begins what a request asks for, as a process that is killed then.
    private func interrupted(_ request: DeploymentRequest) throws -> Deployment {
        let intent = try creation().deployer(state.database).intent(for: request, token: "pipeplan-0123456789ab\(request.mark)")
        return try state.database.begin(intent, secrets: [])
    }

    @Test func `what a change set was made with beside its template counts`() throws {
        let deployment = try interrupted(try request(role: "arn:role", onFailure: .delete))
        let configuration = try state.database.configuration(of: deployment)
        let others = try [
            request(role: "arn:role"), request(role: "arn:other", onFailure: .delete), request(), request(onFailure: .delete),
        ]
        let same = try request(role: "arn:role", onFailure: .delete)
        #expect(same.repeats(deployment, plan: .creation, configuration))
        #expect(others.allSatisfy { !$0.repeats(deployment, plan: .creation, configuration) })
    }

    @Test func `what has no part in an update's change set does not`() throws {
        #expect(try request(onFailure: .doNothing, .addition).mark == "")
        let deployment = try interrupted(try request())
        #expect(try request().repeats(deployment, plan: .creation, try state.database.configuration(of: deployment)))
    }
}
