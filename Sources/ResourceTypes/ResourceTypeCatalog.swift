import Synchronization

/// What is known about every resource type of CloudFormation, for any type asked for.
///
/// A type is decoded when it is asked for first and kept from then on, so a plan pays for the types that it touches.
/// Safe to use from several threads.
package struct ResourceTypeCatalog: Sendable {
    /// The catalog inside this program.
    ///
    /// Empty where the program's own bytes are damaged; then every type is an unknown one.
    package static let bundled = (try? CatalogData.embedded()).map { ResourceTypeCatalog($0) } ?? ResourceTypeCatalog(nil)

    private let store: Store?

    private init(_ data: CatalogData?) {
        store = data.map(Store.init)
    }

    /// A catalog in bytes that `scripts/make-catalog.py` wrote.
    /// - Throws: `MalformedCatalog` where they can't be such. Damage inside a type's record shows when that type is asked for.
    package init(bytes: [UInt8]) throws(MalformedCatalog) {
        self.init(try CatalogData(copying: bytes))
    }

    /// The type of that name; `nil` where the catalog has no such type. Every `Custom::…` is an
    /// `AWS::CloudFormation::CustomResource`.
    package subscript(typeName: String) -> ResourceType? {
        try? type(named: typeName)
    }

    /// What `subscript` returns, told apart from a record that can't be read.
    package func type(named typeName: String) throws(MalformedCatalog) -> ResourceType? {
        try store?.type(named: Self.isCustomResource(typeName) ? Self.customResource : typeName)
    }

    /// How many types the catalog has.
    package var count: Int { store?.data.typeCount ?? 0 }

    /// The names of all types, sorted.
    package var typeNames: [String] {
        guard let data = store?.data else { return [] }
        return (0..<data.typeCount).compactMap { try? data.typeName($0) }
    }

    /// Whether resources of this type are made by a template author's own function or topic.
    package static func isCustomResource(_ typeName: String) -> Bool {
        typeName == customResource || typeName.hasPrefix("Custom::")
    }

    private static let customResource = "AWS::CloudFormation::CustomResource"
}

extension ResourceTypeCatalog {
    /// The types that have been decoded, behind a lock.
    private final class Store: Sendable {
        let data: CatalogData
        private let types = Mutex<[String: ResourceType]>([:])

        init(_ data: CatalogData) {
            self.data = data
        }

        func type(named name: String) throws(MalformedCatalog) -> ResourceType? {
            if let known = types.withLock({ $0[name] }) { return known }
            guard var reader = try data.record(of: name) else { return nil }
            let type = try ResourceType(name, &reader)
            types.withLock { $0[name] = type }
            return type
        }
    }
}
