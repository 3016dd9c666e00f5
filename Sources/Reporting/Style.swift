package import Model

/// How text is marked for a terminal: with ANSI's codes, or not at all.
package struct Style: Sendable {
    package var isColored: Bool

    package init(isColored: Bool) { self.isColored = isColored }

    package static let plain = Style(isColored: false)

    /// Colour on a terminal only, and not where `NO_COLOR` is set (no-color.org) or the terminal is dumb.
    package static func output(_ context: Context) -> Style {
        Style(isColored: context.terminal.outputIsTerminal && context.allowsColor)
    }

    package static func error(_ context: Context) -> Style {
        Style(isColored: context.terminal.errorIsTerminal && context.allowsColor)
    }

    package func bold(_ text: String) -> String { wrap(text, "1") }
    package func dim(_ text: String) -> String { wrap(text, "2") }
    package func red(_ text: String) -> String { wrap(text, "31") }
    package func green(_ text: String) -> String { wrap(text, "32") }
    package func yellow(_ text: String) -> String { wrap(text, "33") }
    package func magenta(_ text: String) -> String { wrap(text, "35") }
    package func cyan(_ text: String) -> String { wrap(text, "36") }

    private func wrap(_ text: String, _ code: String) -> String {
        isColored && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}

extension Context {
    fileprivate var allowsColor: Bool {
        environment["NO_COLOR"].map(\.isEmpty) ?? true && environment["TERM"] != "dumb"
    }
}

extension String {
    /// This text without characters that would steer the terminal or turn its writing direction: what comes from AWS or a
    /// file is shown, not obeyed.
    package var printable: String {
        guard unicodeScalars.contains(where: \.steersTerminal) else { return self }
        var text = ""
        for scalar in unicodeScalars {
            if scalar.steersTerminal {
                text += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    /// The same on one line.
    package var oneLine: String {
        var text = String.UnicodeScalarView()
        for scalar in printable.unicodeScalars { text.append(scalar == "\n" || scalar == "\t" ? " " : scalar) }
        return String(text)
    }

    /// How many columns a terminal gives this text: its characters, those of the wide East Asian ranges and emoji twice.
    package var displayWidth: Int {
        var width = 0
        for character in self {
            guard let scalar = character.unicodeScalars.first else { continue }
            switch scalar.value {
            case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
                0x1F300...0x1FAFF,
                0x20000...0x3FFFD:
                width += 2
            default: width += 1
            }
        }
        return width
    }

    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - displayWidth))
    }

    /// As much of the text as fits into `width` columns, with an ellipsis where something was cut off.
    package func truncated(to width: Int) -> String {
        guard displayWidth > width else { return self }
        var text = ""
        var room = width - 1
        for character in self {
            room -= String(character).displayWidth
            guard room >= 0 else { break }
            text.append(character)
        }
        return width > 0 ? text + "…" : ""
    }
}

extension Unicode.Scalar {
    fileprivate var steersTerminal: Bool {
        switch value {
        case 0x0A, 0x09: false
        case 0x00...0x1F, 0x7F...0x9F: true
        // Marks that turn the writing direction make a text read otherwise than it is: https://trojansource.codes
        case 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
