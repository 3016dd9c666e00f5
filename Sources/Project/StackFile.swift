package import Foundation
import Model
package import OrderedCollections
package import Templates

/// A stack.yml as it was written: what holds everywhere, and what each environment overrides.
package struct StackFile: Sendable {
    package var source: SourceText
    package var options: StackOptions
    /// Empty where the stack has none.
    package var environments: OrderedDictionary<String, StackOptions>

    /// Reads a stack.yml and checks everything in it that can be checked without another file.
    /// - Parameter file: the name used in findings.
    package static func read(_ data: Data, file: String) -> Reading<StackFile> {
        SettingsReader.read(data, file: file) { reader, root in reader.stackFile(root) }
    }
}

extension SettingsReader {
    private static let optionKeys = [
        "template", "stackName", "region", "profile", "assumeRole", "serviceRole", "allowedAccounts", "artifacts", "parameters", "tags",
        "capabilities", "notificationArns", "terminationProtection", "stackPolicy", "rollback", "protect", "ignoreDrift", "dependsOn",
        "hooks",
    ]

    fileprivate mutating func stackFile(_ root: Node) -> StackFile {
        let top = section(root, "stack.yml", keys: Self.optionKeys + ["environments"])
        var file = StackFile(source: source, options: options(top), environments: [:])
        guard let node = top["environments"] else { return file }
        guard let members = node.members else {
            wrongType("environments", "a map", node)
            return file
        }
        for member in members {
            checkEnvironmentName(member)
            file.environments[member.key] = options(section(member.value, "environment \(member.key)", keys: Self.optionKeys))
        }
        return file
    }

    private mutating func checkEnvironmentName(_ member: Node.Member) {
        let isGood = member.key.utf8.allSatisfy { byte in
            let character = Character(UnicodeScalar(byte))
            return character.isASCII && (character.isLetter || character.isNumber || "-_.".contains(character))
        }
        guard !isGood || member.key.isEmpty else { return }
        report(
            "bad-environment-name", "An environment can't be called \(JSONValue.quoted(member.key))",
            detail: "Its name has letters, digits, hyphens, underscores and dots only.", at: member.keySpan)
    }

    private mutating func options(_ section: Section) -> StackOptions {
        var options = StackOptions()
        options.template = text("template", in: section)
        options.stackName = text("stackName", in: section, by: .stackName)
        options.region = text("region", in: section, by: .region)
        options.profile = text("profile", in: section)
        options.assumeRole = text("assumeRole", in: section, by: .arn)
        options.serviceRole = text("serviceRole", in: section, by: .arn)
        options.allowedAccounts = texts("allowedAccounts", in: section, by: .account)
        options.artifacts = text("artifacts", in: section, by: .artifactLocation)
        options.parameters = parameters(in: section)
        options.tags = tags("tags", in: section)
        options.capabilities = capabilities("capabilities", in: section)
        options.notificationArns = texts("notificationArns", in: section, by: .arn)
        options.terminationProtection = bool("terminationProtection", in: section)
        options.stackPolicy = stackPolicyOption(in: section)
        options.rollback = rollback(in: section)
        options.protect = texts("protect", in: section)
        options.ignoreDrift = ignoreDrift(in: section)
        options.dependsOn = stackReferences("dependsOn", in: section)
        options.hooks = hooks(in: section)
        return options
    }

    private mutating func parameters(in section: Section) -> StackOptions.Parameters? {
        guard let node = section["parameters"] else { return nil }
        switch node.content {
        case .scalar: return text(node, "parameters").map { .file($0) }
        case .mapping(let members): return .values(parameters(members))
        case .sequence:
            wrongType("parameters", "a file's path or a map", node)
            return nil
        }
    }

    private mutating func stackPolicyOption(in section: Section) -> StackOptions.StackPolicy? {
        guard let node = section["stackPolicy"] else { return nil }
        switch node.content {
        case .scalar: return text(node, "stackPolicy").map { .file($0) }
        case .mapping: return stackPolicy(node).map { .document($0) }
        case .sequence:
            wrongType("stackPolicy", "a file's path or a policy", node)
            return nil
        }
    }

    /// Bounds are CloudFormation's (API reference, RollbackConfiguration).
    private mutating func rollback(in section: Section) -> RollbackTriggers? {
        guard let rollback = self.section("rollback", in: section, keys: ["alarms", "minutes"]) else { return nil }
        let alarms = texts("alarms", in: rollback, by: .arn) ?? []
        if alarms.count > 5, let node = rollback["alarms"] {
            report("too-many-alarms", "rollback watches \(alarms.count) alarms", detail: "CloudFormation takes at most 5.", at: node.span)
        }
        return RollbackTriggers(alarms: alarms.map(\.value), minutes: integer("minutes", in: rollback, 0...180))
    }

    private mutating func hooks(in section: Section) -> Hooks? {
        guard let hooks = self.section("hooks", in: section, keys: ["before", "after"]) else { return nil }
        return Hooks(
            before: (texts("before", in: hooks) ?? []).map(\.value), after: (texts("after", in: hooks) ?? []).map(\.value))
    }

    private mutating func stackReferences(_ key: String, in section: Section) -> [Located<StackAddress>]? {
        guard let texts = texts(key, in: section) else { return nil }
        var references: [Located<StackAddress>] = []
        for text in texts {
            guard let address = StackAddress(text.value) else {
                findings.append(
                    text.place.finding(
                        "bad-stack-address", "\(JSONValue.quoted(text.value)) is no stack", detail: StackAddress.form))
                continue
            }
            references.append(Located(address, at: text.place))
        }
        return references
    }
}

extension StackAddress {
    static let form = "A stack is written as network, or network:prod in an environment."
}
