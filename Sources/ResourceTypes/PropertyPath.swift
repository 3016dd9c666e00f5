/// Where in a resource's Properties something stands: names from the outside in, `*` for an item of a list or a member of a map.
///
/// `PropertyPath(["BlockDeviceMappings", "*", "Ebs"])` is what resource schemas write `/properties/BlockDeviceMappings/*/Ebs`.
package struct PropertyPath: Hashable, Sendable {
    package var components: [String]

    package init(_ components: [String]) {
        self.components = components
    }

    /// Reads a schema's JSON pointer (RFC 6901), `/properties/A/*/B`; `nil` where it is none, or names no property.
    package init?(pointer: String) {
        let parts = pointer.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 2, parts[0].isEmpty, parts[1] == "properties" else { return nil }
        components = parts.dropFirst(2).map { String($0).replacing("~1", with: "/").replacing("~0", with: "~") }
    }

    /// Reads the name of an attribute, `Endpoint.Address`.
    package init(attribute: String) {
        components = attribute.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    }

    /// Whether this path is `other` or stands below it. A `*` in `other` stands for any name.
    package func isAtOrBelow(_ other: PropertyPath) -> Bool {
        components.count >= other.components.count && zip(components, other.components).allSatisfy { $0 == $1 || $1 == "*" }
    }

    /// Whether this path stands below `other`. A `*` in either stands for any name.
    package func isBelow(_ other: PropertyPath) -> Bool {
        components.count > other.components.count
            && zip(components, other.components).allSatisfy { $0 == $1 || $0 == "*" || $1 == "*" }
    }
}

extension PropertyPath: CustomStringConvertible {
    /// The schema's spelling, `/properties/A/*/B`.
    package var description: String {
        "/properties/" + components.map { $0.replacing("~", with: "~0").replacing("/", with: "~1") }.joined(separator: "/")
    }
}
