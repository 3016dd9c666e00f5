import Foundation
import Model
import OrderedCollections
import Templates

/// Where a request's template comes from, and what it becomes with the request's parameters.
extension CloudFormationService {
    /// The template's text: given in the request, read from the sandbox's S3, or the stack's own.
    func templateBody(_ form: QueryForm, previous: StackRecord?) throws -> String {
        let usesPrevious = try form.flag("UsePreviousTemplate") ?? false
        let given = [form["TemplateBody"], form["TemplateURL"]].compactMap { $0 }
        guard given.count + (usesPrevious ? 1 : 0) == 1 else {
            throw APIFailure.validation(
                given.isEmpty
                    ? "Either Template URL or Template Body must be specified."
                    : "Only one of TemplateURL, TemplateBody or UsePreviousTemplate may be specified.")
        }
        if usesPrevious {
            guard let previous, !previous.content.templateBody.isEmpty else {
                throw APIFailure.validation("UsePreviousTemplate can only be used with an existing stack.")
            }
            return previous.content.templateBody
        }
        guard let body = form["TemplateBody"] else { return try object(at: form["TemplateURL"] ?? "", what: "TemplateURL") }
        try checkLength(body, "templateBody", most: TemplateLimits.inlineBytes)
        return body
    }

    func checkLength(_ text: String, _ name: String, most: Int) throws {
        if text.isEmpty {
            throw APIFailure.validation(
                "1 validation error detected: Value '' at '\(name)' failed to satisfy constraint: Member must have length greater than or equal to 1"
            )
        }
        if text.utf8.count > most {
            throw APIFailure.validation(
                "1 validation error detected: Value '\(text)' at '\(name)' failed to satisfy constraint: Member must have length less than or equal to \(most)"
            )
        }
    }

    /// The text of an S3 object by its URL: in the sandbox's own S3, path-style or virtual-hosted, whatever the host is called.
    func object(at address: String, what: String) throws -> String {
        guard let url = URL(string: address), let host = url.host(), let scheme = url.scheme, ["http", "https"].contains(scheme) else {
            throw APIFailure.validation("\(what) must be a supported URL.")
        }
        var parts = url.path(percentEncoded: false).split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        let isOwn = ownAddresses.contains(host) || host == "localhost" || host == "127.0.0.1"
        var bucket: String?
        if !isOwn {
            let labels = host.split(separator: ".").map(String.init)
            guard host.hasSuffix(".amazonaws.com") || host.hasSuffix(".amazonaws.com.cn"),
                let service = labels.firstIndex(where: { $0 == "s3" || $0.hasPrefix("s3-") })
            else { throw APIFailure.validation("\(what) must be a supported URL.") }
            if service > 0 { bucket = labels[..<service].joined(separator: ".") }
        }
        if bucket == nil, !parts.isEmpty { bucket = parts.removeFirst() }
        guard let bucket, !parts.isEmpty else {
            throw APIFailure.validation("\(what) must reference a valid S3 object to which you have access.")
        }
        guard let object = try cloud.object(bucket: bucket, key: parts.joined(separator: "/")) else {
            throw APIFailure.validation(
                "S3 error: The specified key does not exist.\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"
            )
        }
        guard let text = String(data: object.body, encoding: .utf8) else {
            throw APIFailure.validation("Template format error: unsupported structure.")
        }
        return text
    }

    /// A request to make a stack into something, understood and checked.
    struct Target: Sendable {
        var content: StackContent
        var bound: BoundTemplate
    }

    /// Reads template, parameters and settings of a request that creates or updates a stack.
    /// - Parameter isDirect: whether no change set stands between.
    func target(_ form: QueryForm, of stack: StackRecord, isDirect: Bool) throws -> Target {
        let body = try templateBody(form, previous: stack)
        let given = form.structures("Parameters").map { parameter in
            GivenParameter(
                key: parameter["ParameterKey"] ?? "", value: parameter["ParameterValue"],
                usePreviousValue: parameter["UsePreviousValue"] == "true")
        }
        let plain = given.reduce(into: [String: String]()) { $0[$1.key] = $1.value }
        let template = try TemplateReading.read(body, parameterValues: plain)
        let capabilities = form.hasList("Capabilities") ? form.list("Capabilities") : []
        let view = try cloud.view(of: stack)
        let parameters = try ResolvedParameters(
            given, template: template, previous: stack.content.parameters, store: view.world.store,
            salt: { [random = cloud.random] in Data((0..<16).map { _ in UInt8(random.number(256)) }) })
        try Capabilities.check(capabilities, for: template, isDirect: isDirect)
        try checkResourceTypes(form.list("ResourceTypes"), template)

        var content = StackContent()
        // What is kept on the disk has no secret: not as a default either.
        content.templateBody = template.secretDefaults.isEmpty ? body : template.recordedBody
        content.description = template.description
        content.parameters = parameters.stored
        content.capabilities = capabilities
        content.notificationArns = form.hasList("NotificationARNs") ? form.list("NotificationARNs") : stack.content.notificationArns
        content.tags = try tags(form) ?? stack.content.tags
        content.roleArn = form["RoleARN"] ?? stack.content.roleArn
        content.rollbackConfiguration = try rollbackConfiguration(form) ?? stack.content.rollbackConfiguration
        content.timeoutMinutes = form["TimeoutInMinutes"].flatMap { Int($0) } ?? stack.content.timeoutMinutes

        let bound = bind(template, parameters, content, stack, decided: stack.content.conditions)
        try checkRules(bound)
        if !template.hasOpaqueTransform { try bound.check(in: view.world) }
        content.conditions = bound.conditions
        try checkTypesAreKept(bound, stack)
        return Target(content: content, bound: bound)
    }

