package import Model

/// Yes, no, or not to be known before it happens.
package enum Certainty: String, Hashable, Sendable, Codable {
    case yes
    case no
    case unknown

    /// Of several things of which one suffices: yes if any is, unknown if any might be.
    package static func any(_ all: some Sequence<Certainty>) -> Certainty {
        var result = Certainty.no
        for one in all {
            if one == .yes { return .yes }
            if one == .unknown { result = .unknown }
        }
        return result
    }
}

/// What a deployment of a stack would do: the contract that the deployer holds CloudFormation to.
///
/// Holds no secret: a sensitive value is there as the text `(sensitive)`.
package struct Plan: Hashable, Sendable, Codable {
    package enum Kind: String, Hashable, Sendable, Codable { case create, update, destroy }

    package var address: StackAddress
    package var stackName: String
    package var region: String
    package var kind: Kind
    /// The recorded deployment this was planned against; 0 for a stack that has none.
    package var basedOnSerial: Int
    package var changes: [PlannedChange]
    /// How many resources stay as they are.
    package var unchangedCount: Int
    package var parameters: [ValueChange]
    package var outputs: [ValueChange]
    package var tags: [ValueChange]
    /// Capabilities, notification ARNs, termination protection.
    package var settings: [ValueChange]
    package var hazards: [Hazard]
    /// What could not be known, and other remarks.
    package var notes: [Finding]

    /// Whether there is anything to apply.
    package var hasChanges: Bool {
        changes.contains { $0.listedByCloudFormation || $0.willChange != .no } || !parameters.isEmpty || !outputs.isEmpty
            || !tags.isEmpty || !settings.isEmpty
    }
}

/// What happens to one resource, by CloudFormation's account and by ours.
package struct PlannedChange: Hashable, Sendable, Codable {
    package var logicalID: String
    package var type: String
    package var physicalID: String?
    package var action: ResourceChange.Action
    /// Whether CloudFormation will say that the resource is replaced.
    package var replacement: ResourceChange.Replacement?
    package var policyAction: ResourceChange.PolicyAction?
    /// Whether DescribeChangeSet lists the change, in either of its forms.
    package var listedByCloudFormation: Bool
    /// Whether anything of the resource will really be different.
    package var willChange: Certainty
    /// Whether the resource will really be replaced.
    package var willReplace: Certainty
    package var scope: [String]
    package var properties: [PropertyChange]
    /// What DescribeChangeSet lists without property values.
    package var details: [ChangeDetail]
    /// What it lists with them; `nil` where it does not list the resource then.
    package var detailsWithValues: [ChangeDetail]?
    /// The logical ID the resource had, where this is an Add that looks like a renaming.
    package var renamedFrom: String?
    package var location: SourceRange?
}

/// What happens to one value inside a resource.
package struct PropertyChange: Hashable, Sendable, Codable {
    /// The path below the properties, such as `Environment.Image`, `Tags[env]` or `Stages[0].Name`; for another attribute its name, such as `Metadata`.
    package var path: String
    /// `nil` where there was none.
    package var before: JSONValue?
    /// `nil` where there will be none.
    package var after: JSONValue?
    /// Whether `after` is the whole truth; otherwise it holds `${…}` for what is known after apply.
    package var known: Bool
    package var sensitive: Bool
    package var requiresReplacement: ChangeDetail.Recreation
    /// What makes it change: `parameter GithubBranch`, `resource Topic`, `attribute Topic.Arn`, `template`.
    package var causes: [String]
    package var willChange: Certainty
    /// Where the template says so.
    package var location: SourceRange?
}

/// A named value that changes: a parameter, an output, a tag, a setting.
package struct ValueChange: Hashable, Sendable, Codable {
    package var name: String
    package var before: String?
    package var after: String?
    package var sensitive: Bool

    package init(name: String, before: String?, after: String?, sensitive: Bool = false) {
        self.name = name
        self.before = before
        self.after = after
        self.sensitive = sensitive
    }
}

/// A planned change that can lose data.
package struct Hazard: Hashable, Sendable, Codable {
    package var logicalID: String
    package var type: String
    /// What is lost, in a sentence.
    package var summary: String
    /// Whether `protect` in stack.yml forbids it.
    package var isProtected: Bool
}

extension Plan {
    package struct Summary: Hashable, Sendable, Codable {
        package var add: Int
        package var modify: Int
        package var replace: Int
        package var remove: Int

        package init(add: Int = 0, modify: Int = 0, replace: Int = 0, remove: Int = 0) {
            self.add = add
            self.modify = modify
            self.replace = replace
            self.remove = remove
        }
    }

    /// Counts of what will really happen, a possible change counted as one.
    package var summary: Summary {
        var summary = Summary()
        for change in changes where change.willChange != .no {
            switch change.action {
            case .add, .import: summary.add += 1
            case .remove: summary.remove += 1
            case .modify, .dynamic, .syncWithActual:
                if change.willReplace == .yes { summary.replace += 1 } else { summary.modify += 1 }
            }
        }
        return summary
    }

    /// The change set CloudFormation will describe for this plan.
    /// - Parameter values: whether property values are asked for, with which CloudFormation lists fewer changes.
    package func changeSet(withValues values: Bool) -> ChangeSet {
        let listed = changes.compactMap { change -> ResourceChange? in
            guard change.listedByCloudFormation else { return nil }
            let details = values ? change.detailsWithValues : change.details
            guard let details else { return nil }
            return ResourceChange(
                action: change.action, logicalID: change.logicalID, physicalID: change.physicalID, type: change.type,
                replacement: values ? ResourceChange.Replacement(of: details, action: change.action) : change.replacement,
                policyAction: change.policyAction, scope: change.scope, details: details)
        }
        guard listed.isEmpty, !hasChanges else {
            return ChangeSet(status: "CREATE_COMPLETE", executionStatus: "AVAILABLE", changes: listed)
        }
        return ChangeSet(
            status: "FAILED",
            statusReason: "The submitted information didn't contain changes. Submit different information to create a change set.",
            executionStatus: "UNAVAILABLE", changes: [])
    }
}

extension ResourceChange.Replacement {
    /// What several details together mean (API reference, ResourceChange): the one with the most impact counts, and an
    /// `Always` that is only evaluated dynamically is not certain. `nil` for what is no modification.
    init?(of details: [ChangeDetail], action: ResourceChange.Action) {
        guard action == .modify else { return nil }
        if details.contains(where: { $0.recreation == .always && $0.evaluation == .static }) {
            self = .yes
        } else if details.contains(where: { $0.recreation == .always || $0.recreation == .conditionally }) {
            self = .conditional
        } else {
            self = .no
        }
    }
}
