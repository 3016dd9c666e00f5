import Model
import Templates

extension SettingsReader {
    /// Rules for drift that does not matter: each a text, `Service.DesiredCount`, or a map of `resource`, `path` and `value`.
    mutating func ignoreDrift(in section: Section) -> [Located<DriftIgnoreRule>]? {
        let key = "ignoreDrift"
        guard let node = section[key] else { return nil }
        switch node.content {
        case .scalar: return text(node, key).map { [Located(DriftIgnoreRule(text: $0.value), at: $0.place)] }
        case .sequence(let items): return items.compactMap { ignoreDriftRule($0) }
        case .mapping: return ignoreDriftRule(node).map { [$0] }
        }
    }

    private mutating func ignoreDriftRule(_ node: Node) -> Located<DriftIgnoreRule>? {
        let name = "An item of ignoreDrift"
        guard node.members != nil else { return text(node, name).map { Located(DriftIgnoreRule(text: $0.value), at: $0.place) } }
        let rule = self.section(node, name, keys: ["resource", "path", "value"])
        guard let resource = text("resource", in: rule) else {
            if rule["resource"] == nil {
                report(
                    "missing-resource", "\(name) names no resource",
                    detail: "Give it one: `resource: Service`, or `resource: \"*\"` for all.", at: node.span)
            }
            return nil
        }
        let value = DriftIgnoreRule(
            resource: resource.value, path: text("path", in: rule)?.value, value: text("value", in: rule)?.value)
        return Located(value, at: resource.place)
    }
}
