import Foundation
import Model
import StateDatabase
import Testing

@Suite struct `A deployment's life` {
    let folder: TemporaryFolder
    let database: StateDatabase

    init() throws {
        folder = try TemporaryFolder()
        database = try folder.open()
    }

    @Test func `an intent is there as it was given before anything is done`() throws {
        let intent = DeploymentIntent.sample(kind: .create, template: "Resources: {A: {}}", plan: #"{"changes":[1]}"#, plannedAgainst: nil)
        let deployment = try database.begin(intent, secrets: [])

        #expect(deployment.serial == 1)
        #expect(deployment.status == .inProgress)
        #expect(deployment.effect == nil)
        #expect(deployment.address == intent.address)
        #expect(deployment.kind == .create)
        #expect(deployment.startedAt == intent.startedAt)
        #expect(deployment.actor == intent.actor)
        #expect(deployment.git == intent.git)
        #expect(deployment.commandLine == intent.commandLine)
        #expect(deployment.approval == "auto-approve")
        #expect(deployment.changeSetName == "pipeplan-1")
        #expect(deployment.clientToken == "token-1")
        #expect(try database.template(of: deployment) == intent.templateBody)
        #expect(try database.plan(of: deployment) == intent.planJSON)
        #expect(try database.configuration(of: deployment) == intent.configuration)
        #expect(try database.openDeployment(.pipeline) == deployment)
        #expect(try database.deployments() == [deployment])
        #expect(try database.recordedStack(.pipeline) == nil)
    }

    @Test func `progress is noted bit by bit and nothing noted is lost`() throws {
        let deployment = try database.begin(.sample(plannedAgainst: nil), secrets: [])
        try database.note(DeploymentProgress(step: "created-change-set", changeSetID: "arn:change-set"), of: deployment)
        try database.note(DeploymentProgress(step: "executed", stackID: "arn:stack"), of: deployment)

        let noted = try #require(try database.openDeployment(.pipeline))
        #expect([noted.step, noted.changeSetID, noted.stackID] == ["executed", "arn:change-set", "arn:stack"])
    }

    @Test func `an outcome settles the deployment with everything it left`() throws {
        let deployment = try database.begin(.sample(kind: .create, plannedAgainst: nil), secrets: [])
        let output = StackOutput(key: "Uri", value: "repo", description: "where", exportName: "pipeline-uri")
        let contents = StackContents.sample(resources: ["Bucket": "CREATE_COMPLETE", "Role": "CREATE_COMPLETE"], outputs: [output])
        let finished = try database.finish(
            deployment,
            DeploymentOutcome(status: .succeeded, effect: .applied(contents), finishedAt: .second(42), resumedBy: .grace), secrets: [])

        #expect(finished.status == .succeeded)
        #expect(finished.finishedAt == .second(42))
        #expect(finished.effect == .applied)
        #expect(finished.stackID == StackContents.stackID)
        #expect(finished.stackStatus == "CREATE_COMPLETE")
        #expect(finished.resumedBy == .grace)
        #expect(try database.resources(of: finished) == contents.resources)
        #expect(try database.outputs(of: finished) == [output])
        #expect(try database.openDeployment(.pipeline) == nil)
        #expect(
            try database.exports() == [
                StackExport(name: "pipeline-uri", value: "repo", address: .pipeline, region: "eu-central-1", accountID: "123456789012")
            ])
    }

    @Test func `a failure keeps its root cause`() throws {
        let deployment = try database.begin(.sample(plannedAgainst: nil), secrets: [])
        let failure = DeploymentFailure(logicalID: "Bucket", resourceType: "AWS::S3::Bucket", message: "already exists")
        let finished = try database.finish(
            deployment, DeploymentOutcome(status: .failed, effect: .untouched, finishedAt: .second(1), failure: failure), secrets: [])
        #expect(finished.failure == failure)
    }

