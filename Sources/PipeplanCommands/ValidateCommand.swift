import ArgumentParser
import Foundation
import Model
import Project
import Reporting
import StateDatabase
import Templates

struct ValidateCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check stack files and templates, offline.",
        discussion: """
              pipeplan validate                  every stack
              pipeplan validate image-pipeline   one, in all its environments
              pipeplan validate template.yml     a template alone

            Reports everything that is wrong at once, each with file:line:column: structure, references, and every resource's
            properties by the schema of its type. docs/validation.md explains each finding. Exits with 4 where anything is an error.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "Stacks, as <stack> or <stack>:<environment>, or template files; all stacks where none is named.")
    var targets: [String] = []

    @Flag(name: .long, help: "Run cfn-lint too, and merge what it finds (PIPEPLAN_CFN_LINT names it where it is not in PATH).")
    var lint = false

    func run(in context: Context) async throws -> ExitStatus {
        let linter = lint ? try CfnLint(context) : nil
        let files = targets.filter { context.isFile($0) || Self.looksLikeFile($0) }
        var checked = try files.map { try validate(file: $0, context) }
        if files.isEmpty || files.count < targets.count {
            let project = try Project.find(from: context)
            let addresses = try project.addresses(targets.filter { !files.contains($0) }, environment: common.environment)
            let imports = ImportDependencies(project: project, context: context).find(addresses)
            checked += addresses.map { address in
                var checked = validate(address, project, context)
                checked.findings += circles(through: address, project, imports)
                return checked
            }
        }
        // Once for all of them: environments share a template, and cfn-lint takes long to start.
        let sources = checked.reduce(into: [:]) { all, target in all.merge(target.sources) { first, _ in first } }
        let found = try linter?.findings(in: sources) ?? [:]
        var report = ValidationReport()
        for target in checked {
            let lint = target.sources.keys.sorted().flatMap { found[$0] ?? [] }
            report.add(target.name, findings: CfnLint.merged(target.findings, lint))
        }
        context.terminal.write(common.json ? try JSONReport.render(report) : report.text(.output(context)))
        return report.isValid ? .success : .badInput
    }

    /// A stack or file with what was found in it and in which templates.
    private struct Checked {
        var name: String
        var findings: [Finding]
        var sources: [String: SourceText] = [:]
    }

    /// Whether files are right does not depend on it.
    private static let anyRegion = "us-east-1"

    private static func looksLikeFile(_ target: String) -> Bool {
        target.contains("/") || [".yml", ".yaml", ".json", ".template"].contains { target.hasSuffix($0) }
    }

    private func validate(file: String, _ context: Context) throws -> Checked {
        guard context.isFile(file) else {
            return Checked(
                name: file, findings: [Finding("missing-file", "There is no file \(file)", detail: "Check its path, or name a stack.")])
        }
        let url = context.url(of: file)
        var validation = TemplateValidation(context)
        let path = url.standardizedFileURL.path
        let findings = validation.findings(Template.read(try Data(contentsOf: url), file: file), at: path) { template in
            // Where it will be uploaded to is no question of a template alone.
            TemplatePackaging(
                workingDirectory: context.workingDirectory, location: .unset, region: Self.anyRegion, withoutLocation: .note
            ).package(template, at: path)
        }
        return Checked(name: file, findings: findings, sources: validation.sources)
    }

    /// The circle of stacks that depend on each other which a stack leads into. What is wrong with the files of the others is theirs to be told of.
    private func circles(
        through address: StackAddress, _ project: Project, _ imports: [StackAddress: [Located<StackAddress>]]
    ) -> [Finding] {
        do {
            _ = try project.deploymentDependencies([address], imports: imports)
            return []
        } catch {
            return error.findings.filter { $0.code == "circular-dependency" }
        }
    }

    private func validate(_ address: StackAddress, _ project: Project, _ context: Context) -> Checked {
        do {
            let configuration = try project.configuration(of: address)
            let reading = configuration.loadTemplate()
            var validation = TemplateValidation(context)
            var findings = validation.findings(reading, at: configuration.templatePath) { template in
                configuration.package(template, region: configuration.region ?? Self.anyRegion, withoutLocation: .error)
            }
            if let template = reading.value {
                let resolved = configuration.resolveOffline(
                    declared: template.parameters, environment: context.environment, recorded: nil, recordedOutput: { _, _ in nil },
                    randomBytes: context.randomBytes)
                // Whether the environment is set up for a deployment is no question of the files' validity.
                findings += resolved.findings.filter { $0.code != "missing-environment-variable" }
                findings += template.bind((resolved.value ?? [:]).mapValues(\.value)).findings
                findings += configuration.capabilityFindings(in: template, nested: configuration.nestedTemplates(of: template).values)
                findings += unknownNames(configuration, reading, project, context)
            }
            return Checked(name: address.description, findings: findings, sources: validation.sources)
        } catch {
            return Checked(name: address.description, findings: error.findings)
        }
    }

    /// What `protect` and `ignoreDrift` name in vain. Only where the template has no such resource, it is looked up what is recorded.
    private func unknownNames(
        _ configuration: StackSettings, _ reading: Reading<Template>, _ project: Project, _ context: Context
    ) -> [Finding] {
        // What a loop makes whose collection has no value yet is not known.
        guard let template = reading.value, !reading.findings.contains(where: { $0.code == "unknown-collection" }) else { return [] }
        return configuration.namedResourceFindings(in: template, nested: configuration.nestedTemplates(of: template)) { name in
            recordedStack(configuration.address, project, context)?.mayHave(name) == true
        }
    }

    private func recordedStack(_ address: StackAddress, _ project: Project, _ context: Context) -> RecordedStack? {
        let folder = Workspace.stateFolder(project, usesSandbox: context.usesSandbox(common))
        let database = try? StateDatabase.open(folder: folder, access: .readOnly, context: context)
        return (try? database?.recordedStack(address)).flatMap(\.self)
    }
}
