import Model
import Templates

/// Which resources of a stack an update may touch (user guide, "Prevent updates to stack resources").
struct StackPolicy: Hashable, Sendable {
    /// The `Update:` actions that a policy speaks of.
    enum Action: String, Hashable, Sendable {
        case modify = "Update:Modify"
        case replace = "Update:Replace"
        case delete = "Update:Delete"
    }

    private let statements: [JSONValue]

    /// Reads a policy; `nil` where the text is none.
    init?(_ text: String) {
        guard text.utf8.count <= 16_384, text.first(where: { !$0.isWhitespace }) == "{",
            let statements = Document.read(text, file: "policy.json").value?.root.json["Statement"]
        else { return nil }
        self.statements = statements.arrayItems ?? [statements]
        guard self.statements.allSatisfy(Self.isStatement) else { return nil }
    }

    private static func isStatement(_ statement: JSONValue) -> Bool {
        let actions = texts(statement["Action"]) + texts(statement["NotAction"])
        let principal = statement["Principal"]?.scalarText ?? statement["Principal"]?["AWS"]?.scalarText
        return ["Allow", "Deny"].contains(statement["Effect"]?.scalarText) && principal == "*" && !actions.isEmpty
            && actions.allSatisfy { $0 == "*" || $0.hasPrefix("Update:") }
    }

    /// Why the action is denied; `nil` where it is allowed.
    func denial(of action: Action, on logicalID: String, type: String) -> String? {
        let matching = statements.enumerated().filter { Self.applies($0.element, action, logicalID, type) }
        let place = "does not allow [\(action.rawValue)] for resource [LogicalResourceId/\(logicalID)]"
        if let denying = matching.first(where: { $0.element["Effect"]?.scalarText == "Deny" }) {
            return "Action denied by stack policy: Statement [#\(denying.offset + 1)] \(place)"
        }
        return matching.isEmpty ? "Action denied by stack policy: The policy \(place)" : nil
    }

    private static func applies(_ statement: JSONValue, _ action: Action, _ logicalID: String, _ type: String) -> Bool {
        let actions = texts(statement["Action"])
        let isAction =
            actions.isEmpty
            ? !texts(statement["NotAction"]).contains { matches(action.rawValue, $0) } : actions.contains { matches(action.rawValue, $0) }
        let resources = texts(statement["Resource"])
        let name = "LogicalResourceId/\(logicalID)"
        let isResource =
            resources.isEmpty
            ? !texts(statement["NotResource"]).contains { matches(name, $0) } : resources.contains { matches(name, $0) }
        return isAction && isResource && isCondition(statement["Condition"], type)
    }

    private static func isCondition(_ condition: JSONValue?, _ type: String) -> Bool {
        guard let condition else { return true }
        let types = texts(condition["StringEquals"]?["ResourceType"]) + texts(condition["StringLike"]?["ResourceType"])
        return types.contains { matches(type, $0) }
    }

    private static func texts(_ value: JSONValue?) -> [String] { value.map { ($0.arrayItems ?? [$0]).compactMap(\.scalarText) } ?? [] }

    /// Whether the text matches a pattern in which `*` stands for any text.
    private static func matches(_ text: String, _ pattern: String) -> Bool {
        let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard parts.count > 1, let first = parts.first, let last = parts.last else { return text == pattern }
        guard text.hasPrefix(first), text.hasSuffix(last), text.count >= first.count + last.count else { return false }
        var rest = text.dropFirst(first.count).dropLast(last.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let found = rest.firstRange(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return true
    }
}
