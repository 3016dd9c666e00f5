import Model
package import Planning

/// A plan as a person reads it.
package struct PlanText {
    private let plan: Plan
    private let style: Style
    private var text = ""

    package static func render(_ plan: Plan, _ style: Style) -> String {
        var renderer = PlanText(plan: plan, style: style)
        renderer.header()
        guard plan.hasChanges else {
            renderer.notes()
            renderer.text += "\n\(style.green("No changes.")) What is recorded and what the files describe are the same.\n"
            return renderer.text
        }
        renderer.changes()
        renderer.values("Parameters", plan.parameters)
        renderer.values("Tags", plan.tags)
        renderer.values("Settings", plan.settings)
        renderer.values("Outputs", plan.outputs)
        renderer.hazards()
        renderer.notes()
        renderer.summary()
        return renderer.text
    }

    private init(plan: Plan, style: Style) {
        self.plan = plan
        self.style = style
    }

    private mutating func header() {
        let basis =
            switch plan.kind {
            case .create: "new stack"
            case .update: "recorded as deployment \(plan.basedOnSerial)"
            case .destroy: "to be destroyed"
            }
        text +=
            "\(style.bold(plan.address.description)) \(style.dim("→ stack \(plan.stackName.printable) in \(plan.region.printable), \(basis)"))\n"
    }

    // MARK: Resources

    /// Removals and replacements first: they are what a reviewer must not miss.
    private mutating func changes() {
        let ranked = plan.changes.enumerated().sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }
        for (_, change) in ranked {
            text += "\n"
            resource(change)
        }
    }

    private func rank(_ change: PlannedChange) -> Int {
        if change.willChange == .no { return 4 }
        switch change.action {
        case .remove: return 0
        case .modify, .dynamic, .syncWithActual: return change.willReplace == .no ? 2 : 1
        case .add, .import: return 3
        }
    }

    private mutating func resource(_ change: PlannedChange) {
        let remarks = remarks(change)
        let line = "\(symbol(change)) \(style.bold(change.logicalID.printable))  \(change.type.printable)"
        text += line + (remarks.isEmpty ? "" : "  \(style.dim("# " + remarks.joined(separator: ", ").printable))") + "\n"
        // What goes away has nothing to review but its name.
        guard change.action != .remove else { return }
        for property in change.properties { self.property(property, of: change) }
    }

    private func symbol(_ change: PlannedChange) -> String {
        if change.willChange == .no { return style.dim("  =") }
        switch change.action {
        case .add: return style.green("  +")
        case .import: return style.cyan(" <-")
        case .remove: return style.red("  -")
        case .modify, .dynamic, .syncWithActual:
            return change.willReplace == .yes ? "\(style.red("-"))/\(style.green("+"))" : style.yellow("  ~")
        }
    }

    private func remarks(_ change: PlannedChange) -> [String] {
        var remarks: [String] = []
        if change.action == .remove, let id = change.physicalID { remarks.append(id) }
        if change.action == .modify {
            switch change.willReplace {
            case .yes: remarks.append("is replaced" + replacementNote(change))
            case .unknown: remarks.append("may be replaced" + replacementNote(change))
            case .no: break
            }
        }
        if change.action == .remove, change.policyAction == .retain { remarks.append("retained: only forgotten by the stack") }
        if change.action == .remove, change.policyAction == .snapshot { remarks.append("a snapshot is kept") }
        if let old = change.renamedFrom { remarks.append("looks like \(old) renamed: CloudFormation makes a new one and removes the old") }
        if change.willChange == .no { remarks.append("listed by CloudFormation, but nothing will be different") }
        if change.willChange == .unknown { remarks.append("may change: known after apply") }
        if !change.listedByCloudFormation, change.willChange == .yes, plan.kind != .destroy {
            remarks.append("not listed by CloudFormation, and yet it changes")
        }
        return remarks
    }

    private func replacementNote(_ change: PlannedChange) -> String {
        switch change.policyAction {
        case .replaceAndRetain: " (the old one is retained)"
        case .replaceAndSnapshot: " (a snapshot of the old one is kept)"
        default: ""
        }
    }

    // MARK: Properties

    private mutating func property(_ change: PropertyChange, of resource: PlannedChange) {
        let isAdded = resource.action == .add
        let symbol =
            switch (change.before, change.after) {
            case (nil, _): style.green("+")
            case (_, nil): style.red("-")
            default: style.yellow("~")
            }
        let head = "      \(symbol) \(change.path.printable):"
        var tail: [String] = []
        if change.requiresReplacement == .always, change.willChange != .no { tail.append(style.red("forces replacement")) }
        if change.requiresReplacement == .conditionally, change.willChange != .no { tail.append(style.red("may force replacement")) }
        if !isAdded, change.causes != [.template] {
            tail.append(style.dim("by " + change.causes.map(\.description).joined(separator: ", ").printable))
        }
        let end = tail.isEmpty ? "\n" : "  \(style.dim("#")) \(tail.joined(separator: "; "))\n"

        if change.willChange == .no {
            // Its value is not what a reviewer is looking for.
            text += style.dim("      = \(change.path.printable)") + end
            return
        }
        let after = change.after.map { ValueText.render($0, known: change.known, style) }
        guard !isAdded, let before = change.before.map({ ValueText.render($0, known: true, style) }) else {
            text += head + (after.map { ValueText.placed($0, indent: 8) } ?? "") + end
            return
        }
        guard let after else {
            text += head + ValueText.placed(before, indent: 8) + end
            return
        }
        if change.sensitive {
            text += head + " (sensitive)" + end
        } else if before.count == 1, after.count == 1, before[0].count + after[0].count < 140 {
            text += head + " \(before[0]) → \(after[0])" + end
        } else {
            text += head + end
            text += LineDifference.render(before, after, indent: 10, style)
        }
    }

    // MARK: The rest

    private mutating func values(_ title: String, _ changes: [ValueChange]) {
        guard !changes.isEmpty else { return }
        text += "\n  \(style.bold(title))\n"
        for change in changes {
            let name = change.name.printable
            func shown(_ value: String, isAfter: Bool) -> String {
                if change.sensitive { return "(sensitive)" }
                let quoted = JSONValue.quoted(value).printable
                return isAfter && value.contains("${") ? "\(quoted) \(style.dim("(known after apply)"))" : quoted
            }
            switch (change.before, change.after) {
            case (nil, let after?): text += "      \(style.green("+")) \(name): \(shown(after, isAfter: true))\n"
            case (let before?, nil): text += "      \(style.red("-")) \(name): \(shown(before, isAfter: false))\n"
            case (let before?, let after?):
                let value = change.sensitive ? "(sensitive)" : "\(shown(before, isAfter: false)) → \(shown(after, isAfter: true))"
                text += "      \(style.yellow("~")) \(name): \(value)\n"
            case (nil, nil): continue
            }
        }
    }

    private mutating func hazards() {
        guard !plan.hazards.isEmpty else { return }
        text += "\n  \(style.red(style.bold("Hazards")))\n"
        for hazard in plan.hazards {
            text +=
                "      \(style.red("!")) \(hazard.summary.printable)\(hazard.isProtected ? style.red(" (protected in stack.yml)") : "")\n"
        }
    }

    private mutating func notes() {
        guard !plan.notes.isEmpty else { return }
        text += "\n" + FindingText.render(plan.notes, style)
    }

    private mutating func summary() {
        let summary = plan.summary
        text +=
            "\n\(style.bold("Plan:")) \(summary.add) to add, \(summary.modify) to change, \(summary.replace) to replace, \(summary.remove) to remove"
        text += plan.unchangedCount > 0 ? "; \(plan.unchangedCount) unchanged.\n" : ".\n"
    }
}

