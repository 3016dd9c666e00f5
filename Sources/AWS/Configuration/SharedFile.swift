package import Model

/// One of AWS's shared files, `~/.aws/config` or `~/.aws/credentials`: sections of settings, some of which hold settings of their own.
///
/// The grammar is botocore's: a comment is a whole line that starts with `#` or `;`; an indented line belongs to the
/// setting before it; a name's case does not matter; a section that occurs twice is one section.
package struct SharedFile: Hashable, Sendable {
    package struct Setting: Hashable, Sendable {
        package var value: String
        /// The indented settings below it, as `s3` and the sections of `services` have them.
        package var nested: [String: String] = [:]
    }

    package var path: String
    /// By the text between the brackets, words separated by one space and quotes removed.
    package var sections: [String: [String: Setting]]

    /// A file that does not exist.
    package init(missing path: String) {
        self.path = path
        sections = [:]
    }

    /// Reads a file's text. Throws `Problem` with file and line where the text is malformed.
    package init(path: String, text: String) throws(Problem) {
        self.path = path
        sections = [:]
        var section: String?
        var setting: String?
        // A carriage return and line feed are one Character, so `isNewline` splits either form of line.
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let trimmed = line.trimmed
            guard let first = trimmed.first, first != "#", first != ";" else { continue }
            if first == "[" {
                guard let end = trimmed.lastIndex(of: "]"),
                    let name = Self.sectionName(trimmed[trimmed.index(after: trimmed.startIndex)..<end])
                else { throw Self.malformed(path, index, line, "A section is written [name] or [profile name].") }
                section = name
                setting = nil
                if sections[name] == nil { sections[name] = [:] }
                continue
            }
            guard let section else {
                throw Self.malformed(path, index, line, "A setting stands below the section it belongs to, such as [default].")
            }
            let pair = trimmed.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let isIndented = line.first == " " || line.first == "\t"
            guard pair.count == 2, !pair[0].isEmpty else {
                if isIndented, let setting {
                    sections[section]?[setting]?.value += "\n\(trimmed)"
                    continue
                }
                throw Self.malformed(path, index, line, "A setting is written name = value.")
            }
            let name = pair[0].trimmed.lowercased()
            let value = String(pair[1].trimmed)
            if isIndented, let setting {
                sections[section]?[setting]?.nested[name] = value
            } else {
                sections[section]?[name] = Setting(value: value)
                setting = name
            }
        }
    }

    private static func sectionName(_ text: Substring) -> String? {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard !words.isEmpty else { return nil }
        return words.joined(separator: " ").filter { $0 != "\"" && $0 != "'" }
    }

    /// The line itself is not shown: it may hold a key.
    private static func malformed(_ path: String, _ index: Int, _ line: Substring, _ rule: String) -> Problem {
        let start = SourcePosition(line: index + 1, column: 1)
        let end = SourcePosition(line: index + 1, column: line.unicodeScalars.count + 1)
        return Problem(
            .badInput, "malformed-aws-file", "This AWS settings file can't be read", detail: rule,
            at: SourceRange(file: path, start: start, end: end))
    }
}

extension StringProtocol {
    var trimmed: SubSequence {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace }) else {
            return self[endIndex...]
        }
        return self[first...last]
    }
}
