package struct PropertyPath: Hashable, Sendable {
    package var components: [String]
    package init(_ components: [String]) { self.components = components }
}
package enum UpdateBehavior { case noInterruption, conditionalReplacement, replacement }
package struct ResourceType: Sendable {
    package var taggable: Bool { false }
    package var refProperty: PropertyPath? { nil }
    package func attributeProperty(_ name: String) -> PropertyPath? { nil }
    package func isPrimaryIdentifier(_ name: String) -> Bool { false }
    package func updateBehavior(at path: PropertyPath) -> UpdateBehavior { .noInterruption }
    package func createOnlyPaths(below path: PropertyPath) -> [PropertyPath] { [] }
}
package struct ResourceTypeCatalog: Sendable {
    package static let bundled = ResourceTypeCatalog()
    package subscript(name: String) -> ResourceType? { nil }
    package static func isCustomResource(_ name: String) -> Bool { false }
}
package enum DataHolding { package static func loss(of type: String) -> String? { nil } }
