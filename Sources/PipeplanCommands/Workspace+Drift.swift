import Foundation
import Model
import Planning
import Project
import StateDatabase
import Templates

extension Workspace {
    /// What is known of the drift of planned stacks.
    func knownDrift(_ plans: [Plan]) throws -> [StackAddress: KnownDrift] {
        var known: [StackAddress: KnownDrift] = [:]
        for plan in plans {
            guard let report = try database.lastDriftReport(plan.address, checked: true), report.status == .drifted else { continue }
            known[plan.address] = KnownDrift(plan, report)
        }
        return known
    }

    /// Plans what a drift-aware change set does: what the files change, and what a report found.
    func plan(_ stack: PreparedStack, reverting report: DriftReport) throws -> Plan {
        var stack = stack
        let gone = Set(
            report.resources.filter { $0.status == .deleted && stack.desired.template.resources[$0.logicalID] != nil }.map(\.logicalID))
        stack.recorded?.resources.removeAll { gone.contains($0.logicalID) }
        return try plan(stack).reverting(report, types: types)
    }

    /// The secrets of a stack that can be had without a request: what is recorded must not hold them, however they got there.
    func knownSecrets(_ settings: StackSettings) -> [Secret] {
        guard let template = settings.loadTemplate().value else { return [] }
        let resolved = settings.resolveOffline(
            declared: template.parameters, environment: context.environment, recorded: nil, recordedOutput: recordedOutput,
            randomBytes: context.randomBytes)
        let values = (resolved.value ?? [:]).values.compactMap { if case .secret(let secret, _) = $0.value { secret } else { nil } }
        return values + ([template] + settings.nestedTemplates(of: template).values).flatMap(\.secretDefaults)
    }

    /// The last report on a stack in which something was checked.
    /// - Throws: `Problem` (exit code 4) where there is none.
    func requireDriftReport(_ address: StackAddress) throws -> DriftReport {
        if let report = try database.lastDriftReport(address, checked: true) { return report }
        try requireKnown(address, self)
        throw Problem(
            .badInput, "no-drift-report", "The drift of \(address) was never detected",
            detail: "Detect it with `pipeplan drift \(address)`.")
    }

    /// What the last report found of a resource, to be accepted.
    /// - Parameter paths: only these places; all where there are none.
    /// - Throws: `Problem` (exit code 4) where there is no such drift, or it is a secret's.
    func acceptance(of logicalID: String, paths: [String], in address: StackAddress, reason: String) throws -> [AcceptedDrift] {
        let report = try requireDriftReport(address)
        let drifted = report.resources.filter { $0.status == .modified || $0.status == .deleted }
        guard let resource = drifted.first(where: { $0.logicalID == logicalID }) else {
            let hint = nearestName(to: logicalID, in: drifted.map(\.logicalID)).map { "Did you mean \($0)? " } ?? ""
            throw Problem(
                .badInput, "no-drift", "\(logicalID) has no drift in the last report on \(address)",
                detail: hint + "`pipeplan drift \(address) --offline` shows that report.")
        }
        func accepted(_ path: String, _ value: JSONValue?) -> AcceptedDrift {
            AcceptedDrift(
                logicalID: logicalID, path: path, value: value, reason: reason, by: "\(context.userName)@\(context.hostName)",
                acceptedAt: context.clock.now())
        }
        if resource.status == .deleted { return [accepted("", nil)] }
        for path in paths where !resource.differences.contains(where: { $0.path == path }) {
            throw Problem(
                .badInput, "no-drift", "\(logicalID) has no drift at \(path) in the last report",
                detail: "It has at \(resource.differences.map(\.path).joined(separator: ", ")).")
        }
        let wanted = resource.differences.filter { paths.isEmpty || paths.contains($0.path) }
        if let secret = wanted.first(where: \.sensitive) {
            throw Problem(
                .badInput, "sensitive-drift",
                "\(logicalID).\(secret.path) is a secret: its live value is not recorded, and can't be accepted",
                detail: "Put it right with `pipeplan apply \(address) --revert-drift`, or name it under `ignoreDrift` in stack.yml.")
        }
        return wanted.map { accepted($0.path, $0.actual) }
    }

    /// Records an acceptance as a deployment of its own, and a report with it, so that plans know of it at once.
    func accept(_ accepted: [AcceptedDrift], of address: StackAddress) throws -> Deployment {
        guard let recorded = try database.recordedStack(address) else {
            throw Problem(.badInput, "not-deployed", "Nothing is recorded of \(address)")
        }
        let intent = DeploymentIntent(
            address: address, kind: .driftAccept, startedAt: context.clock.now(),
            actor: DeploymentActor(user: context.userName, host: context.hostName), git: GitState.current(of: project.root),
            toolVersion: Version.current, commandLine: Self.commandLine, approval: "yes",
            configuration: StackConfiguration(
                stackName: recorded.stackName, region: recorded.region, accountID: recorded.accountID, parameters: recorded.parameters,
                tags: recorded.tags, capabilities: recorded.capabilities, notificationArns: recorded.notificationArns,
                terminationProtection: recorded.terminationProtection, stackPolicy: recorded.stackPolicy,
                rollback: recorded.rollback,
                storedValues: recorded.storedValues),
            templateBody: recorded.templateBody, nestedTemplates: recorded.nestedTemplates, plannedAgainst: recorded.serial)
        let settings = try settings(ofRecorded: address)
        let deployment = try database.accept(accepted, as: intent, secrets: settings.map(knownSecrets) ?? [])
        if var report = try database.lastDriftReport(address, checked: true) {
            report = report.judged(by: settings?.ignoreDrift.map(\.value) ?? [], accepted: try database.acceptedDrift(address))
            report.id += "-\(deployment.serial)"
            try database.record(report)
        }
        return deployment
    }
}
