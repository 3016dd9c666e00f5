import ArgumentParser
import Foundation
import Model
import Project
import Reporting
import StateDatabase

struct HistoryExport: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Print the whole log as lines of JSON, with all templates, plans and events.",
        discussion: """
              pipeplan history export > history.jsonl
              pipeplan history export | jq -c 'select(.record.part == "outcome") | .record.record.status' | sort | uniq -c

            A line is a record as its hash covers it, with those of its texts that no line before has. `history import` takes the file in.
            """)

    @OptionGroup var common: CommonOptions

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readOnly)
        try workspace.database.export { context.terminal.write(String(decoding: $0, as: UTF8.self)) }
        return .success
    }
}

struct HistoryImport: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take in what `history export` wrote.",
        discussion: """
              pipeplan history import history.jsonl
              PIPEPLAN_STATE=/tmp/look pipeplan history import history.jsonl    to look at it elsewhere

            All of it is checked before anything is written. It goes into an empty log, or one of the same lineage, where what is
            there already is passed over; another lineage is refused.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "The file.")
    var file: String

    private struct Report: Encodable {
        var formatVersion = 1
        var records: Int
        var new: Int
    }

    func run(in context: Context) async throws -> ExitStatus {
        let project = try Project.find(from: context)
        let folder = Workspace.stateFolder(project, usesSandbox: context.usesSandbox(common))
        let data: Data
        do {
            data = try Data(contentsOf: context.url(of: file))
        } catch {
            throw Problem(.badInput, "unreadable-file", "\(file) can't be read", detail: error.systemReason + ".")
        }
        let result = try StateDatabase.importHistory(data, name: file, in: folder, context: context)
        context.terminal.write(
            common.json
                ? try JSONReport.render(Report(records: result.records, new: result.new))
                : "Taken in: \(result.new) of \(result.records) records; the others were here already.\n")
        return .success
    }
}
