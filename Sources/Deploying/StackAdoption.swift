package import AWS
package import Foundation
package import Model
import OrderedCollections
package import Planning
package import StateDatabase
package import Templates

/// A stack that was made elsewhere, as it is to be recorded.
package struct AdoptedStack: Sendable {
    /// Everything but the serial, which there is none of yet.
    package var recorded: RecordedStack
    package var template: Template
    /// The role that CloudFormation takes on for it.
    package var serviceRole: String?
    /// The one that was executed last.
    package var changeSetID: String?
    /// What could not be found out, and other remarks.
    package var notes: [Finding]

    /// NoEcho parameters, whose values CloudFormation does not tell.
    package var unknownSecrets: [String] { template.parameters.values.filter(\.noEcho).map(\.name) }
}

/// Takes over stacks that were made elsewhere: reads what CloudFormation tells of one, and records that as a deployment.
package struct StackAdoption: Sendable {
    private let client: CloudFormationClient

    package init(_ client: CloudFormationClient) { self.client = client }

    /// Reads a stack, its template, resources and stack policy.
    /// - Throws: `Problem` where there is no such stack (exit code 4), or it is in a state that can't be recorded (3).
    package func read(_ stackName: String, as address: StackAddress, accountID: String) async throws -> AdoptedStack {
        let stack = try await settledStack(stackName, address)
        let body = try await client.getTemplate(stack: stack.stackID)
        let resources = try await client.listStackResources(stack.stackID).filter { $0.status != "DELETE_COMPLETE" }
        var notes: [Finding] = []
        let policy = try await stackPolicy(of: stack, &notes)
        let after = try await settledStack(stackName, address)
        guard after == stack else {
            throw Problem(
                .refused, "stack-moved", "Stack \(stackName) was changed while it was looked at", detail: "Nothing was recorded. Try again."
            )
        }
        let adopted = try Self.adopted(stack, body, resources, policy, as: address, region: client.region, accountID: accountID)
        return AdoptedStack(
            recorded: adopted.recorded, template: adopted.template, serviceRole: stack.roleArn, changeSetID: stack.changeSetID,
            notes: notes + adopted.notes)
    }

    private func settledStack(_ stackName: String, _ address: StackAddress) async throws -> StackDescription {
        guard let stack = try await client.describeStack(stackName) else {
            throw Problem(
                .badInput, "no-such-stack", "There is no stack \(stackName) in \(client.region)",
                detail: "Name it with --stack-name, and its region with --region.")
        }
        if let problem = Self.refusal(of: stack, address) { throw problem }
        return stack
    }

    /// An endpoint may not know of stack policies, and credentials may not be allowed to read them.
    private func stackPolicy(of stack: StackDescription, _ notes: inout [Finding]) async throws -> JSONValue? {
        do {
            guard let text = try await client.getStackPolicy(stack.stackID) else { return nil }
            return try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
        } catch let refusal as AWSError {
            notes.append(
                Finding(
                    "stack-policy-unknown", .warning, "Whether \(stack.stackName) has a stack policy could not be found out",
                    detail: refusal.problem.description))
        } catch is DecodingError {
            notes.append(Finding("stack-policy-unknown", .warning, "The stack policy of \(stack.stackName) is no JSON, and is left out"))
        }
        return nil
    }

    /// Why a stack can't be taken over as it is; `nil` where it can.
    package static func refusal(of stack: StackDescription, _ address: StackAddress) -> Problem? {
        func refused(_ detail: String) -> Problem {
            Problem(
                .refused, "stack-not-importable", "Stack \(stack.stackName) is in \(stack.status) and can't be imported", detail: detail)
        }
        switch stack.status.rawValue {
        case "REVIEW_IN_PROGRESS": return refused("Nothing was ever made in it: `pipeplan apply \(address)` creates it.")
        case "ROLLBACK_COMPLETE", "DELETE_COMPLETE": return refused("Nothing is left in it: `pipeplan apply \(address)` creates it anew.")
        case _ where stack.status.isInProgress: return refused("Another operation is under way. Try again when it has ended.")
        default: return nil
        }
    }

    /// What CloudFormation tells of a stack, as a stack that is recorded.
    /// - Throws: `Problem` (exit code 4) where its template can't be read.
    package static func adopted(
        _ stack: StackDescription, _ body: String, _ resources: [StackResource], _ policy: JSONValue?, as address: StackAddress,
        region: String, accountID: String
    ) throws -> AdoptedStack {
        let template = try Template.read(
            body, file: "template of \(stack.stackName)",
            parameterValues: stack.parameters.filter { $1 != Secret.mask }
        ).get()
        var parameters: OrderedDictionary<String, RecordedParameter> = [:]
        for parameter in template.parameters.values {
            // Some endpoints tell it all the same. It is not for this program to know.
            if parameter.noEcho {
                parameters[parameter.name] = .secret(nil)
            } else if let value = stack.parameters[parameter.name] ?? parameter.defaultValue {
                parameters[parameter.name] = .plain(value)
            }
        }
        let stored = stack.resolvedParameters.filter { name, _ in
            template.parameters[name].map { $0.isStoreValue && !$0.noEcho } ?? false
        }
        // Tags under aws: are AWS's own, and can't be set.
        let tags = stack.tags.filter { !$0.key.hasPrefix("aws:") }.sorted { $0.key < $1.key }
        let recorded = RecordedStack(
            address: address, stackName: stack.stackName, stackID: stack.stackID, region: region, accountID: accountID, serial: 0,
            status: stack.status, templateBody: body, parameters: parameters,
            tags: OrderedDictionary(uniqueKeysWithValues: tags.map { ($0, $1) }),
            capabilities: stack.capabilities, notificationArns: stack.notificationArns,
            terminationProtection: stack.terminationProtection, stackPolicy: policy, storedValues: stored, resources: resources,
            outputs: stack.outputs)
        let nested = template.resources.values.filter { $0.type == TemplateResource.nestedStackType }.map { resource in
            template.source.finding(
                "nested-stack-not-followed", .note, "The nested stack \(resource.logicalID) keeps its template where that is",
                detail: "Its TemplateURL stays as CloudFormation has it. To plan what changes inside, keep that template in a file, "
                    + "and name its path there.", at: resource.span)
        }
        return AdoptedStack(recorded: recorded, template: template, notes: nested)
    }
}

