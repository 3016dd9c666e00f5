package import Foundation
package import Model
import OrderedCollections
package import Templates

/// The files of a stack's folder, made of what is recorded of a stack that has none.
package struct StackFolder: Hashable, Sendable {
    package struct File: Hashable, Sendable {
        package var name: String
        package var text: String
    }

    package var files: [File]

    /// - Parameters:
    ///   - stack: a stack as CloudFormation has it.
    ///   - template: its template.
    ///   - serviceRole: the role that CloudFormation takes on for it.
    package init(of stack: RecordedStack, _ template: Template, serviceRole: String?) {
        let isJSON = stack.templateBody.first { !$0.isWhitespace } == "{"
        let templateName = isJSON ? "template.json" : StackSettings.defaultTemplate
        let hasPolicy = stack.stackPolicy != nil
        var writer = SettingsWriter()
        writer.comment("Imported from the stack \(stack.stackName) in \(stack.region).")
        if isJSON { writer.entry("template", templateName) }
        if let environment = stack.address.environment {
            writer.map("environments") { $0.map(environment) { Self.write(stack, template, serviceRole, hasPolicy, &$0) } }
        } else {
            Self.write(stack, template, serviceRole, hasPolicy, &writer)
        }
        files = [File(name: "stack.yml", text: writer.text), File(name: templateName, text: stack.templateBody)]
        if let policy = stack.stackPolicy { files.append(File(name: Self.policyName, text: policy.prettyText + "\n")) }
    }

    private static let policyName = "stack-policy.json"

    private static func write(
        _ stack: RecordedStack, _ template: Template, _ serviceRole: String?, _ hasPolicy: Bool, _ writer: inout SettingsWriter
    ) {
        let usualName = [stack.address.stack, stack.address.environment].compactMap { $0 }.joined(separator: "-")
        if stack.stackName != usualName { writer.entry("stackName", stack.stackName) }
        writer.entry("region", stack.region)
        if let serviceRole { writer.entry("serviceRole", serviceRole) }
        if !stack.parameters.isEmpty { writer.map("parameters") { parameters(of: stack, &$0) } }
        if !stack.tags.isEmpty {
            writer.map("tags") { writer in
                for (name, value) in stack.tags { writer.entry(name, value) }
            }
        }
        if !stack.capabilities.isEmpty { writer.list("capabilities", stack.capabilities.sorted()) }
        if !stack.notificationArns.isEmpty { writer.list("notificationArns", stack.notificationArns) }
        if stack.terminationProtection { writer.raw("terminationProtection", "true") }
        if hasPolicy { writer.entry("stackPolicy", policyName) }
    }

    private static func parameters(of stack: RecordedStack, _ writer: inout SettingsWriter) {
        for (name, value) in stack.parameters {
            switch value {
            case .plain(let text): writer.entry(name, text)
            case .secret:
                let variable = environmentVariable(for: name)
                writer.comment(
                    "CloudFormation does not tell a NoEcho value. As long as \(variable) is not set, the stack keeps what it has.")
                writer.raw(name, "{env: \(variable)}")
            }
        }
    }

    /// `GITHUB_AUTH_TOKEN` for `GithubAuthToken`, `DB_PASSWORD` for `DBPassword`.
    static func environmentVariable(for parameter: String) -> String {
        let letters = Array(parameter)
        var name = ""
        for (index, letter) in letters.enumerated() {
            let next = index + 1 < letters.count ? letters[index + 1] : nil
            let startsWord = letter.isUppercase && index > 0 && (!letters[index - 1].isUppercase || next?.isLowercase == true)
            name += (startsWord ? "_" : "") + letter.uppercased()
        }
        return name
    }
}

/// Writes settings as YAML that reads back as the very texts.
private struct SettingsWriter {
    var text = ""
    private var indent = ""

    mutating func comment(_ line: String) { text += "\(indent)# \(line)\n" }

    mutating func entry(_ key: String, _ value: String) { raw(key, Self.scalar(value)) }

    mutating func raw(_ key: String, _ value: String) { text += "\(indent)\(Self.scalar(key)): \(value)\n" }

    mutating func list(_ key: String, _ items: [String]) {
        text += "\(indent)\(Self.scalar(key)):\n" + items.map { "\(indent)  - \(Self.scalar($0))\n" }.joined()
    }

    mutating func map(_ key: String, _ body: (inout SettingsWriter) -> Void) {
        text += "\(indent)\(Self.scalar(key)):\n"
        indent += "  "
        body(&self)
        indent.removeLast(2)
    }

    /// Plain where no reader could take it for anything but this text, quoted otherwise.
    private static func scalar(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            let character = Character(UnicodeScalar(byte))
            return character.isASCII && (character.isLetter || character.isNumber || "_-/.".contains(character))
        }
        let words: Set<String> = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
        guard isPlain, text.first?.isLetter == true, !words.contains(text.lowercased()) else { return JSONValue.quoted(text) }
        return text
    }
}

extension Project {
    /// Whether a stack has a folder with a stack.yml.
    package func describes(_ stack: String) -> Bool { hasStack(stack) }

    /// Makes the folder of a stack. It is there whole or not at all, and takes the place of nothing.
    /// - Parameter token: for a name that nothing else has until it is whole.
    /// - Throws: `Problem` where there is a folder of that name already (exit code 4), or it can't be written (1).
    package func add(_ folder: StackFolder, as stack: String, token: String) throws(Problem) {
        try requireFree(stack)
        let target = self.folder(of: stack)
        let partial = "\(root == "/" ? "" : root)/.pipeplan-import-\(token)"
        do {
            defer { try? FileManager.default.removeItem(atPath: partial) }
            try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: true)
            for file in folder.files { try Data(file.text.utf8).write(to: URL(fileURLWithPath: "\(partial)/\(file.name)")) }
            // Foundation's own move refuses where there is something by now.
            try FileManager.default.moveItem(atPath: partial, toPath: target)
        } catch {
            throw Problem(.failed, "folder-not-written", "\(shown(target)) could not be written", detail: error.systemReason + ".")
        }
    }

    /// - Throws: `Problem` (exit code 4) where a folder of that name can't be made: it is no name, or taken.
    package func requireFree(_ stack: String) throws(Problem) {
        guard isFolderName(stack), !stack.hasPrefix(".") else {
            throw Problem(.badInput, "bad-stack-address", "\(JSONValue.quoted(stack)) is no name for a folder", detail: StackAddress.form)
        }
        let target = folder(of: stack)
        guard !files.exists(target) else {
            throw Problem(
                .badInput, "folder-exists", "\(shown(target)) is there, and has no stack.yml",
                detail: "Nothing is overwritten. Describe the stack there, or import it under another name.")
        }
    }
}
