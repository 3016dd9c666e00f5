import ArgumentParser
import Foundation
import Model
import Project
import Reporting
import StateDatabase
import Templates

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
        let template = try settings.loadTemplate().get()
        let adoption = Adoption(report, drifted, template)
        let isWritten = try approve(adoption, template, context) && write(adoption.edit.text, to: settings.templatePath)
        if common.json {
            context.terminal.write(try JSONReport.render(adoption.report(address, template.source.file, isWritten: isWritten)))
        } else if isWritten {
            context.terminal.writeError(
                "\nWritten to \(template.source.file). Look at `pipeplan plan \(address)`, and apply it, so that it is recorded.\n")
        }
        return .success
    }

    private func approve(_ adoption: Adoption, _ template: Template, _ context: Context) throws -> Bool {
        let difference = UnifiedDifference.lines(template.source.text, adoption.edit.text)
        if !common.json {
            let style = Style.output(context)
            if !difference.isEmpty {
                let head = ["--- \(template.source.file)", "+++ \(template.source.file)"]
                context.terminal.write(DriftText.unified(head + difference, style))
            }
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

    private func write(_ text: String, to path: String) throws -> Bool {
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
            return true
        } catch {
            throw Problem(.failed, "template-not-written", "\(path) could not be written", detail: error.localizedDescription)
        }
    }
}

/// What of a report can be put into a template, and what is left to a person.
struct Adoption {
    struct Advice {
        var name: String
        var value: JSONValue?
        var what: String
        var location: String?

        func text(_ style: Style) -> String {
            let place = location.map { "\($0): " } ?? ""
            let live = value.map { " (live: \($0.compactText.printable.truncated(to: 120)))" } ?? ""
            return "\(style.yellow("!")) \(place)\(name.printable)\(live): \(what).\n"
        }
    }

    var edit: TemplateEdit
    var advice: [Advice]

    init(_ report: DriftReport, _ drifted: [ResourceDriftReport], _ template: Template) {
        var wishes: [TemplateEdit.Wish] = []
        var advice: [Advice] = []
        for resource in drifted {
            if resource.status == .deleted {
                let place = template.resources[resource.logicalID].map { template.source.range($0.span).description }
                advice.append(
                    Advice(
                        name: resource.logicalID, value: nil, what: "It was deleted: remove it from the template, or put it right",
                        location: place))
                continue
            }
            for difference in resource.counted {
                let name = "\(resource.logicalID).\(difference.path)"
                if difference.sensitive {
                    advice.append(Advice(name: name, value: nil, what: "It is a secret, whose live value is not recorded", location: nil))
                } else if resource.logicalID.contains("/") {
                    advice.append(
                        Advice(name: name, value: difference.actual, what: "Change it in the nested template", location: nil))
                } else {
                    wishes.append(
                        .init(
                            logicalID: resource.logicalID, path: difference.path, expected: difference.expected ?? .null,
                            value: difference.actual))
                }
            }
        }
        edit = TemplateEdit(wishes, in: template)
        self.advice =
            advice
            + edit.advice.map {
                Advice(
                    name: "\($0.wish.logicalID).\($0.wish.path)", value: $0.wish.value, what: $0.text, location: $0.location?.description)
            }
    }

    /// `drift adopt --json`, format version 1.
    struct Report: Encodable {
        struct Edit: Encodable {
            var logicalId: String
            var path: String
            var value: JSONValue?
        }
        struct Advice: Encodable {
            var name: String
            var value: JSONValue?
            var advice: String
            var location: String?
        }
        var formatVersion = 1
        var stack: String
        var environment: String?
        var file: String
        var written: Bool
        var edits: [Edit]
        var advice: [Advice]
    }

    func report(_ address: StackAddress, _ file: String, isWritten: Bool) -> Report {
        Report(
            stack: address.stack, environment: address.environment, file: file, written: isWritten,
            edits: edit.done.map { .init(logicalId: $0.logicalID, path: $0.path, value: $0.value) },
            advice: advice.map { .init(name: $0.name, value: $0.value, advice: $0.what, location: $0.location) })
    }
}
