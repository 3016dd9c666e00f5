import ArgumentParser
import Foundation
import Model
import Project
import Reporting
import Templates

struct ValidateCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check stack files and templates, offline.",
        discussion: """
              pipeplan validate                  every stack
              pipeplan validate image-pipeline   one, in all its environments
              pipeplan validate template.yml     a template alone

            Reports everything that is wrong at once, each with file:line:column. Exits with 4 where anything is an error.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "Stacks, as <stack> or <stack>:<environment>, or template files; all stacks where none is named.")
    var targets: [String] = []

    func run(in context: Context) async throws -> ExitStatus {
        let files = targets.filter { context.isFile($0) || Self.looksLikeFile($0) }
        var report = ValidationReport()
        for file in files { report.add(file, findings: try validate(file: file, context)) }
        if files.isEmpty || files.count < targets.count {
            let project = try Project.find(from: context)
            let addresses = try project.addresses(targets.filter { !files.contains($0) }, environment: common.environment)
            for address in addresses { report.add(address.description, findings: validate(address, project, context)) }
        }
        context.terminal.write(common.json ? try JSONReport.render(report) : report.text(.output(context)))
        return report.isValid ? .success : .badInput
    }

    private static func looksLikeFile(_ target: String) -> Bool {
        target.contains("/") || [".yml", ".yaml", ".json", ".template"].contains { target.hasSuffix($0) }
    }

    private func validate(file: String, _ context: Context) throws -> [Finding] {
        guard context.isFile(file) else {
            return [Finding("missing-file", "There is no file \(file)", detail: "Check its path, or name a stack.")]
        }
        let url = URL(fileURLWithPath: file, relativeTo: URL(fileURLWithPath: context.workingDirectory, isDirectory: true))
        let reading = Template.read(try Data(contentsOf: url), file: file)
        return reading.findings + (reading.value?.check() ?? [])
    }

    private func validate(_ address: StackAddress, _ project: Project, _ context: Context) -> [Finding] {
        do {
            let configuration = try project.configuration(of: address)
            let reading = configuration.loadTemplate()
            guard let template = reading.value else { return reading.findings }
            let resolved = configuration.resolveOffline(
                declared: template.parameters, environment: context.environment, recorded: nil, recordedOutput: { _, _ in nil },
                randomBytes: context.randomBytes)
            let bound = template.bind((resolved.value ?? [:]).mapValues(\.value))
            // Whether the environment is set up for a deployment is no question of the files' validity.
            let findings = resolved.findings.filter { $0.code != "missing-environment-variable" }
            return reading.findings + template.check() + findings + bound.findings
        } catch {
            return error.findings
        }
    }
}

extension Context {
    func isFile(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        let url = URL(fileURLWithPath: path, relativeTo: URL(fileURLWithPath: workingDirectory, isDirectory: true))
        return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && !isFolder.boolValue
    }
}
