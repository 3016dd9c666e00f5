import Foundation
import Model
import StateDatabase

@testable import Deploying
@testable import Planning

extension StackAddress {
    static let pipeline = StackAddress(stack: "image-pipeline", environment: "develop")
}

extension DeploymentActor {
    static let ada = DeploymentActor(user: "ada", host: "laptop")
    static let grace = DeploymentActor(user: "grace", host: "runner-7")
}

let stackARN = "arn:aws:cloudformation:eu-central-1:123456789012:stack/image-pipeline-develop/6a6fcf40-0000-11f0-8000-0affd2c3c5d1"
let noon = Date(timeIntervalSince1970: 1_769_860_800)

extension Plan {
    static func sample(
        _ changes: PlannedChange..., kind: Kind = .update, basedOn serial: Int = 1, settings: [ValueChange] = [], hazards: [Hazard] = []
    ) -> Plan {
        Plan(
            address: .pipeline, stackName: "image-pipeline-develop", region: "eu-central-1", kind: kind, basedOnSerial: serial,
            changes: changes, unchangedCount: 0, parameters: [], outputs: [], tags: [], settings: settings, hazards: hazards, notes: [])
    }

    /// Adds one topic to a stack that is there.
    static let addition = Plan.sample(.add("Topic"))
    static let creation = Plan.sample(.add("Topic"), kind: .create, basedOn: 0)
    static let destruction = Plan.sample(.remove("Topic"), kind: .destroy)
    static let protection = Plan.sample(settings: [ValueChange(name: "terminationProtection", before: "false", after: "true")])
}

extension PlannedChange {
    static func sample(
        _ action: ResourceChange.Action, _ id: String, type: String = "AWS::SNS::Topic", replacement: ResourceChange.Replacement? = nil,
        willReplace: Certainty = .no, policy: ResourceChange.PolicyAction? = nil, isListed: Bool = true, properties: [PropertyChange] = []
    ) -> PlannedChange {
        PlannedChange(
            logicalID: id, type: type, physicalID: nil, action: action, replacement: replacement, policyAction: policy,
            listing: isListed ? .yes : .no, willChange: .yes, willReplace: willReplace, scope: [], properties: properties, details: [],
            detailsWithValues: nil, renamedFrom: nil, location: nil)
    }

    static func add(_ id: String) -> PlannedChange { sample(.add, id) }
    static func remove(_ id: String, _ policy: ResourceChange.PolicyAction? = .delete) -> PlannedChange {
        sample(.remove, id, policy: policy)
    }
    static func modify(_ id: String, _ replacement: ResourceChange.Replacement? = .no, _ willReplace: Certainty = .no) -> PlannedChange {
        sample(.modify, id, replacement: replacement, willReplace: willReplace)
    }
}

extension ResourceChange {
    static func sample(
        _ action: Action, _ id: String, _ replacement: Replacement? = nil, policy: PolicyAction? = nil
    ) -> ResourceChange {
        ResourceChange(action: action, logicalID: id, type: "AWS::SNS::Topic", replacement: replacement, policyAction: policy)
    }
}

extension ChangeSet {
    static func complete(_ changes: ResourceChange...) -> ChangeSet {
        ChangeSet(status: "CREATE_COMPLETE", executionStatus: "AVAILABLE", changes: changes)
    }

    static func failed(_ reason: String?) -> ChangeSet {
        ChangeSet(status: "FAILED", statusReason: reason, executionStatus: "UNAVAILABLE", changes: [])
    }

    /// What `Plan.addition` and `Plan.creation` foresee.
    static let planned = ChangeSet.complete(.sample(.add, "Topic"))
    static let excessive = ChangeSet.complete(.sample(.add, "Topic"), .sample(.remove, "Queue"))
    static let withoutChanges = ChangeSet.failed(
        "The submitted information didn't contain changes. Submit different information to create a change set.")
}

extension StackDescription {
    static func sample(_ status: StackStatus, reason: String? = nil, isProtected: Bool = false) -> StackDescription {
        StackDescription(
            stackID: stackARN, stackName: "image-pipeline-develop", status: status, statusReason: reason, terminationProtection: isProtected
        )
    }
}

extension OutsideChange {
    static let sample = OutsideChange(changeSetID: nil, updatedAt: noon, templateDifference: ["-a", "+b"], parameterDifference: [])
}

extension StackEvent {
    /// - Parameters:
    ///   - id: the event's own; also its resource's logical ID where that is not named.
    ///   - second: after noon.
    static func sample(
        _ id: String, _ status: StackStatus = "CREATE_IN_PROGRESS", of resource: String? = nil, at second: Double = 0,
        _ reason: String? = nil,
        token: String? = nil
    ) -> StackEvent {
        StackEvent(
            eventID: id, stackID: stackARN, stackName: "image-pipeline-develop", logicalID: resource ?? id, physicalID: nil,
            resourceType: "AWS::SNS::Topic", timestamp: noon + second, status: status, statusReason: reason, clientRequestToken: token)
    }

    static func ofStack(
        _ id: String, _ status: StackStatus, at second: Double = 0, _ reason: String? = nil, token: String? = nil
    ) -> StackEvent {
        var event = sample(id, status, of: "image-pipeline-develop", at: second, reason, token: token)
        event.resourceType = "AWS::CloudFormation::Stack"
        event.physicalID = stackARN
        return event
    }
}

/// Numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
