package import AWS
package import Foundation
package import Model
import Planning
package import ResourceTypes
package import StateDatabase
import Templates

/// What is told of a detection while it runs.
package enum DriftNotice: Hashable, Sendable {
    /// - resources: how many the stack has.
    case detecting(stack: String, resources: Int)
    /// Somebody else's detection is under way.
    case waitingForAnother(stack: String)
    case reading(stack: String, resources: Int)
}

/// What is recorded of a stack whose drift is to be detected.
package struct DriftRequest: Sendable {
    package var recorded: RecordedStack
    /// What is recorded of the operations on it; without it nothing is said to be done past pipeplan.
    package var known: KnownOperations?
    /// `user@host`.
    package var checkedBy: String
    /// Whether what CloudFormation does not check is read through Cloud Control API.
    package var isDeep: Bool

    package init(recorded: RecordedStack, known: KnownOperations?, checkedBy: String, isDeep: Bool) {
        self.recorded = recorded
        self.known = known
        self.checkedBy = checkedBy
        self.isDeep = isDeep
    }
}

/// Finds out how a stack differs from what is recorded of it: CloudFormation's own detection, and what that leaves out.
package struct DriftDetector: Sendable {
    let client: CloudFormationClient
    let cloudControl: CloudControlClient
    let types: ResourceTypeCatalog
    private let context: Context
    let polling: SharedPollingLimit
    let report: @Sendable (DriftNotice) -> Void

    package init(
        client: CloudFormationClient, cloudControl: CloudControlClient, types: ResourceTypeCatalog, context: Context,
        polling: SharedPollingLimit = SharedPollingLimit(), report: @escaping @Sendable (DriftNotice) -> Void
    ) {
        self.client = client
        self.cloudControl = cloudControl
        self.types = types
        self.context = context
        self.polling = polling
        self.report = report
    }

    var clock: Clock { context.clock }

    /// Detects the drift of one stack and of all nested in it.
    /// - Returns: the report, without a verdict on what it found. Where AWS refuses or does not answer, it says so and why.
    /// - Throws: `Problem` where there are no credentials; `CancellationError`.
    package func detect(_ request: DriftRequest) async throws -> DriftReport {
        let recorded = request.recorded
        var found = DriftReport(on: recorded, checkedBy: request.checkedBy, in: context)
        do {
            let described = try await client.describeStack(recorded.stackID ?? recorded.stackName)
            guard let stack = described, stack.status != "DELETE_COMPLETE" else { return found }
            found.stackStatus = stack.status
            if let known = request.known { found.outside = try await OutsideChange.find(in: stack, recorded, known, client) }
            let base = try await base(recorded, stack, isOutdated: found.outside != nil)
            let content = try await content(of: stack, base, below: "", request)
            found.resources = content.resources.sorted { $0.logicalID < $1.logicalID }
            found.failure = content.failure
        } catch let failure as any RequestFailure {
            found.failure = failure.problem.oneLine
        } catch let problem as Problem where problem.status == .badInput {
            // The stack's template, which nobody but CloudFormation may be able to read.
            found.failure = problem.oneLine
        }
        return found
    }

    /// What the live resources are compared with: the recorded template, or the stack's own where that is another one by now or what
    /// only CloudFormation has made of it.
    private func base(_ recorded: RecordedStack, _ stack: StackDescription, isOutdated: Bool) async throws -> RecordedProperties {
        // A recorded template in which a secret was masked may be none any more.
        if let base = try? RecordedProperties(recorded, types: types), !isOutdated, !base.template.hasOpaqueTransform { return base }
        return try await liveBase(of: stack, as: recorded)
    }

    /// One stack's resources and those of the stacks nested in it.
    private func content(
        of stack: StackDescription, _ base: RecordedProperties, below path: String, _ request: DriftRequest
    ) async throws -> (resources: [ResourceDriftReport], failure: String?) {
        let name = path.isEmpty ? stack.stackName : path
        let resources = try await client.listStackResources(stack.stackID).filter { $0.status != "DELETE_COMPLETE" && $0.physicalID != nil }
        report(.detecting(stack: name, resources: resources.count))
        let detection = try await runDetection(of: stack, named: name)
        let drifts = try await client.describeStackResourceDrifts(stack.stackID)
        report(.reading(stack: name, resources: drifts.count))
        let byID = Dictionary(drifts.map { ($0.logicalID, $0) }, uniquingKeysWith: { first, _ in first })
        var found: [ResourceDriftReport] = []
        var failures = [detection.failure].compactMap(\.self)
        for resource in resources {
            if resource.type == "AWS::CloudFormation::Stack", let id = resource.physicalID, id.hasPrefix("arn:") {
                let inner = await nested(
                    id, "\(path)\(resource.logicalID)", request, isSecret: { base.givesSecret(toNested: resource.logicalID, parameter: $0) }
                )
                try Task.checkCancellation()
                found += inner.resources
                inner.failure.map { failures.append("\(path)\(resource.logicalID): \($0)") }
                guard byID[resource.logicalID] != nil else { continue }
            }
            found.append(Self.finding(of: resource, byID[resource.logicalID], since: detection.startedAt, base, below: path))
        }
        if request.isDeep { found = try await readingUnchecked(found, base, below: path) }
        return (found, failures.isEmpty ? nil : failures.joined(separator: "; "))
    }

    /// A nested stack is detected by itself: CloudFormation leaves it out of the outer one's detection (API reference, DetectStackDrift).
    /// - Parameter isSecret: whether the stack around it gives a parameter a secret, which its own template may not know.
    private func nested(
        _ id: String, _ path: String, _ request: DriftRequest, isSecret: (String) -> Bool
    ) async -> (resources: [ResourceDriftReport], failure: String?) {
        do {
            guard let stack = try await client.describeStack(id), stack.status != "DELETE_COMPLETE" else {
                return (
                    [
                        ResourceDriftReport(
                            logicalID: path, physicalID: id, type: "AWS::CloudFormation::Stack", status: .deleted, check: .cloudFormation)
                    ], nil
                )
            }
            let base = try await liveBase(of: stack, as: request.recorded, isSecret: isSecret)
            return try await content(of: stack, base, below: "\(path)/", request)
        } catch {
            let reason = ((error as? any RequestFailure)?.problem ?? error as? Problem)?.oneLine ?? "\(error)"
            return (
                [
                    ResourceDriftReport(
                        logicalID: path, physicalID: id, type: "AWS::CloudFormation::Stack", status: .notChecked, reason: reason)
                ], reason
            )
        }
    }

    /// The stack as CloudFormation has it, its NoEcho parameters unknown.
    private func liveBase(
        of stack: StackDescription, as recorded: RecordedStack, isSecret: (String) -> Bool = { _ in false }
    ) async throws -> RecordedProperties {
        let body = try await client.getTemplate(stack: stack.stackID, stage: .processed)
        let resources = try await client.listStackResources(stack.stackID)
        var live = RecordedStack(
            address: recorded.address, stackName: stack.stackName, stackID: stack.stackID, region: recorded.region,
            accountID: recorded.accountID, serial: recorded.serial, status: "UPDATE_COMPLETE", templateBody: body,
            resources: resources.filter { $0.status != "DELETE_COMPLETE" }, outputs: stack.outputs)
        let template = Template.read(body, file: "live").value
        for (name, value) in stack.parameters.sorted(by: { $0.key < $1.key }) {
            // Not every endpoint hides them.
            let isHidden = value == Secret.mask || template?.parameters[name]?.noEcho == true || isSecret(name)
            live.parameters[name] = isHidden ? .secret(nil) : .plain(value)
        }
        return try RecordedProperties(live, types: types)
    }

    // MARK: What CloudFormation says

    private static func finding(
        of resource: StackResource, _ drift: StackResourceDrift?, since start: Date?, _ base: RecordedProperties, below path: String
    ) -> ResourceDriftReport {
        var found = ResourceDriftReport(
            logicalID: path + resource.logicalID, physicalID: resource.physicalID, type: resource.type, status: .notChecked)
        guard let drift else {
            found.reason = "CloudFormation does not check resources of this type"
            return found
        }
        // What an earlier detection found says nothing of now.
        if let start, let time = drift.timestamp, time < start.addingTimeInterval(-clockStep) {
            found.reason = "CloudFormation did not check it this time"
            return found
        }
        switch drift.status {
        case "IN_SYNC": found.status = .inSync
        case "DELETED": found.status = .deleted
        case "MODIFIED":
            found.differences = differences(drift, base)
            found.status = found.differences.isEmpty ? .inSync : .modified
            if found.differences.isEmpty { found.reason = "What CloudFormation calls modified means the same" }
        default:
            found.reason = drift.statusReason ?? "CloudFormation says \(drift.status)"
            return found
        }
        found.check = .cloudFormation
        return found
    }

    /// Times are told to the second by some endpoints.
    private static let clockStep: TimeInterval = 1

    private static func differences(_ drift: StackResourceDrift, _ base: RecordedProperties) -> [DriftDifference] {
        if let expected = json(drift.expectedProperties), let actual = json(drift.actualProperties) {
            return base.differences(drift.logicalID, type: drift.type, expected: expected, actual: actual)
        }
        return drift.differences.map { difference in
            base.difference(
                drift.logicalID, pointer: difference.path, expected: difference.type == "ADD" ? nil : .string(difference.expected),
                actual: difference.type == "REMOVE" ? nil : .string(difference.actual))
        }
    }

    static func json(_ text: String?) -> JSONValue? {
        guard let text, let value = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)), value.objectMembers != nil else {
            return nil
        }
        return value
    }
}
