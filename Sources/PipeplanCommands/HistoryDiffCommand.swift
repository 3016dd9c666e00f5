import ArgumentParser
import Model
import Planning
import Reporting
import StateDatabase

struct HistoryDiff: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show what led from one deployment to another, as a plan shows it.",
        discussion: """
              pipeplan history diff image-pipeline:develop 2 5
              pipeplan history diff image-pipeline:develop 5           what came with deployment 5
              pipeplan history diff image-pipeline:develop 2 5 --text  the templates, line by line

            Compared are template, parameters, tags and settings as the two deployments wanted them, and the outputs they left.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "The stack, as <stack> or <stack>:<environment>.")
    var stack: String
    @Argument(help: "The serial of the earlier deployment; of the later one, where it is the only one.")
    var from: Int
    @Argument(help: "The serial of the later deployment.")
    var to: Int?
    @Flag(name: .long, help: "Show the templates' lines that differ, in the form of `diff -u`.")
    var text = false
    @Flag(name: .long, help: "Show the properties of changed resources that stay as they are, too.")
    var full = false

    func validate() throws {
        if text && common.json { throw ValidationError("--json and --text exclude each other.") }
    }

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readOnly)
        let address = try workspace.oneAddress(stack, common)
        let new = try workspace.deployment(address, to ?? from)
        // Before the first one there was nothing.
        let earlier = to == nil ? from - 1 : from
        let old = earlier == 0 && to == nil ? nil : try workspace.deployment(address, earlier)
        let newStack = try workspace.stack(asOf: new)
        let oldStack = try old.map { try workspace.stack(asOf: $0) }
        if text {
            context.terminal.write(Self.texts(oldStack, newStack, .output(context)))
            return .success
        }
        let plan = try planBetween(oldStack, newStack, types: workspace.types, detail: full ? .unchanged : [])
        let heading = "\(address): \(old.map { "deployment \($0.serial)" } ?? "nothing") → deployment \(new.serial)"
        context.terminal.write(
            common.json ? try JSONReport.render(PlanReport([plan])) : PlanText.render(plan, .output(context), heading: heading))
        return .success
    }

    /// The template, and those it nests by path.
    private static func texts(_ old: RecordedStack?, _ new: RecordedStack, _ style: Style) -> String {
        func names(_ path: String) -> (String, String) {
            (old.map { "deployment \($0.serial)/\(path)" } ?? "/dev/null", "deployment \(new.serial)/\(path)")
        }
        var text = UnifiedDiff.render(old?.templateBody ?? "", new.templateBody, names: names("template"), style)
        let paths = Set((old?.nestedTemplates.keys.elements ?? []) + new.nestedTemplates.keys)
        for path in paths.sorted() {
            text += UnifiedDiff.render(
                old?.nestedTemplates[path] ?? "", new.nestedTemplates[path] ?? "", names: names(path), style)
        }
        return text
    }
}

struct HistoryBlame: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "blame", abstract: "Show which deployment last changed each resource and property.",
        discussion: """
              pipeplan history blame image-pipeline:develop
              pipeplan history blame image-pipeline:develop CodeBuildProject
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "The stack, as <stack> or <stack>:<environment>.")
    var stack: String
    @Argument(help: "A logical ID; all resources where none is given.")
    var logicalID: String?

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readOnly)
        let address = try workspace.oneAddress(stack, common)
        let deployments = try workspace.database.deployments(
            DeploymentFilter(stack: address.stack, environment: address.environment))
        var blame = Blame()
        var passedOver: [Int] = []
        for deployment in deployments.reversed() where deployment.address == address {
            switch deployment.effect {
            case .applied:
                // One whose template was removed is passed over: what it changed is taken for the next one's.
                if let stack = try workspace.database.stack(asOf: deployment) {
                    try blame.take(stack)
                } else {
                    passedOver.append(deployment.serial)
                }
            case .removed: blame.removeAll()
            case .untouched, .kept, nil: break
            }
        }
        let resources = blame.resources.filter { logicalID == nil || $0.logicalID == logicalID }
        if let logicalID, resources.isEmpty {
            let hint = nearestName(to: logicalID, in: blame.resources.map(\.logicalID)).map { "Did you mean \($0)?" }
            throw Problem(
                .badInput, "no-resource", "\(address) has no recorded resource \(logicalID)",
                detail: hint ?? "`pipeplan state show \(address)` lists those there are.")
        }
        if !passedOver.isEmpty {
            context.terminal.writeError(
                "`pipeplan state gc` removed the templates of \(passedOver.count) deployments, the last of them \(passedOver.max() ?? 0): what they "
                    + "changed is told of the next one.\n")
        }
        let report = BlameReport(address, resources, deployments)
        context.terminal.write(common.json ? try JSONReport.render(report) : report.text(.output(context)))
        return .success
    }
}