/// Values as a person reads them: in YAML's block style, what is short on one line.
enum ValueText {
    private static let shortEnough = 80

    static func render(_ value: JSONValue, known: Bool, _ style: Style) -> [String] {
        var lines = lines(of: value)
        if !known, lines.count == 1 { lines[0] += " " + style.dim("(known after apply)") }
        return lines
    }

    private static func lines(of value: JSONValue) -> [String] {
        switch value {
        case .string("(sensitive)"): return ["(sensitive)"]
        case .string(let text) where text.unicodeScalars.contains("\n"): return block(text)
        case .string(let text): return [JSONValue.quoted(text).printable]
        case .null, .bool, .number: return [value.compactText.printable]
        case .array(let items):
            if let line = short(value) { return [line] }
            return items.flatMap { item in
                let inner = lines(of: item)
                return ["- \(inner[0])"] + inner.dropFirst().map { "  \($0)" }
            }
        case .object(let members):
            if let line = short(value) { return [line] }
            let lines = members.flatMap { key, member in
                let inner = self.lines(of: member)
                return inner.count == 1 || isBlock(inner)
                    ? ["\(key.printable): \(inner[0])"] + inner.dropFirst() : ["\(key.printable):"] + inner.map { "  \($0)" }
            }
            // One key behind another on a line would be no YAML.
            return lines.count == 1 ? [value.compactText.printable] : lines
        }
    }

