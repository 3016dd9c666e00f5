package import Model
package import OrderedCollections

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
    /// Conditions that hold and did not, or the other way round: `true`, `false`, or `(unknown)`. What follows is among the changes.
    package var conditions: [ValueChange] = []
    package var tags: [ValueChange]
    /// Capabilities, notification ARNs, termination protection, stack policy.
    package var settings: [ValueChange]
    package var hazards: [Hazard]
    /// Who may do more or less afterwards.
    package var access: [AccessChange] = []
    /// What could not be known, and other remarks.
    package var notes: [Finding]
    /// The nested stacks that were planned through, by logical ID; `nil` for none.
    package var followed: [String]?

    /// The setting that is no state of the stack: capabilities are given anew with each change set.
    static let capabilities = "capabilities"

    /// Whether there is anything to apply. A parameter that changes nothing else is none: CloudFormation makes no change set of it.
    package var hasChanges: Bool {
        changes.contains { $0.listing != .no || $0.willChange != .no } || !outputs.isEmpty
            || !tags.isEmpty || settings.contains { $0.name != Self.capabilities }
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
    /// Whether DescribeChangeSet lists the change, in either of its forms. Unknown where that depends on what only CloudFormation
    /// knows: a macro's result, a parameter's stored value.
    package var listing: Certainty
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
    /// What identifies the existing resource that becomes part of the stack; `nil` where this is no import.
    package var importIdentifier: OrderedDictionary<String, String>?
    /// All properties before and after, as DescribeChangeSet has them with values; only where they were asked for.
    package var contexts: Contexts?
    /// How many properties stay as they are; `nil` where that is no question, as of what is added.
    package var unchangedCount: Int?
    /// Those properties, where they were asked for.
    package var unchanged: [UnchangedProperty] = []
    /// What happens inside, where this is a nested stack whose template is at hand. Its hazards are those of the outermost plan.
    package var nested: Plan?

    package struct Contexts: Hashable, Sendable, Codable {
        package var before: JSONValue?
        package var after: JSONValue?
    }

    /// Whether CloudFormation lists the change, as far as that is known.
    package var listedByCloudFormation: Bool { listing != .no }
}

/// A property that stays as it is.
package struct UnchangedProperty: Hashable, Sendable, Codable {
    package var name: String
    package var value: JSONValue
}

/// How much a plan tells beside what changes.
package struct PlanDetail: OptionSet, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }

    /// All properties before and after, as DescribeChangeSet has them with values.
    package static let contexts = PlanDetail(rawValue: 1)
    /// The properties of changed resources that stay as they are.
    package static let unchanged = PlanDetail(rawValue: 2)
}

/// What makes a value change.
package struct ChangeCause: Hashable, Sendable, Codable, CustomStringConvertible {
    package var source: ChangeDetail.Source
    /// A parameter's name, a resource's logical ID, or `LogicalID.Attribute`; for a direct modification what is modified, where
    /// that is not the resource's own text.
    package var entity: String?

    package init(_ source: ChangeDetail.Source, _ entity: String? = nil) {
        self.source = source
        self.entity = entity
    }

    package static let template = ChangeCause(.directModification)
    package static let stackTags = ChangeCause(.directModification, "stack tags")

    /// `parameter GithubBranch`, `resource Topic`, `attribute Topic.Arn`, `template`, `stack tags`.
    package var description: String {
        let name = entity ?? ""
        return switch source {
        case .parameterReference: "parameter \(name)"
        case .resourceReference: "resource \(name)"
        case .resourceAttribute: "attribute \(name)"
        case .directModification, .automatic, .noModification: entity ?? "template"
        }
    }
}