    @Test func `a deployment is settled once`() throws {
        let deployment = try database.begin(.sample(plannedAgainst: nil), secrets: [])
        let cancelled = DeploymentOutcome(status: .cancelled, effect: .untouched, finishedAt: .second(1))
        let settled = try database.finish(deployment, cancelled, secrets: [])

        let refusal = RecordingRefusal.alreadySettled(settled)
        #expect(throws: refusal) { try database.finish(deployment, cancelled, secrets: []) }
        #expect(throws: refusal) { try database.note(DeploymentProgress(step: "late"), of: deployment) }
        #expect(throws: refusal) { try database.append([.sample(1)], to: deployment, secrets: []) }
        #expect(throws: refusal) { try database.detach(deployment) }
    }

    @Test func `a detached deployment still holds its stack`() throws {
        let deployment = try database.begin(.sample(plannedAgainst: nil), secrets: [])
        try database.detach(deployment)
        let detached = try #require(try database.openDeployment(.pipeline))
        #expect(detached.status == .detached)
        #expect(throws: RecordingRefusal.deploymentOpen(detached)) { try database.begin(.sample(plannedAgainst: nil), secrets: []) }

        try database.reattach(detached)
        #expect(try database.openDeployment(.pipeline)?.status == .inProgress)
    }

    @Test func `events given again are recorded once and keep their order`() throws {
        let deployment = try database.begin(.sample(plannedAgainst: nil), secrets: [])
        try database.append([.sample(2), .sample(1)], to: deployment, secrets: [])
        try database.append([.sample(2), .sample(1), .sample(3), .sample(0)], to: deployment, secrets: [])
        #expect(try database.events(of: deployment) == [.sample(2), .sample(1), .sample(3), .sample(0)])
    }

    @Test func `serials count up for each stack by itself`() throws {
        for round in 0..<3 {
            for address in [StackAddress.pipeline, .network] {
                try database.record(.sample(address, start: round, plannedAgainst: nil), .unchanged, .untouched)
            }
        }
        #expect(try database.deployments(DeploymentFilter(stack: "network")).map(\.serial) == [3, 2, 1])
        #expect(try database.deployments(DeploymentFilter(stack: "image-pipeline")).map(\.serial) == [3, 2, 1])
        #expect(try database.deployment(.network, serial: 2)?.startedAt == .second(1))
        #expect(try database.deployment(.network, serial: 4) == nil)
    }

    @Test func `deployments are listed newest first and by filter`() throws {
        let production = StackAddress(stack: "image-pipeline", environment: "prod")
        try database.record(.sample(.pipeline, kind: .create, start: 1, plannedAgainst: nil), .failed, .untouched)
        try database.record(.sample(production, kind: .create, start: 3, plannedAgainst: nil), .unchanged, .untouched)
        try database.record(.sample(.network, kind: .update, start: 2, plannedAgainst: nil), .failed, .untouched)
        func starts(_ filter: DeploymentFilter) throws -> [Date] { try database.deployments(filter).map(\.startedAt) }

        #expect(try starts(DeploymentFilter()) == [.second(3), .second(2), .second(1)])
        #expect(try starts(DeploymentFilter(limit: 1)) == [.second(3)])
        #expect(try starts(DeploymentFilter(stack: "image-pipeline")) == [.second(3), .second(1)])
        #expect(try starts(DeploymentFilter(stack: "image-pipeline", environment: "develop")) == [.second(1)])
        #expect(try starts(DeploymentFilter(statuses: [.failed])) == [.second(2), .second(1)])
        #expect(try starts(DeploymentFilter(statuses: [.failed], kinds: [.update])) == [.second(2)])
        #expect(try starts(DeploymentFilter(stack: "nowhere")) == [])
    }

    @Test func `everything is there again after closing and opening`() throws {
        let recorded = try database.record(.sample(kind: .create, plannedAgainst: nil), .succeeded, .applied(.sample()))
        try database.close()
        let again = try folder.open()
        #expect(try again.deployments() == [recorded])
        #expect(again.lineage == database.lineage)
        #expect(throws: Problem.self) { try database.deployments() }
    }
}
