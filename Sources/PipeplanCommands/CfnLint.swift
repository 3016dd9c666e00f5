import Foundation
import Model
import Templates

/// cfn-lint, where it is installed: its findings beside one's own.
struct CfnLint {
    private let program: String
    private let environment: [String: String]

    /// Names the program where it is not in `PATH`.
    static let variable = "PIPEPLAN_CFN_LINT"

    /// - Throws: `Problem` (exit code 4) where cfn-lint is not installed.
    init(_ context: Context) throws(Problem) {
        environment = context.environment
        if let named = environment[Self.variable], !named.isEmpty {
            guard FileManager.default.isExecutableFile(atPath: named) else {
                throw Problem(
                    .badInput, "cfn-lint-missing", "\(named) is no program",
                    detail: "\(Self.variable) names it. Correct or unset that variable.")
            }
            program = named
            return
        }
        let folders = environment["PATH"]?.split(separator: ":") ?? []
        guard let found = folders.map({ "\($0)/cfn-lint" }).first(where: FileManager.default.isExecutableFile) else {
            throw Problem(
                .badInput, "cfn-lint-missing", "cfn-lint is not installed",
                detail: "Install it (`pip install cfn-lint`), name it in \(Self.variable), or leave out --lint.")
        }
        program = found
    }

    /// What cfn-lint finds in templates, by their absolute paths.
    func findings(in sources: [String: SourceText]) throws(Problem) -> [String: [Finding]] {
        guard !sources.isEmpty else { return [:] }
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        let output: Data
        do {
            let arguments = [program, "--format", "json", "--"] + sources.keys.sorted()
            output = try ChildProcess.run(arguments, environment: environment, input: null, errors: null).output
        } catch {
            throw Problem(.failed, "cfn-lint-failed", "\(program) could not be started", detail: "\(error.reason).")
        }
        guard let matches = try? JSONDecoder().decode([Match].self, from: output) else {
            throw Problem(
                .failed, "cfn-lint-failed", "\(program) did not answer with its findings",
                detail: "Run it by hand to see why. pipeplan reads what `cfn-lint --format json` prints, of version 1 or newer.")
        }
        return Dictionary(grouping: matches, by: \.filename).reduce(into: [:]) { found, entry in
            guard let source = sources[entry.key] else { return }
            found[entry.key] = entry.value.map { $0.finding(in: source) }
        }
    }

    /// Both, without what cfn-lint found at a place where something is reported already.
    static func merged(_ own: [Finding], _ lint: [Finding]) -> [Finding] {
        own + lint.filter { finding in !own.contains { isSamePlace($0, finding) } }
    }

    /// Whether two findings begin at one place, or one is about a key and the other about its value on the same line.
    private static func isSamePlace(_ one: Finding, _ other: Finding) -> Bool {
        guard let first = one.location, let second = other.location, first.file == second.file else { return false }
        if first.start == second.start { return true }
        return isKey(second, of: first, in: one) || isKey(first, of: second, in: one)
    }

    private static func isKey(_ key: SourceRange, of value: SourceRange, in finding: Finding) -> Bool {
        let offset = finding.excerptColumn ?? 1
        guard key.start.line == value.start.line, key.end.line == value.start.line, key.end.column >= offset,
            key.end.column < value.start.column, let line = finding.excerpt
        else { return false }
        let between = line.unicodeScalars.dropFirst(key.end.column - offset).prefix(value.start.column - key.end.column)
        return between.contains(":") && between.allSatisfy { ": \"'".unicodeScalars.contains($0) }
    }
}

extension CfnLint {
    /// One of cfn-lint's findings as it prints them.
    private struct Match: Decodable {
        var filename: String
        var level: String
        var message: String
        var rule: Rule
        var location: Location

        struct Rule: Decodable {
            var id: String
            var shortDescription: String
            var source: String?

            enum CodingKeys: String, CodingKey {
                case id = "Id"
                case shortDescription = "ShortDescription"
                case source = "Source"
            }
        }

        struct Location: Decodable {
            var start: Position
            var end: Position

            enum CodingKeys: String, CodingKey {
                case start = "Start"
                case end = "End"
            }
        }

        struct Position: Decodable {
            var line: Int
            var column: Int

            enum CodingKeys: String, CodingKey {
                case line = "LineNumber"
                case column = "ColumnNumber"
            }

            var mark: Mark { Mark(line: max(1, line), column: max(1, column)) }
        }

        enum CodingKeys: String, CodingKey {
            case filename = "Filename"
            case level = "Level"
            case message = "Message"
            case rule = "Rule"
            case location = "Location"
        }

        func finding(in source: SourceText) -> Finding {
            let severity: Finding.Severity =
                switch level {
                case "Error": .error
                case "Warning": .warning
                default: .note
                }
            let more = rule.source.map { " See \($0)." } ?? ""
            return source.finding(
                "cfn-lint-\(rule.id)", severity, message.split(whereSeparator: \.isNewline).joined(separator: " "),
                detail: "\(rule.shortDescription).\(more)", at: Span(start: location.start.mark, end: location.end.mark))
        }
    }
}