    /// The template of a content that was checked before, bound to its parameters.
    func bound(_ content: StackContent, of stack: StackRecord) throws -> BoundTemplate {
        let parameters = ResolvedParameters(stored: content.parameters)
        let plain = content.parameters.mapValues(\.value).reduce(into: [String: String]()) { $0[$1.key] = $1.value }
        let template = try TemplateReading.read(content.templateBody, parameterValues: plain)
        return bind(template, parameters, content, stack, decided: content.conditions)
    }

    private func bind(
        _ template: Template, _ parameters: ResolvedParameters, _ content: StackContent, _ stack: StackRecord, decided: [String: Bool]
    ) -> BoundTemplate {
        BoundTemplate(
            template, parameters: parameters.values, storeValues: parameters.storeValues,
            pseudo: EvaluationEnvironment.pseudoParameters(
                stackName: stack.name, region: stack.region, accountID: stack.accountID, stackID: stack.id,
                notificationArns: content.notificationArns), decided: decided)
    }

    // MARK: Checks

    private func checkTypesAreKept(_ bound: BoundTemplate, _ stack: StackRecord) throws {
        let changed = bound.active.filter { logicalID in
            guard let old = stack.content.resources[logicalID], old.exists else { return false }
            return old.type != bound.template.resources[logicalID]?.type
        }
        guard changed.isEmpty else {
            throw APIFailure.validation(
                "Update of resource type is not permitted. The new template modifies resource type of the following resources: [\(changed.joined(separator: ", "))]"
            )
        }
    }

    private func checkResourceTypes(_ allowed: [String], _ template: Template) throws {
        guard !allowed.isEmpty else { return }
        for type in template.resources.values.map(\.type) {
            let isAllowed = allowed.contains { $0 == type || ($0.hasSuffix("*") && type.hasPrefix($0.dropLast())) }
            guard isAllowed else {
                throw APIFailure.validation(
                    "Resource type \(type) is not allowed by parameter ResourceTypes [\(allowed.joined(separator: ", "))]")
            }
        }
    }

    private func checkRules(_ bound: BoundTemplate) throws {
        for (name, rule) in bound.template.rules {
            if let condition = rule.condition, !bound.holds(condition) { continue }
            if let broken = rule.assertions.first(where: { !bound.holds($0.condition) }) {
                throw APIFailure.validation("Rule \(name) failed: \(broken.description ?? "an assertion does not hold")")
            }
        }
    }

    // MARK: Settings

    private func tags(_ form: QueryForm) throws -> OrderedDictionary<String, String>? {
        guard form.hasList("Tags") || form["Tags.member.1.Key"] != nil else { return nil }
        let given = form.structures("Tags")
        guard given.count <= 50 else {
            throw APIFailure.validation(
                "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50"
            )
        }
        var tags: OrderedDictionary<String, String> = [:]
        for tag in given {
            guard let key = tag["Key"], !key.isEmpty, key.count <= 128 else {
                throw APIFailure.validation("Tag keys must have 1 to 128 characters.")
            }
            guard !key.lowercased().hasPrefix("aws:") else {
                throw APIFailure.validation("aws: prefixed tag key names are not allowed for external use.")
            }
            tags[key] = tag["Value"] ?? ""
        }
        return tags
    }

    private func rollbackConfiguration(_ form: QueryForm) throws -> RollbackConfiguration? {
        let given = form.structure("RollbackConfiguration")
        guard !given.fields.isEmpty else { return nil }
        var configuration = RollbackConfiguration(monitoringMinutes: given["MonitoringTimeInMinutes"].flatMap { Int($0) })
        for trigger in given.structures("RollbackTriggers") {
            let type = trigger["Type"] ?? ""
            guard ["AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"].contains(type) else {
                throw APIFailure.validation("Rollback Trigger Type not supported")
            }
            let arn = trigger["Arn"] ?? ""
            guard arn.split(separator: ":", omittingEmptySubsequences: false).count >= 7 else {
                throw APIFailure.validation("RelativeId of a Rollback Trigger's ARN is incorrect")
            }
            configuration.triggers.append(.init(arn: arn, type: type))
        }
        return configuration
    }
}
