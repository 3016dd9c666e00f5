import ResourceTypes

extension PropertySchema {
    /// The schemas directly inside this one.
    var children: [PropertySchema] {
        var children = Array(properties.values) + patternProperties.map(\.schema) + allOf + anyOf + oneOf
        if let items { children.append(items) }
        if case .matching(let schema) = additionalProperties { children.append(schema) }
        return children
    }
}