extension AdoptedStack {
    /// What is recorded before anything is made of it.
    /// - Parameter recordedSerial: the deployment that left what is recorded under the address so far; `nil` for nothing.
    package func intent(
        startedAt: Date, actor: DeploymentActor, git: GitState?, toolVersion: String, commandLine: String, recordedSerial: Int?
    ) -> DeploymentIntent {
        let configuration = StackConfiguration(
            stackName: recorded.stackName, region: recorded.region, accountID: recorded.accountID, parameters: recorded.parameters,
            tags: recorded.tags, capabilities: recorded.capabilities, notificationArns: recorded.notificationArns,
            terminationProtection: recorded.terminationProtection, stackPolicy: recorded.stackPolicy, rollback: recorded.rollback,
            storedValues: recorded.storedValues)
        return DeploymentIntent(
            address: recorded.address, kind: .import, startedAt: startedAt, actor: actor, git: git, toolVersion: toolVersion,
            commandLine: commandLine, approval: "", configuration: configuration, templateBody: template.recordedBody,
            plannedAgainst: recordedSerial)
    }

    /// What is recorded when it is taken over.
    package func outcome(finishedAt: Date) -> DeploymentOutcome {
        let contents = StackContents(
            stackID: recorded.stackID ?? recorded.stackName, status: recorded.status,
            resources: recorded.resources.map { RecordedResource($0) },
            outputs: recorded.outputs.masked(sensitiveOutputs(of: template, parameters: recorded.parameters, stack: recorded)))
        return DeploymentOutcome(status: .succeeded, effect: .applied(contents), finishedAt: finishedAt)
    }
}

extension Deployment {
    /// How an adoption ended that its process did not live to record.
    package static func interruptedAdoption(at time: Date, by actor: DeploymentActor) -> DeploymentOutcome {
        DeploymentOutcome(
            status: .cancelled, effect: .untouched, finishedAt: time,
            failure: DeploymentFailure(message: "It was interrupted before the stack was recorded. Import it again"), resumedBy: actor)
    }
}

extension DeploymentResult {
    /// What comes of settling an adoption that was interrupted.
    package init(interruptedAdoption deployment: Deployment) {
        let settlement = DeploymentMachine.Settlement(.cancelled, .untouched, deployment.failure, exit: .failed)
        self.init(deployment: deployment, ending: .settled(settlement), outputs: [])
    }
}
