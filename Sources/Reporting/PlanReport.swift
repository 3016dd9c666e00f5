package import Deploying
package import Model
package import Planning

/// `plan --json`, format version 1.
package struct PlanReport: Encodable, Sendable {
    package var formatVersion = 1
    package var stacks: [Stack]
    /// What is no matter of one of the stacks.
    var notes: [Note]

    /// - Parameter proposals: the change sets that CloudFormation made of the plans, by address.
    /// - Parameter drift: what is known of the stacks' drift.
    /// - Parameter notes: remarks that are no matter of one of the stacks.
    package init(
        _ plans: [Plan], proposals: [StackAddress: ProposedChangeSet] = [:], drift: [StackAddress: KnownDrift] = [:],
        notes: [Finding] = []
    ) {
        self.notes = notes.map(Note.init)
        stacks = plans.map { plan in
            var stack = Stack(plan, proposals[plan.address])
            stack.drift = drift[plan.address].map(KnownDriftReport.init)
            return stack
        }
    }

    package struct Stack: Encodable, Sendable {
        var stack: String
        @OrNull var environment: String?
        var stackName: String
        var region: String
        var kind: String
        var basedOnSerial: Int
        var hasChanges: Bool
        var summary: Plan.Summary
        var unchanged: Int
        var changes: [Change]
        var parameters: [Value]
        var outputs: [Value]
        var conditions: [Value]
        var tags: [Value]
        var settings: [Value]
        var hazards: [Danger]
        var access: [Access]
        var notes: [Note]
        @OrNull var changeSet: Proposal?
        @OrNull var drift: KnownDriftReport?

        init(_ plan: Plan, _ proposal: ProposedChangeSet?) {
            drift = nil
            changeSet = proposal.map { Proposal($0, plan) }
            stack = plan.address.stack
            environment = plan.address.environment
            stackName = plan.stackName
            region = plan.region
            kind = plan.kind.rawValue
            basedOnSerial = plan.basedOnSerial
            hasChanges = plan.hasChanges
            summary = plan.summary
            unchanged = plan.unchangedCount
            changes = plan.changes.map(Change.init)
            parameters = plan.parameters.map(Value.init)
            outputs = plan.outputs.map(Value.init)
            conditions = plan.conditions.map(Value.init)
            tags = plan.tags.map(Value.init)
            settings = plan.settings.map(Value.init)
            hazards = plan.hazards.map(Danger.init)
            access = plan.access.map(Access.init)
            notes = plan.notes.map(Note.init)
        }
    }

    struct Change: Encodable, Sendable {
        var logicalId: String
        var type: String
        @OrNull var physicalId: String?
        var action: String
        @OrNull var replacement: String?
        @OrNull var policyAction: String?
        var listedByCloudFormation: Bool
        var willChange: String
        var willReplace: String
        @OrNull var renamedFrom: String?
        @OrNull var location: String?
        var properties: [Property]
        var unchangedProperties: Int
        var unchanged: [Unchanged]
        @OrNull var nested: Nested?

        init(_ change: PlannedChange) {
            logicalId = change.logicalID
            type = change.type
            physicalId = change.physicalID
            action = change.action.rawValue
            replacement = change.replacement?.rawValue
            policyAction = change.policyAction?.rawValue
            listedByCloudFormation = change.listedByCloudFormation
            willChange = change.willChange.rawValue
            willReplace = change.willReplace.rawValue
            renamedFrom = change.renamedFrom
            location = change.location?.description
            properties = change.properties.map(Property.init)
            unchangedProperties = change.unchangedCount ?? 0
            unchanged = change.unchanged.map { Unchanged(name: $0.name, value: $0.value) }
            nested = change.nested.map(Nested.init)
        }
    }

    /// What happens in a nested stack.
    struct Nested: Encodable, Sendable {
        var stackName: String
        var summary: Plan.Summary
        var unchanged: Int
        var changes: [Change]
        var parameters: [Value]
        var outputs: [Value]
        var conditions: [Value]

        init(_ plan: Plan) {
            stackName = plan.stackName
            summary = plan.summary
            unchanged = plan.unchangedCount
            changes = plan.changes.map(Change.init)
            parameters = plan.parameters.map(Value.init)
            outputs = plan.outputs.map(Value.init)
            conditions = plan.conditions.map(Value.init)
        }
    }

    /// The change set that CloudFormation made of the plan.
    struct Proposal: Encodable, Sendable {
        struct Change: Encodable, Sendable {
            var logicalId: String
            var type: String
            var action: String
            @OrNull var replacement: String?
            /// `as-planned`, `was-unknown` or `more`.
            var standing: String
            @OrNull var difference: String?
        }

        var id: String
        var status: String
        @OrNull var statusReason: String?
        var agrees: Bool
        var changes: [Change]
        var notListed: [String]

        init(_ proposal: ProposedChangeSet, _ plan: Plan) {
            let comparison = ProposalComparison(plan, proposal.changeSet)
            id = proposal.id
            status = proposal.changeSet.status
            statusReason = proposal.changeSet.statusReason
            agrees = comparison.agrees
            notListed = comparison.notListed
            changes = comparison.rows.map { row in
                var change = Change(
                    logicalId: row.change.logicalID, type: row.change.type, action: row.change.action.rawValue,
                    replacement: row.change.replacement?.rawValue, standing: "as-planned", difference: nil)
                switch row.standing {
                case .asPlanned: break
                case .wasUnknown: change.standing = "was-unknown"
                case .more(let sentence): (change.standing, change.difference) = ("more", sentence)
                }
                return change
            }
        }
    }

    struct Unchanged: Encodable, Sendable {
        var name: String
        var value: JSONValue
    }

    struct Property: Encodable, Sendable {
        var path: String
        @OrNull var before: JSONValue?
        @OrNull var after: JSONValue?
        var known: Bool
        var sensitive: Bool
        var requiresReplacement: String
        @OrNull var replacementCondition: String?
        var causes: [String]
        var willChange: String
        @OrNull var unknownBecause: String?
        @OrNull var location: String?

        init(_ change: PropertyChange) {
            path = change.path
            before = change.before
            after = change.after
            known = change.known
            sensitive = change.sensitive
            requiresReplacement = change.requiresReplacement.rawValue
            replacementCondition = change.replacementCondition
            causes = change.causes.map(\.description)
            willChange = change.willChange.rawValue
            unknownBecause = change.unknownBecause
            location = change.location?.description
        }
    }

    struct Value: Encodable, Sendable {
        var name: String
        @OrNull var before: String?
        @OrNull var after: String?
        var sensitive: Bool

        init(_ change: ValueChange) {
            name = change.name
            before = change.before
            after = change.after
            sensitive = change.sensitive
        }
    }

    struct Danger: Encodable, Sendable {
        var logicalId: String
        var type: String
        var kind: String
        var summary: String
        var isProtected: Bool

        init(_ hazard: Hazard) {
            logicalId = hazard.logicalID
            type = hazard.type
            kind = hazard.kind.rawValue
            summary = hazard.summary
            isProtected = hazard.isProtected
        }
    }

    struct Access: Encodable, Sendable {
        var logicalId: String
        var change: String
        var effect: String
        var actions: [String]
        var principals: [String]
        var resources: [String]
        @OrNull var condition: String?
        var widens: Bool

        init(_ access: AccessChange) {
            logicalId = access.logicalID
            change = access.kind.rawValue
            effect = access.effect
            actions = access.actions
            principals = access.principals
            resources = access.resources
            condition = access.condition
            widens = access.widens
        }
    }

    struct Note: Encodable, Sendable {
        var code: String
        var severity: String
        var summary: String
        var detail: String

        init(_ finding: Finding) {
            code = finding.code
            severity = finding.severity.rawValue
            summary = finding.summary
            detail = finding.detail
        }
    }
}
