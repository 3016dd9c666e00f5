package import Model
package import OrderedCollections

/// What stack.yml says about a stack at one level: above, or in an environment. What it leaves open is `nil` or empty.
package struct StackOptions: Sendable {
    /// Parameters are written in place or kept in a file of their own.
    package enum Parameters: Sendable {
        case file(Located<String>)
        case values(ParameterSources)
    }

    package enum StackPolicy: Sendable {
        case file(Located<String>)
        case document(Located<JSONValue>)
    }

    package var template: Located<String>?
    package var stackName: Located<String>?
    package var region: Located<String>?
    package var profile: Located<String>?
    package var assumeRole: Located<String>?
    package var serviceRole: Located<String>?
    package var allowedAccounts: [Located<String>]?
    package var artifacts: Located<String>?
    package var parameters: Parameters?
    package var tags: OrderedDictionary<String, String> = [:]
    package var capabilities: [String]?
    package var notificationArns: [Located<String>]?
    package var terminationProtection: Bool?
    package var stackPolicy: StackPolicy?
    package var rollback: RollbackTriggers?
    package var protect: [Located<String>]?
    package var ignoreDrift: [Located<DriftIgnoreRule>]?
    package var dependsOn: [Located<StackAddress>]?
    package var hooks: Hooks?
    package var imports: ResourceImports?
}

/// The alarms that roll an operation back, and for how long they are watched after its last resource is done.
package struct RollbackTriggers: Hashable, Sendable, Codable {
    /// ARNs of CloudWatch alarms.
    package var alarms: [String]
    /// 0 to 180; `nil` leaves what CloudFormation has.
    package var minutes: Int?

    package init(alarms: [String], minutes: Int? = nil) {
        self.alarms = alarms
        self.minutes = minutes
    }

    /// As it is recorded and compared.
    package var json: JSONValue {
        var members: OrderedDictionary<String, JSONValue> = ["alarms": .array(alarms.map(JSONValue.string))]
        members["minutes"] = minutes.map { .number(String($0)) }
        return .object(members)
    }
}
