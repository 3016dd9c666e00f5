import Foundation
import Model
import Templates
import TestSupport
import Testing

/// docs/validation.md is what people look a code up in.
@Suite struct `The documented findings` {
    private let document: String

    init() throws { document = try String(contentsOfFile: "\(Repository.root)/docs/validation.md", encoding: .utf8) }

    /// The codes of the tables with what their rows say of the severity.
    private var documented: [(code: String, severity: String)] {
        document.split(separator: "\n").filter { $0.hasPrefix("| `") }.flatMap { row in
            let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            return cells[0].split(separator: ",").map {
                ($0.trimmingCharacters(in: CharacterSet(charactersIn: " `")), cells[1])
            }
        }
    }

    /// All that looks like a code in the sources that find something in templates.
    private func written() throws -> Set<String> {
        let folder = "\(Repository.root)/Sources/Templates"
        var files = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".swift") }.map { "\(folder)/\($0)" }
        files += ["ValidateCommand", "TemplateValidation", "CfnLint"].map { "\(Repository.root)/Sources/PipeplanCommands/\($0).swift" }
        files += ["Packaging/TemplatePackaging", "Packaging/FileTree", "RequiredCapabilities", "NamedResources"].map {
            "\(Repository.root)/Sources/Project/\($0).swift"
        }
        var codes: Set<String> = []
        for file in files {
            let text = try String(contentsOfFile: file, encoding: .utf8)
            for match in text.matches(of: #/"([a-z0-9]+(?:-[a-z0-9]+)+)"/#) { codes.insert(String(match.1)) }
        }
        // Partitions of AWS, a region, the format's version, a program, a finding that is left out, and one of `apply`.
        let others =
            codes.filter { $0.hasPrefix("aws-") }
            + ["us-east-1", "2010-09-09", "cfn-lint", "missing-environment-variable", "artifact-changed"]
        return codes.subtracting(others)
    }

    @Test func `are those of the program, each once`() throws {
        let codes = documented.map(\.code)
        #expect(try Set(codes).symmetricDifference(written()) == [])
        #expect(Set(codes).count == codes.count)
        #expect(codes.count > 80)
    }

    @Test(arguments: CatalogFinding.allCases) func `have the severity that the document says`(_ finding: CatalogFinding) {
        #expect(documented.first { $0.code == finding.rawValue }?.severity == finding.severity.rawValue)
    }
}
