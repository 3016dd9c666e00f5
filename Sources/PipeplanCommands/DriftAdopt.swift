import ArgumentParser
import Foundation
import Model
import Project
import Reporting
import StateDatabase

struct DriftAdopt: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "adopt",
        abstract: "Write live values into the template, where they are literals; else say what to change.",
        discussion: """
              pipeplan drift adopt shop                        everything that the last report found
              pipeplan drift adopt shop Topic                  of one resource
              pipeplan drift adopt shop Topic --auto-approve   in a script

            Comments and formatting stay. The edit is shown and asked about. Apply it afterwards, so that it is recorded.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "The stack, as <stack> or <stack>:<environment>.")
    var stack: String
    @Argument(help: "The resource's logical ID; every drifted one where none is given.")
    var logicalID: String?
    @Flag(name: .long, help: "Do not ask.")
    var autoApprove = false

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readOnly)
        let address = try workspace.oneAddress(stack, common)
        let report = try workspace.requireDriftReport(address)
        let drifted = report.resources.filter { $0.isDrifted && (logicalID == nil || $0.logicalID == logicalID) }
        if drifted.isEmpty, let logicalID {
            throw Problem(
                .badInput, "no-drift", "\(logicalID) has no drift in the last report on \(address)",
                detail: "`pipeplan drift \(address) --offline` shows that report.")
        }
        guard let settings = try workspace.settings(ofRecorded: address) else {
            throw Problem(.badInput, "no-files", "There are no files of \(address) to write to")
        }
        let adoption = try Adoption(drifted, settings)
        let isWritten = try approve(adoption, context) && write(adoption)
        if common.json {
            context.terminal.write(try JSONReport.render(adoption.report(address, isWritten: isWritten)))
        } else if isWritten {
            let files = adoption.edits.filter { !$0.difference.isEmpty }.map(\.template.source.file)
            context.terminal.writeError(
                "\nWritten to \(files.joined(separator: ", ")). Look at `pipeplan plan \(address)`, and apply it, so that it is recorded.\n"
            )
        }
        return .success
    }

    private func approve(_ adoption: Adoption, _ context: Context) throws -> Bool {
        let difference = adoption.edits.flatMap(\.difference)
        if !common.json {
            let style = Style.output(context)
            context.terminal.write(DriftText.unified(difference, style))
            for advice in adoption.advice { context.terminal.write(advice.text(style)) }
            if difference.isEmpty, adoption.advice.isEmpty { context.terminal.write("There is no drift to adopt.\n") }
        }
        guard !difference.isEmpty else { return false }
        if autoApprove { return true }
        guard context.terminal.isInteractive else {
            throw Problem(
                .refused, "no-approval", "Nobody can be asked whether to write this",
                detail: "Standard input is no terminal. Use --auto-approve. Nothing was written.")
        }
        guard Consent(context).ask("Write this?") else {
            throw Problem(.refused, "not-approved", "The edit was not approved", detail: "Nothing was written.")
        }
        return true
    }

    private func write(_ adoption: Adoption) throws -> Bool {
        var written: [String] = []
        for edit in adoption.edits where !edit.difference.isEmpty {
            do {
                try Context.rewrite(edit.path, with: edit.edit.text)
                written.append(edit.template.source.file)
            } catch {
                let before = written.isEmpty ? "" : " Written were \(written.joined(separator: ", "))."
                throw Problem(
                    .failed, "template-not-written", "\(edit.template.source.file) could not be written",
                    detail: "\(error.systemReason).\(before)")
            }
        }
        return true
    }
}
