import Model
package import Planning

/// A plan as a person reads it.
package struct PlanText {
    private let plan: Plan
    private let style: Style
    private var text = ""

    /// - Parameter heading: what is compared, where that is no stack and what is recorded of it.
    package static func render(_ plan: Plan, _ style: Style, heading: String? = nil) -> String {
        var renderer = PlanText(plan: plan, style: style)
        if let heading { renderer.text = style.bold(heading.printable) + "\n" } else { renderer.header() }
        guard plan.hasChanges || plan.kind == .destroy else {
            renderer.values("Parameters", plan.parameters)
            renderer.notes()
            renderer.text += "\n\(style.green("No changes.")) \(renderer.sameness(isNamed: heading != nil))\n"
            return renderer.text
        }
        renderer.changes()
        renderer.values("Parameters", plan.parameters)
        renderer.values("Conditions", plan.conditions, haveBooleans: true)
        renderer.values("Tags", plan.tags)
        renderer.values("Settings", plan.settings, haveBooleans: true)
        renderer.values("Outputs", plan.outputs)
        renderer.access()
        renderer.hazards()
        renderer.notes()
        renderer.summary()
        return renderer.text
    }

    private init(plan: Plan, style: Style) {
        self.plan = plan
        self.style = style
    }

    /// Why there is nothing to do.
    private func sameness(isNamed: Bool) -> String {
        guard plan.parameters.isEmpty else { return "Nothing uses what is different; CloudFormation takes it with the next change." }
        return isNamed ? "The two come to the same." : "What is recorded and what the files describe are the same."
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
        let ranked = plan.changes.enumerated().sorted { (Self.rank($0.element), $0.offset) < (Self.rank($1.element), $1.offset) }
        for (_, change) in ranked {
            text += "\n"
            resource(change)
        }
    }

    static func rank(_ change: PlannedChange) -> Int {
        if change.willChange == .no { return 4 }
        switch change.action {
        case .remove: return 0
        case .modify, .dynamic, .syncWithActual: return change.willReplace == .no || change.listing == .unknown ? 2 : 1
        case .add, .import: return 3
        }
    }

    private mutating func resource(_ change: PlannedChange) {
        let remarks = remarks(change)
        let line = "\(symbol(change)) \(style.bold(change.logicalID.printable))  \(change.type.printable)"
        text += line + (remarks.isEmpty ? "" : "  \(style.dim("# " + remarks.joined(separator: ", ").printable))") + "\n"
        // What goes away has nothing to review but its name, and what is in it.
        guard change.action != .remove else {
            change.nested.map { inside($0) }
            return
        }
        for property in change.properties { self.property(property, of: change) }
        unchanged(change)
        if let nested = change.nested, nested.hasChanges { inside(nested) }
    }

    /// The properties that stay: each where they were asked for, otherwise their number.
    private mutating func unchanged(_ change: PlannedChange) {
        guard change.action == .modify || change.action == .dynamic else { return }
        for property in change.unchanged {
            let value = ValueText.placed(ValueText.render(property.value, known: true, .plain), indent: 8)
            text += style.dim("        \(property.name.printable):\(value)") + "\n"
        }
        guard change.unchanged.isEmpty, let count = change.unchangedCount, count > 0, change.willChange != .no else { return }
        text += style.dim("        (\(count) \(count == 1 ? "property" : "properties") unchanged)") + "\n"
    }

    /// What happens in a nested stack, further in than the stack itself.
    private mutating func inside(_ nested: Plan) {
        var inner = PlanText(plan: nested, style: style)
        inner.changes()
        inner.values("Conditions", nested.conditions, haveBooleans: true)
        inner.values("Outputs", nested.outputs)
        inner.notes()
        for line in inner.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            text += line.isEmpty ? "\n" : "      \(line)\n"
        }
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
        if change.isRecreation { remarks.append("made again: it was deleted past CloudFormation") }
        if let identifier = change.importIdentifier {
            remarks.append("is imported: \(identifier.map { "\($0) \($1)" }.joined(separator: ", "))")
        }
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
        let isAdded = resource.action == .add || resource.action == .import
        let symbol =
            switch (change.before, change.after) {
            case (nil, _): style.green("+")
            case (_, nil): style.red("-")
            default: style.yellow("~")
            }
        let head = "      \(symbol) \(change.path.printable):"
        var tail: [String] = []
        if change.requiresReplacement == .always, change.willChange != .no { tail.append(style.red("forces replacement")) }
        if change.requiresReplacement == .conditionally, change.willChange != .no {
            tail.append(style.red("may force replacement") + (change.replacementCondition.map { style.dim(": " + $0.printable) } ?? ""))
        }
        if let reason = change.unknownBecause { tail.append(style.dim("depends on " + reason.printable)) }
        if !isAdded, change.causes != [.template] {
            tail.append(style.dim("by " + change.causes.map(\.description).joined(separator: ", ").printable))
        }
        let end = tail.isEmpty ? "\n" : "  \(style.dim("#")) \(tail.joined(separator: "; "))\n"

        if change.willChange == .no {
            // Its value is not what a reviewer is looking for.
            text += style.dim("      = \(change.path.printable)") + end
            return
        }
        let after = change.after.map { ValueText.render($0.shorteningKey, known: change.known, style) }
        guard !isAdded, let before = change.before.map({ ValueText.render($0.shorteningKey, known: true, style) }) else {
            text += head + (after.map { ValueText.placed($0, indent: 8) } ?? "") + end
            return
        }
        guard let after else {
            text += head + ValueText.placed(before, indent: 8) + end
            return
        }
        if change.sensitive || before == after {
            text += head + " " + (change.sensitive ? "(sensitive)" : before.joined(separator: " ")) + end
        } else if before.count == 1, after.count == 1, before[0].count + after[0].count < 140 {
            text += head + " \(before[0]) → \(after[0])" + end
        } else {
            text += head + end
            text += LineDifference.render(before, after, indent: 10, style)
        }
    }

    // MARK: The rest

    /// - Parameter haveBooleans: whether `true` and `false` are Booleans among them, and no texts.
    private mutating func values(_ title: String, _ changes: [ValueChange], haveBooleans: Bool = false) {
        guard !changes.isEmpty else { return }
        text += "\n  \(style.bold(title))\n"
        for change in changes {
            let name = change.name.printable
            func shown(_ value: String, isAfter: Bool) -> String {
                if change.sensitive { return "(sensitive)" }
                // A parameter without a value yet, or a condition on one.
                if isAfter, value == "(unknown)" { return style.dim("(known after apply)") }
                if haveBooleans, ["true", "false"].contains(value) { return value }
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

    /// Who may do more or less: of a new stack everything is more, so only what is made later is told apart.
    private mutating func access() {
        guard !plan.access.isEmpty, plan.kind != .destroy else { return }
        text += "\n  \(style.bold("Access"))\n"
        let header = ["RESOURCE", "EFFECT", "ACTION", "WHO", "ON", "CONDITION"]
        var table = Table(header: [""] + header)
        var stacked = ""
        for row in plan.access {
            let columns = [
                row.logicalID, row.effect, row.actions.joined(separator: ", "), row.principals.joined(separator: ", "),
                row.resources.joined(separator: ", "), row.condition ?? "",
            ].map(\.oneLine)
            let isNews = row.widens && plan.kind == .update
            let mark: (String) -> String = { [style] in isNews ? style.yellow($0) : $0 }
            let sign = row.kind == .added ? Table.Cell(text: "+", mark: style.green) : Table.Cell(text: "-", mark: style.red)
            table.rows.append([sign] + columns.map { Table.Cell(text: $0, mark: mark) })
            stacked += "\(sign.mark(sign.text)) \(mark("\(columns[0])  \(columns[1])"))\n"
            for (name, value) in zip(header, columns).dropFirst(2) where !value.isEmpty {
                stacked += "    \(style.dim(name.lowercased().padded(to: 9)))  \(mark(value))\n"
            }
        }
        // Nothing of what is to be agreed to is cut off.
        let isWide = table.width > Self.widestTable
        for line in (isWide ? stacked : table.render(style)).split(separator: "\n") { text += "      \(line)\n" }
    }

    private static let widestTable = 130

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
        let imported = plan.changes.count { $0.action == .import && $0.willChange != .no }
        text +=
            "\n\(style.bold("Plan:")) \(imported > 0 ? "\(imported) to import, " : "")\(summary.add - imported) to add, \(summary.modify) to change, \(summary.replace) to replace, \(summary.remove) to remove"
        text += plan.unchangedCount > 0 ? "; \(plan.unchangedCount) unchanged.\n" : ".\n"
    }
}

extension JSONValue {
    /// A key of something that was packaged, or an address with one, with only the start of its digest: enough to tell it from another.
    fileprivate var shorteningKey: JSONValue {
        guard case .string(let text) = self, let match = text.firstMatch(of: #/\/[0-9a-f]{12}(?<rest>[0-9a-f]{52})(?:\.[A-Za-z0-9]+)?$/#)
        else {
            return self
        }
        return .string(text.replacingCharacters(in: match.rest.startIndex..<match.rest.endIndex, with: "…"))
    }
}
