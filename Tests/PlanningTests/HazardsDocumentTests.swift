import Foundation
import ResourceTypes
import TestSupport
import Testing

/// docs/hazards.md is what a reviewer reads who wonders why a plan needs a yes.
@Suite struct `The document about hazards` {
    private func text() throws -> String { try String(contentsOfFile: "\(Repository.root)/docs/hazards.md", encoding: .utf8) }

    @Test func `it lists every type that holds data, with what is lost, and no other`() throws {
        let lines = try text().split(separator: "\n").filter { $0.hasPrefix("- `AWS::") }.map(String.init)
        let expected = DataHolding.typeNames.map { "- `\($0)`: \(DataHolding.loss(of: $0) ?? "")" }
        #expect(lines.sorted() == expected.sorted())
    }
}
