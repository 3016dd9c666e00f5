import Foundation
import Templates
import TestSupport
import Testing

/// docs/packaging.md is where people look up which properties take a local path.
@Suite struct PackagingDocumentTests {
    @Test func `every property that takes a local path is in the table, with what it takes and becomes`() throws {
        let document = try String(contentsOfFile: "\(Repository.root)/docs/packaging.md", encoding: .utf8)
        let rows = document.split(separator: "\n").filter { $0.hasPrefix("| `AWS::") }.map(String.init)
        #expect(rows == PackagedProperty.all.map(Self.row))
    }

    private static func row(_ property: PackagedProperty) -> String {
        let form =
            switch property.form {
            case .map(let bucket, let key): "`\(bucket)`, `\(key)`"
            case .s3: "`s3://`"
            case .https: "`https://`"
            case .inline: "its text"
            }
        return "| `\(property.type)` | `\(property.path.joined(separator: "."))` | \(property.contents) | \(form) |"
    }
}
