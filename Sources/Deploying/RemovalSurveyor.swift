package import AWS
package import Model
package import Planning
import StateDatabase
package import Templates

/// Asks AWS what would keep a stack from being deleted, before anything is done.
package struct RemovalSurveyor: Sendable {
    private let cloudFormation: CloudFormationClient
    private let storage: S3Client
    private let registry: ECRClient

    package init(_ session: AWSSession) throws {
        cloudFormation = try session.cloudFormation()
        storage = try session.s3()
        registry = try session.ecr()
    }

    /// - Parameters:
    ///   - plan: the plan of the stack's removal.
    ///   - template: the one that is in effect.
    ///   - retained: logical IDs that are left where they can't be deleted.
    ///   - importers: recorded stacks that import an export; they count where CloudFormation can't be asked.
    package func survey(
        _ stack: RecordedStack, _ plan: Plan, _ template: Template, retained: Set<String> = [],
        importers: (String) throws -> [RecordedStack]
    ) async throws -> RemovalSurvey {
        var survey = RemovalSurvey(stack.address)
        survey.retained = retained
        let found = try await cloudFormation.describeStack(stack.stackID ?? stack.stackName)
        guard let found, found.status != "DELETE_COMPLETE" else { return survey }
        if found.terminationProtection { survey.obstacles.append(.protected(found.stackName)) }
        try await look(atExportsOf: found, importers, &survey)
        let policies = plan.changes.reduce(into: [String: ResourceChange.PolicyAction]()) { $0[$1.logicalID] = $1.policyAction }
        try await look(into: found.stackID, template, policies: policies, path: "", importers, &survey)
        return survey
    }

    private func look(
        atExportsOf stack: StackDescription, _ importers: (String) throws -> [RecordedStack], _ survey: inout RemovalSurvey
    ) async throws {
        for export in stack.outputs.compactMap(\.exportName) {
            var users: [String] = []
            do {
                users = try await cloudFormation.listImports(export: export)
            } catch let failure as any RequestFailure {
                survey.unchecked.append(.unchecked("who imports \(export)", failure.problem.description))
            }
            for stack in try importers(export) where !users.contains(stack.stackName) { users.append(stack.stackName) }
            if !users.isEmpty { survey.imports.append((export, users)) }
        }
    }

    /// Looks at the resources of a stack, and at those of the stacks nested in it.
    /// - Parameters:
    ///   - template: `nil` where it can't be had: then everything counts as deleted.
    ///   - policies: what becomes of resources, as far as that is worked out.
    ///   - path: the logical IDs that lead there, each with a slash.
    private func look(
        into stackID: String, _ template: Template?, policies: [String: ResourceChange.PolicyAction], path: String,
        _ importers: (String) throws -> [RecordedStack], _ survey: inout RemovalSurvey
    ) async throws {
        let resources: [StackResource]
        do {
            resources = try await cloudFormation.listStackResources(stackID)
        } catch let failure as any RequestFailure where !path.isEmpty {
            survey.unchecked.append(.unchecked("what is in the nested stack \(path.dropLast())", failure.problem.description))
            return
        }
        for resource in resources where resource.status != "DELETE_COMPLETE" {
            let declared = template?.resources[resource.logicalID]
            let name = path + resource.logicalID
            let action = policies[resource.logicalID] ?? declared?.literalRemoval ?? .delete
            if action != .delete {
                survey.kept.append(
                    RemovalSurvey.Kept(
                        logicalID: name, type: resource.type, physicalID: resource.physicalID, isSnapshot: action == .snapshot))
            } else if resource.type == "AWS::CloudFormation::Stack", let nested = resource.physicalID, !nested.isEmpty {
                try await look(intoNested: nested, named: name, importers, &survey)
            } else if path.isEmpty, survey.retained.contains(resource.logicalID) {
                // Where it can't be deleted, it is left.
                continue
            } else if let container = Container(resource, emptiesItself: declared?.emptiesItself ?? false) {
                try await look(into: container, name, &survey)
            }
        }
    }

    private func look(
        intoNested id: String, named name: String, _ importers: (String) throws -> [RecordedStack], _ survey: inout RemovalSurvey
    ) async throws {
        do {
            guard let stack = try await cloudFormation.describeStack(id) else { return }
            survey.nestedStacks.insert(stack.stackName)
            try await look(atExportsOf: stack, importers, &survey)
        } catch let failure as any RequestFailure {
            survey.unchecked.append(.unchecked("what the nested stack \(name) exports", failure.problem.description))
        }
        try await look(into: id, try await template(of: id), policies: [:], path: name + "/", importers, &survey)
    }

    private func template(of nestedStack: String) async throws -> Template? {
        do {
            return Template.read(try await cloudFormation.getTemplate(stack: nestedStack), file: "nested template").value
        } catch is any RequestFailure {
            // Listing its resources fails too then, which is told.
            return nil
        }
    }

    private func look(into container: Container, _ name: String, _ survey: inout RemovalSurvey) async throws {
        do {
            switch container {
            case .bucket(let bucket):
                let empty = "aws s3 rm s3://\(bucket) --recursive"
                switch try await storage.contents(ofBucket: bucket) {
                case .nothing: return
                case .objects: survey.obstacles.append(.notEmpty(name, container, holding: "objects", howToEmpty: empty))
                case .oldVersions:
                    let how = "a lifecycle rule, or Empty in S3's console, takes away old versions too"
                    survey.obstacles.append(.notEmpty(name, container, holding: "old versions of objects", howToEmpty: how))
                }
            case .repository(let repository):
                guard try await registry.holdsImages(repository) else { return }
                let how =
                    "aws ecr batch-delete-image --repository-name \(repository) --image-ids "
                    + "\"$(aws ecr list-images --repository-name \(repository) --query 'imageIds[*]' --output json)\""
                survey.obstacles.append(.notEmpty(name, container, holding: "images", howToEmpty: how))
            }
        } catch let failure as any RequestFailure {
            survey.unchecked.append(.unchecked("whether the \(container.noun) is empty", failure.problem.description))
        }
    }
}

extension TemplateResource {
    /// What becomes of it when its stack is deleted, where its policy is written out.
    fileprivate var literalRemoval: ResourceChange.PolicyAction? {
        switch deletionPolicy?.literalText.flatMap({ Policy(rawValue: $0) }) {
        case .retain?, .retainExceptOnCreate?: .retain
        case .snapshot?: .snapshot
        case .delete?: .delete
        case nil: nil
        }
    }

    /// Whether CloudFormation takes away its images with it (resource reference, AWS::ECR::Repository).
    fileprivate var emptiesItself: Bool {
        type == "AWS::ECR::Repository" && properties.first { $0.key == "EmptyOnDelete" }?.value.literalText?.lowercased() == "true"
    }
}
