import Model
import OrderedCollections
import Templates

/// How the desired parameters differ from the recorded ones.
struct ParameterComparison {
    /// Names whose value is another, is new, or may be another.
    var changed: Set<String> = []
    var listed: [ValueChange] = []
    /// Whether a value names something in the parameter store, and what that is, or was, is not known.
    private(set) var readsStore = false
    /// The names in the parameter store under which there is another value now, by parameter.
    private(set) var storedElsewise: [String: String] = [:]
    /// Desired values with what is previous filled in.
    var desired: OrderedDictionary<String, ParameterValue>
    /// Recorded values as the evaluator takes them.
    var recorded: OrderedDictionary<String, ParameterValue> = [:]

    init(_ stack: DesiredStack, recorded stored: RecordedStack?) {
        desired = stack.parameters
        for (name, value) in stored?.parameters ?? [:] { recorded[name] = value.asParameterValue }
        for name in stack.previousParameters { recorded[name].map { desired[name] = $0 } }
        for (name, value) in desired {
            let before = recorded[name]
            guard !stack.previousParameters.contains(name), !Self.isSame(before, value) else { continue }
            changed.insert(name)
            var change = ValueChange(
                name: name, before: before.map(\.shown), after: value.shown, sensitive: value.isSecret || before?.isSecret == true)
            if case .secret = value, case .previousSecret(nil)? = before {
                desired[name] = .unknown("Whether the secret is another one is not known: the one it has was never seen here.")
                change.willChange = .unknown
            }
            listed.append(change)
        }
        for parameter in stack.template.parameters.values where parameter.isStoreValue {
            guard case .plain(let path)? = desired[parameter.name], let after = stack.storedValues[parameter.name],
                let before = stored?.storedValues[parameter.name]
            else {
                readsStore = true
                continue
            }
            if before != after { storedElsewise[parameter.name] = path }
        }
        for (name, value) in recorded where desired[name] == nil {
            changed.insert(name)
            listed.append(ValueChange(name: name, before: value.shown, after: nil, sensitive: value.isSecret))
        }
    }

    private static func isSame(_ before: ParameterValue?, _ after: ParameterValue) -> Bool {
        switch (before, after) {
        case (.plain(let a)?, .plain(let b)): a == b
        case (.previousSecret(let a?)?, .secret(let secret, let b)): a == b || (b == nil && a.matches(secret))
        case (.previousSecret(let a?)?, .previousSecret(let b?)): a == b
        default: false
        }
    }
}

extension RecordedParameter {
    var asParameterValue: ParameterValue {
        switch self {
        case .plain(let text): .plain(text)
        case .secret(let digest): .previousSecret(digest)
        }
    }
}

extension ParameterValue {
    var isSecret: Bool {
        switch self {
        case .secret, .previousSecret: true
        case .plain, .unknown: false
        }
    }

    var shown: String {
        switch self {
        case .plain(let text): text
        case .secret, .previousSecret: "(sensitive)"
        case .unknown: "(unknown)"
        }
    }
}
