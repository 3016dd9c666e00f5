package import Model
import OrderedCollections
package import Templates

/// What becomes of a stack's outputs.
extension Planner {
    /// Outputs whose value, or existence, is another one afterwards, each with its export and description as far as they change.
    mutating func outputChanges() -> [ValueChange] {
        let recordedOutputs = Dictionary((recorded?.outputs ?? []).map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        var changes: [ValueChange] = []
        for output in desired.template.outputs.values where real.holds(output.condition) != false {
            let before = recordedTemplate?.outputs[output.name].flatMap { now.holds($0.condition) == false ? nil : $0 }
            let stored = recordedOutputs[output.name]
            changes += [
                valueChange(from: before, to: output, stored?.value), exportChange(from: before, to: output, stored),
                descriptionChange(from: before, to: output),
            ].compactMap(\.self)
        }
        for output in recordedTemplate?.outputs.values.elements ?? [] where now.holds(output.condition) != false {
            let after = desired.template.outputs[output.name]
            guard after == nil || real.holds(after?.condition) == false else { continue }
            let stored = recordedOutputs[output.name]
            let value = now.value(of: output.value)
            let shown = value.isSensitive ? "(sensitive)" : stored?.value ?? value.outputText
            changes.append(ValueChange(name: output.name, before: shown, after: nil, sensitive: value.isSensitive))
            if let export = exportChange(from: output, to: nil, stored) { changes.append(export) }
        }
        return changes
    }

    /// - Parameter stored: what is recorded of the value, which wins over what its template tells.
    mutating func valueChange(from before: TemplateOutput?, to output: TemplateOutput, _ stored: String?) -> ValueChange? {
        let after = real.value(of: output.value)
        let before = before.map { now.value(of: $0.value) }
        let old = stored ?? before?.outputText
        if let before, !after.isVolatile, ValueComparison.text.areSame(before, after, nil) { return nil }
        if let old, after.text == old { return nil }
        let isSensitive = after.isSensitive || before?.isSensitive == true
        var change = ValueChange(
            name: output.name, before: isSensitive && old != nil ? "(sensitive)" : old,
            after: isSensitive ? "(sensitive)" : after.outputText, sensitive: isSensitive)
        if before != nil, !after.isPending, after.unknownReason != nil { change.willChange = .unknown }
        return change
    }

    /// An export is a change of its own beside its output's value: other stacks import it by its name.
    /// - Parameter output: `nil` where the output goes.
    private mutating func exportChange(
        from before: TemplateOutput?, to output: TemplateOutput?, _ stored: StackOutput?
    ) -> ValueChange? {
        guard let name = output?.name ?? before?.name else { return nil }
        let before = before?.exportName.map { now.value(of: $0) }
        let after = output?.exportName.map { real.value(of: $0) }
        guard before != nil || after != nil else { return nil }
        if let before, let after, !after.isVolatile, ValueComparison.text.areSame(before, after, nil) { return nil }
        let old = stored?.exportName ?? before?.outputText
        guard old != after?.outputText else { return nil }
        let isSensitive = after?.isSensitive == true || before?.isSensitive == true
        func shown(_ text: String?) -> String? { isSensitive ? text.map { _ in "(sensitive)" } : text }
        var change = ValueChange(
            name: "\(name).Export.Name", before: shown(old), after: shown(after?.outputText), sensitive: isSensitive)
        if before != nil, let after, !after.isPending, after.unknownReason != nil { change.willChange = .unknown }
        return change
    }

    /// Of an output that is new, its description is no change beside it.
    private func descriptionChange(from before: TemplateOutput?, to output: TemplateOutput) -> ValueChange? {
        guard let before, before.description != output.description else { return nil }
        return ValueChange(name: "\(output.name).Description", before: before.description, after: output.description)
    }
}

extension Value {
    /// Whether it gets a value by this deployment that is another one for certain.
    fileprivate var isPending: Bool {
        var isPending = false
        forEachSymbol { if case .pending = $0 { isPending = true } }
        return isPending
    }

    /// What an output will show: `nil`-free text for what is known, the `${…}` form for what is known after apply.
    var outputText: String {
        let shown = shown
        return shown.scalarText ?? shown.compactText
    }
}
