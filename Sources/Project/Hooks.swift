import Model
import Templates

/// A shell command that is run around something that is done with a stack.
package struct Hook: Hashable, Sendable {
    /// What becomes of what it is run around when it fails.
    package enum OnFailure: String, Hashable, Sendable, CaseIterable { case fail, warn, ignore }

    /// For `/bin/sh -c`.
    package var command: String
    package var timeoutSeconds: Int
    package var onFailure: OnFailure

    package init(_ command: String, timeoutSeconds: Int = Self.usualTimeout, onFailure: OnFailure = .fail) {
        self.command = command
        self.timeoutSeconds = timeoutSeconds
        self.onFailure = onFailure
    }

    package static let usualTimeout = 600
}

/// The hooks of a stack.
package struct Hooks: Hashable, Sendable {
    package enum Operation: String, Hashable, Sendable, CaseIterable { case plan, apply, destroy }

    /// By operation, in the order they are run.
    package var before: [Operation: [Hook]]
    package var after: [Operation: [Hook]]

    package init(before: [Operation: [Hook]] = [:], after: [Operation: [Hook]] = [:]) {
        self.before = before
        self.after = after
    }
}

extension SettingsReader {
    mutating func hooks(in section: Section) -> Hooks? {
        guard let hooks = self.section("hooks", in: section, keys: ["before", "after"]) else { return nil }
        return Hooks(before: hooksByOperation("before", in: hooks), after: hooksByOperation("after", in: hooks))
    }

    private mutating func hooksByOperation(_ key: String, in hooks: Section) -> [Hooks.Operation: [Hook]] {
        guard let operations = section(key, in: hooks, keys: Hooks.Operation.allCases.map(\.rawValue)) else { return [:] }
        var found: [Hooks.Operation: [Hook]] = [:]
        for operation in Hooks.Operation.allCases {
            guard let node = operations[operation.rawValue] else { continue }
            let name = "A hook \(key) \(operation.rawValue)"
            let read = (node.items ?? [node]).compactMap { hook($0, name) }
            if !read.isEmpty { found[operation] = read }
        }
        return found
    }

    private mutating func hook(_ node: Node, _ name: String) -> Hook? {
        guard node.members != nil else { return text(node, name).map { Hook($0.value) } }
        let section = section(node, name, keys: ["run", "timeout", "onFailure"])
        guard let command = text("run", in: section) else {
            if section["run"] == nil {
                report("bad-hook", "\(name) has nothing to run", detail: "Give it a command: run: ./check.sh", at: node.span)
            }
            return nil
        }
        var hook = Hook(command.value)
        if let node = section["timeout"], let seconds = duration(node, "timeout") { hook.timeoutSeconds = seconds }
        if let policy = text("onFailure", in: section) {
            if let known = Hook.OnFailure(rawValue: policy.value) {
                hook.onFailure = known
            } else {
                findings.append(
                    policy.place.finding(
                        "bad-value", "\(JSONValue.quoted(policy.value)) is no way to take a failure",
                        detail: advice(for: policy.value, among: Hook.OnFailure.allCases.map(\.rawValue))))
            }
        }
        return hook
    }

    /// Seconds, from what is written as `90s`, `5m` or `1h`: at least one, and a day at most.
    private mutating func duration(_ node: Node, _ name: String) -> Int? {
        let units = ["s": 1, "m": 60, "h": 3600]
        if let text = node.text, let unit = text.last.flatMap({ units[String($0)] }), let number = Int(text.dropLast()),
            (1...86_400).contains(number), number * unit <= 86_400
        {
            return number * unit
        }
        report("bad-duration", "\(name) is no time", detail: "Write it as 90s, 5m or 1h; a day at most.", at: node.span)
        return nil
    }
}
