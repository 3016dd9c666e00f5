import Foundation
import TestSupport
import Testing

/// The main job, told as a session: the image pipeline on the embedded sandbox.
@Suite struct `The image pipeline on the sandbox` {
    private static let token = "ghp_scenarioToken0123456789"
    private static let stack = "image-pipeline:develop"
    private static let template = "stacks/image-pipeline/pipeline.yml"

    private func session() throws -> Session {
        try Session(stacks: ["image-pipeline"], environment: ["GITHUB_TOKEN": Self.token])
    }

    private func deployments(_ session: Session) throws -> [[String: Any]] {
        try session.json("history")["deployments"] as? [[String: Any]] ?? []
    }

    private func plan(_ session: Session) throws -> [String: Any] {
        let stacks = try session.json("plan \(Self.stack)")["stacks"] as? [[String: Any]]
        return stacks?.first ?? [:]
    }

    @Test func `it is planned, made, found unchanged, changed, failed, looked up and destroyed`() throws {
        let session = try session()

        // A new stack: everything is added, and nothing is asked of AWS for that.
        let first = try plan(session)
        #expect(first["kind"] as? String == "create")
        #expect((first["summary"] as? [String: Int]) == ["add": 9, "modify": 0, "replace": 0, "remove": 0])

        let created = try session.pipeplan("apply \(Self.stack) --auto-approve")
        #expect(created.status == 0, "\(created.errors)")
        #expect(created.output.contains("RepositoryUri      = 123456789012.dkr.ecr.us-east-1.amazonaws.com/image-pipeline-develop/"))
        #expect(try session.pipeplan("plan \(Self.stack) --detailed-exitcode").status == 0)

        // A change: exactly what was edited, and what reads it.
        try session.edit(Self.template, replacing: "TimeoutInMinutes: 20", with: "TimeoutInMinutes: 30")
        let changed = try session.pipeplan("plan \(Self.stack) --detailed-exitcode")
        #expect(changed.status == 2)
        #expect(changed.output.contains("~ TimeoutInMinutes: 20 → 30"))
        let updated = try session.pipeplan("apply \(Self.stack) --auto-approve")
        #expect(updated.status == 0, "\(updated.errors)")

        // A change that fails is rolled back; the root cause comes first, with the place in the template.
        try session.folder.write(
            #"{"resources": [{"logicalId": "CodeBuildProject", "on": "update", "message": "Invalid timeout"}]}"#,
            to: "state/sandbox/faults.json")
        try session.edit(Self.template, replacing: "TimeoutInMinutes: 30", with: "TimeoutInMinutes: 5")
        let failed = try session.pipeplan("apply \(Self.stack) --auto-approve")
        #expect(failed.status == 1)
        #expect(failed.errors.contains("CodeBuildProject (AWS::CodeBuild::Project) failed"))
        #expect(failed.errors.contains("Invalid timeout"))
        #expect(failed.errors.contains("stacks/image-pipeline/pipeline.yml:"))
        try session.folder.write("{}", to: "state/sandbox/faults.json")
        let wanted = try session.pipeplan("plan \(Self.stack)")
        #expect(wanted.output.contains("~ TimeoutInMinutes: 30 → 5"))

        let shown = try session.pipeplan("history show \(Self.stack) 3")
        #expect(shown.output.contains("rolled-back"))
        #expect(shown.output.contains("CodeBuildProject (AWS::CodeBuild::Project): Invalid timeout"))
        #expect(shown.output.contains("UPDATE_ROLLBACK_COMPLETE"))

        let destroyed = try session.pipeplan("destroy \(Self.stack) --auto-approve")
        #expect(destroyed.status == 0, "\(destroyed.errors)")
        let history = try deployments(session).map { "\($0["serial"] ?? "") \($0["kind"] ?? "") \($0["status"] ?? "")" }
        #expect(history == ["4 destroy succeeded", "3 update rolled-back", "2 update succeeded", "1 create succeeded"])
        #expect(try session.filesHolding(Self.token) == [])
    }

    @Test func `two environments live side by side`() throws {
        let session = try session()
        #expect(try session.pipeplan("apply --env develop --auto-approve").status == 0)
        let prod = try session.pipeplan("apply --env prod --auto-approve")
        #expect(prod.status == 0, "\(prod.errors)")
        let list = try session.pipeplan("state list")
        #expect(list.output.contains("image-pipeline-develop") && list.output.contains("image-pipeline-prod"))
        // What stack.yml protects stays, whoever says yes.
        let refused = try session.pipeplan("destroy image-pipeline:prod --auto-approve")
        #expect(refused.status == 3, "\(refused.errors)")
    }

    @Test func `a changed token is noticed without its value being anywhere`() throws {
        let session = try session()
        #expect(try session.pipeplan("apply \(Self.stack) --auto-approve").status == 0)
        #expect(try session.pipeplan("plan \(Self.stack) --detailed-exitcode").status == 0)
        let other = "ghp_anotherToken9876543210"
        let planned = try session.pipeplan("plan \(Self.stack) --detailed-exitcode", environment: ["GITHUB_TOKEN": other])
        #expect(planned.status == 2)
        #expect(planned.output.contains("GithubAuthToken: (sensitive)"))
        #expect(!planned.output.contains(other))
        let applied = try session.pipeplan("apply \(Self.stack) --auto-approve", environment: ["GITHUB_TOKEN": other])
        #expect(applied.status == 0, "\(applied.errors)")
        #expect(try session.filesHolding(other) == [])
        #expect(try session.filesHolding(Self.token) == [])
    }

    @Test func `a saved plan is applied as it was reviewed, and refused when something has moved`() throws {
        let session = try session()
        #expect(try session.pipeplan("plan \(Self.stack) --out reviewed.plan").status == 0)
        let applied = try session.pipeplan("apply reviewed.plan")
        #expect(applied.status == 0, "\(applied.errors)")
        let again = try session.pipeplan("apply reviewed.plan")
        #expect(again.status == 3)
        #expect(again.errors.contains("stale"))
        #expect(try session.filesHolding(Self.token) == [])
    }

    @Test func `more than was reviewed is refused`() throws {
        let session = try session()
        #expect(try session.pipeplan("apply \(Self.stack) --auto-approve").status == 0)
        try session.edit(Self.template, replacing: "TimeoutInMinutes: 20", with: "TimeoutInMinutes: 30")
        try session.folder.write(
            #"{"changeSets": [{"replacements": {"CodeBuildProject": "True"}}]}"#, to: "state/sandbox/faults.json")
        let refused = try session.pipeplan("apply \(Self.stack) --auto-approve")
        #expect(refused.status == 3, "\(refused.errors)")
        #expect(refused.errors.contains("CodeBuildProject (AWS::CodeBuild::Project) would be replaced"))
    }

    @Test func `without a terminal nothing is applied that nobody agreed to`() throws {
        let session = try session()
        let refused = try session.pipeplan("apply \(Self.stack)", input: "yes\n")
        #expect(refused.status == 3)
        #expect(try deployments(session).isEmpty)
    }
}
