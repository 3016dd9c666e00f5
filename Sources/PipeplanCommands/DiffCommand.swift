import ArgumentParser
import Foundation
import Model
import OrderedCollections
import Planning
import Project
import Reporting
import ResourceTypes
import Templates

struct DiffCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show what replacing one template by another would do, with no project, state or network.",
        discussion: """
              pipeplan diff old.yml new.yml
              pipeplan diff HEAD~1:stacks/image-pipeline/pipeline.yml stacks/image-pipeline/pipeline.yml
              pipeplan diff old.yml new.yml --parameters-old old.json --parameters-new new.json
              pipeplan diff /dev/null new.yml            a new stack
              pipeplan diff old.yml new.yml --json --view aws-values

            With --json a change set as DescribeChangeSet answers it: as CloudFormation lists it (aws), as it lists it with property
            values (aws-values), or as it will really be (real). What can't be known offline has the action Dynamic.
            A parameter without a value keeps the one it had. Stack and account are unknown: their names stay symbols.
            """)

    @Argument(help: "The template that is deployed: a file, a git revision and path (HEAD~1:path), or /dev/null for none.")
    var old: String
    @Argument(help: "The template to deploy: a file, or a git revision and path.")
    var new: String
    @Option(name: .long, help: "Values of the old template's parameters, in any of CloudFormation's file forms.")
    var parametersOld: String?
    @Option(name: .long, help: "Values of the new template's parameters; those that are missing keep their old ones.")
    var parametersNew: String?
    @Flag(name: .long, help: "Print a change set in the shape of DescribeChangeSet.")
    var json = false
    @Option(name: .long, help: "Whose account of the changes --json prints: aws, aws-values or real.")
    var view = ChangeSetView.aws
    @Flag(name: .long, help: "Show the properties of changed resources that stay as they are, too.")
    var full = false
    @Option(name: .long, help: "The region of the stack; by default AWS_REGION, or us-east-1.")
    var region: String?
    @Flag(name: .long, help: "Exit with 2 where there are changes.")
    var detailedExitcode = false

    func run(in context: Context) async throws -> ExitStatus {
        let files = TemplateFiles(context)
        let oldSide = try old == "/dev/null" ? nil : files.side(old, parameters: parametersOld)
        let newSide = try files.side(new, parameters: parametersNew)
        let region = region ?? context.environment["AWS_REGION"] ?? context.environment["AWS_DEFAULT_REGION"] ?? "us-east-1"
        var detail: PlanDetail = full ? .unchanged : []
        if json && view == .awsValues { detail.insert(.contexts) }
        let plan = try planDifference(from: oldSide, to: newSide, region: region, types: .bundled, detail: detail)
        context.terminal.write(
            json
                ? try JSONReport.render(ChangeSetReport(plan.changeSet(view)))
                : PlanText.render(plan, .output(context), heading: "\(old) → \(new)"))
        return detailedExitcode && plan.hasChanges ? .changesPresent : .success
    }
}

extension ChangeSetView: ExpressibleByArgument {}

/// Reads templates and their parameters from files and from git.
private struct TemplateFiles {
    private let context: Context

    init(_ context: Context) { self.context = context }

    /// - Throws: `Problem` (exit code 4) with everything that is wrong with the template or its values.
    func side(_ name: String, parameters file: String?) throws -> TemplateSide {
        let data = try template(name)
        let given = try file.map { try self.values($0) } ?? [:]
        let reading = Template.read(data, file: name, parameterValues: Dictionary(uniqueKeysWithValues: given.map { ($0, $1) }))
        guard let template = reading.value else { throw Problem(.badInput, reading.findings) }
        var values: OrderedDictionary<String, ParameterValue> = [:]
        for (name, text) in given {
            values[name] = template.parameters[name]?.noEcho == true ? .secret(Secret(text), digest: nil) : .plain(text)
        }
        let bound = template.bind(values)
        let nested = template.readNested { path in neighbour(of: name, at: path) }
        let inner = (nested.value ?? [:]).values.flatMap { $0.check() }
        // A parameter without a value keeps the one it has.
        let findings = (reading.findings + template.check() + nested.findings + inner + bound.findings).filter {
            $0.code != "missing-parameter"
        }
        guard !findings.contains(where: { $0.severity == .error }) else { throw Problem(.badInput, findings) }
        return TemplateSide(template: template, parameters: bound.value ?? [:], nested: nested.value ?? [:])
    }

    /// The file at a path from the folder of a template, in the same revision where the template is of one.
    private func neighbour(of name: String, at path: String) -> NamedFile? {
        let isRevision = !context.isFile(name) && name.contains(":")
        let prefix = isRevision ? String(name.prefix { $0 != ":" }) + ":" : ""
        let location = NestedPath.path(of: path, in: NestedPath.folder(of: String(name.dropFirst(prefix.count))))
        let neighbour = prefix + (name.hasPrefix("\(prefix)./") ? "./" : "") + location
        return (try? template(neighbour)).map { NamedFile(name: neighbour, data: $0) }
    }

    private func values(_ file: String) throws -> OrderedDictionary<String, String> {
        let reading = ParameterValues.read(try contents(file), file: file, environment: context.environment)
        guard let values = reading.value, !reading.findings.contains(where: { $0.severity == .error }) else {
            throw Problem(.badInput, reading.findings)
        }
        return values
    }

    private func template(_ name: String) throws -> Data {
        guard !context.isFile(name), let colon = name.firstIndex(of: ":"), colon != name.startIndex else { return try contents(name) }
        return try revision(name)
    }

    private func contents(_ file: String) throws -> Data {
        do {
            return try Data(contentsOf: context.url(of: file))
        } catch {
            throw Problem(
                .badInput, "unreadable-file", "\(file) can't be read",
                detail: "\(error.systemReason). Name a file, or a git revision and path.")
        }
    }

    /// What git has of a file in a revision: `HEAD~1:stacks/x/pipeline.yml` from the top of the work tree, `HEAD:./x.yml` from here.
    private func revision(_ name: String) throws -> Data {
        let show = ["show", "--end-of-options", name]
        guard let output = Git.output(show, in: context.workingDirectory, environment: context.environment) else {
            throw Problem(
                .badInput, "unknown-revision", "git has no \(name)",
                detail:
                    "It is neither a file nor a revision and path that `git show` knows here. A path is taken from the top of the repository; `HEAD:./file` from this folder."
            )
        }
        return output
    }
}