    /// A text of several lines behind YAML's mark for whether it ends with a line break.
    private static func block(_ text: String) -> [String] {
        var lines = text.printable.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
        let isEnded = lines.last == ""
        if isEnded { lines.removeLast() }
        let mark = !isEnded ? "|-" : lines.last == "" ? "|+" : "|"
        return [mark] + lines.map { $0.isEmpty ? "" : "  \($0)" }
    }

    private static func isBlock(_ lines: [String]) -> Bool { ["|", "|-", "|+"].contains(lines[0]) }

    private static func short(_ value: JSONValue) -> String? {
        let text = value.compactText
        return text.count <= shortEnough ? text.printable : nil
    }

    /// Lines behind a key: the first beside it, or all below it.
    static func placed(_ lines: [String], indent: Int) -> String {
        if lines.count == 1 { return " " + lines[0] }
        let space = "\n" + String(repeating: " ", count: indent + 2)
        func below(_ line: some StringProtocol) -> String { line.isEmpty ? "\n" : space + line }
        return isBlock(lines) ? " \(lines[0])" + lines.dropFirst().map { below($0.dropFirst(2)) }.joined() : lines.map(below).joined()
    }
}

/// Two texts line by line: what stays, what goes, what comes.
enum LineDifference {
    private enum Line {
        case kept(String)
        case removed(String)
        case inserted(String)

        var isChange: Bool {
            if case .kept = self { false } else { true }
        }
    }

    /// - Parameter context: how many unchanged lines are shown around a change.
    static func render(_ before: [String], _ after: [String], indent: Int, _ style: Style, context: Int = 3) -> String {
        let space = String(repeating: " ", count: indent)
        let lines = merged(before, after)
        let changes = lines.indices.filter { lines[$0].isChange }
        var text = ""
        var isCut = false
        for (index, line) in lines.enumerated() {
            guard changes.isEmpty || changes.contains(where: { abs($0 - index) <= context }) else {
                if !isCut { text += "\(space)\(style.dim("  …"))\n" }
                isCut = true
                continue
            }
            isCut = false
            switch line {
            case .kept(let line): text += line.isEmpty ? "\n" : "\(space)  \(line)\n"
            case .removed(let line): text += "\(space)\(style.red("- " + line))\n"
            case .inserted(let line): text += "\(space)\(style.green("+ " + line))\n"
            }
        }
        return text
    }

    private static func merged(_ before: [String], _ after: [String]) -> [Line] {
        var removed: Set<Int> = []
        var inserted: Set<Int> = []
        for change in after.difference(from: before) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        var lines: [Line] = []
        var (old, new) = (0, 0)
        while old < before.count || new < after.count {
            if removed.contains(old) {
                lines.append(.removed(before[old]))
                old += 1
            } else if inserted.contains(new) {
                lines.append(.inserted(after[new]))
                new += 1
            } else {
                lines.append(.kept(after[new]))
                old += 1
                new += 1
            }
        }
        return lines
    }
}
