package import Model
package import Templates

extension StackSettings {
    /// Entries of `protect` and `ignoreDrift` that name no resource: what they were written for would go unprotected, or unignored.
    /// - Parameters:
    ///   - nested: the templates that `template` nests, as `TemplateResource.templateKey` knows them.
    ///   - isRecorded: whether the deployed stack has a resource; asked where the template has none of the name.
    package func namedResourceFindings(
        in template: Template, nested: [String: Template], isRecorded: (String) -> Bool
    ) -> [Finding] {
        let rules = ignoreDrift.map { Located($0.value.resource, at: $0.place) }.filter { !$0.value.contains { "*?".contains($0) } }
        let named = protect.map { ("protect", $0) } + rules.map { ("ignoreDrift", $0) }
        return named.compactMap { key, name in
            guard !template.mayHave(name.value, nested: nested), !isRecorded(name.value) else { return nil }
            return name.place.finding(
                "unknown-resource", "\(key) names \(name.value), and the template has no such resource",
                detail: advice(for: name.value, among: template.resourceNames(nested: nested)))
        }
    }
}