/// What happens to one value inside a resource.
package struct PropertyChange: Hashable, Sendable, Codable {
    /// The path below the properties, such as `Environment.Image`, `Tags[env]` or `Stages[0].Name`; for another attribute its name, such as `Metadata`.
    package var path: String
    /// The same as a JSON pointer into the resource: `/Properties/Environment/Image`, `/Properties/Stages/0/Name`, `/Metadata`.
    package var pointer: String
    /// `nil` where there was none.
    package var before: JSONValue?
    /// `nil` where there will be none.
    package var after: JSONValue?
    /// Whether `after` is the whole truth; otherwise it holds `${…}` for what is known after apply.
    package var known: Bool
    package var sensitive: Bool
    package var requiresReplacement: ChangeDetail.Recreation
    /// When a property that may force a replacement does, in AWS's words on the type.
    package var replacementCondition: String?
    package var causes: [ChangeCause]
    package var willChange: Certainty
    /// What must be known to tell what the value will be, such as `the macro AddTags`; `nil` where it is known.
    package var unknownBecause: String?
    /// Where the template says so.
    package var location: SourceRange?
}

/// A named value that changes: a parameter, an output, a tag, a setting.
package struct ValueChange: Hashable, Sendable, Codable {
    package var name: String
    package var before: String?
    package var after: String?
    package var sensitive: Bool
    /// `nil` where it certainly is another one.
    package var willChange: Certainty?

    package init(name: String, before: String?, after: String?, sensitive: Bool = false) {
        self.name = name
        self.before = before
        self.after = after
        self.sensitive = sensitive
    }
}

/// A planned change that can do harm: lose data, open what was closed, or fail halfway. docs/hazards.md lists what counts.
package struct Hazard: Hashable, Sendable, Codable {
    package enum Kind: String, Hashable, Sendable, Codable {
        case dataLoss = "data-loss"
        case nameClash = "name-clash"
        case exportInUse = "export-in-use"
        case widerAccess = "wider-access"
        case publicAccess = "public-access"
    }

    /// The resource, or the output whose export goes away.
    package var logicalID: String
    package var type: String
    package var kind: Kind
    /// What is lost, opened or fails, in a sentence.
    package var summary: String
    /// Whether `protect` in stack.yml forbids it.
    package var isProtected: Bool

    package init(logicalID: String, type: String, kind: Kind = .dataLoss, summary: String, isProtected: Bool) {
        self.logicalID = logicalID
        self.type = type
        self.kind = kind
        self.summary = summary
        self.isProtected = isProtected
    }
}

extension Plan {
    /// Whether anything is really different afterwards.
    package var willChange: Certainty {
        // What a parameter or a tag changes is among the resources.
        .any(changes.map(\.willChange) + outputs.map { $0.willChange ?? .yes })
    }

    /// The hazards that nobody has agreed to by agreeing to the plan without a look at it. That a stack is made or destroyed says
    /// already what becomes of everything in it, but not that it is deleted before it is made.
    /// - Parameter allowed: logical IDs for which anything is agreed to.
    package func hazardsToAllow(except allowed: Set<String>) -> [Hazard] {
        let hazards = hazards.filter { !allowed.contains($0.logicalID) }
        return switch kind {
        case .update: hazards
        case .create: hazards.filter { $0.kind == .dataLoss }
        case .destroy: []
        }
    }
}

extension Plan {
    /// Whether a secret is given for one that was never seen here, as after an import: it may be the very same.
    package var mayGiveSameSecret: Bool { parameters.contains { $0.sensitive && $0.willChange == .unknown } }
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

    /// Counts of what will really happen, in nested stacks too, a possible change counted as one.
    package var summary: Summary {
        var summary = Summary()
        for inner in changes.compactMap(\.nested?.summary) {
            summary.add += inner.add
            summary.modify += inner.modify
            summary.replace += inner.replace
            summary.remove += inner.remove
        }
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

/// Plans that an earlier version recorded lack what has been added to them since.
extension KeyedDecodingContainer {
    func decode(_ type: [ValueChange].Type, forKey key: Key) throws -> [ValueChange] { try decodeIfPresent(type, forKey: key) ?? [] }

    func decode(_ type: [UnchangedProperty].Type, forKey key: Key) throws -> [UnchangedProperty] {
        try decodeIfPresent(type, forKey: key) ?? []
    }

    func decode(_ type: [AccessChange].Type, forKey key: Key) throws -> [AccessChange] { try decodeIfPresent(type, forKey: key) ?? [] }
}
