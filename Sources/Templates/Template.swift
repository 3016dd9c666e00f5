package import Model
package import OrderedCollections

/// A CloudFormation template: everything it declares, each with its place.
package struct Template: Sendable {
    package var source: SourceText
    /// Whether the text uses aliases or merge keys, which CloudFormation refuses.
    package var usesAliases: Bool
    package var root: Node
    /// Whether a loop goes over what is not known here, so that what it makes is missing.
    var hasUnknownLoops: Bool
    package var description: String?
    /// The macros the whole template goes through, such as `AWS::Serverless-2016-10-31`.
    package var transforms: [String]
    package var parameters: OrderedDictionary<String, TemplateParameter>
    package var mappings: OrderedDictionary<String, TemplateMapping>
    package var conditions: OrderedDictionary<String, Expression>
    package var rules: OrderedDictionary<String, TemplateRule>
    package var resources: OrderedDictionary<String, TemplateResource>
    package var outputs: OrderedDictionary<String, TemplateOutput>
    /// The text with what local paths were packaged as; `nil` where there are none.
    var packagedBody: String?
    /// The local paths that stand where something packaged is now.
    package var localPaths: [Span: String] = [:]
}

extension Template {
    /// The text to send to CloudFormation: as it was written, with aliases and merges expanded where there are any, and with what was
    /// packaged in the place of local paths.
    package var body: String { packagedBody ?? (usesAliases ? root.json.prettyText : source.text) }

    /// Whether reading `text` would give just this, to the byte: then there is no need to.
    package func isReading(of text: String) -> Bool {
        // What loops make depends on parameters too.
        !transforms.contains(Self.languageExtensions) && (packagedBody ?? source.text).hasBytes(of: text)
    }

    /// Whether a macro may be called somewhere; `false` is certain.
    package var mayCallMacros: Bool { source.text.contains(bytes: "Transform") }

    /// Whether a macro that only CloudFormation can run shapes the whole template.
    package var hasOpaqueTransform: Bool { transforms.contains { $0 != Self.languageExtensions } }

    package static let languageExtensions = "AWS::LanguageExtensions"
}

/// A parameter's declaration.
package struct TemplateParameter: Sendable {
    package var name: String
    package var span: Span
    package var type: String
    package var defaultValue: String?
    package var allowedValues: [String]
    package var allowedPattern: String?
    package var constraintDescription: String?
    package var description: String?
    package var minLength: Int?
    package var maxLength: Int?
    package var minValue: Double?
    package var maxValue: Double?
    package var noEcho: Bool

    /// Whether the value is a list written with commas.
    package var isList: Bool {
        type == "CommaDelimitedList" || type.hasPrefix("List<") || innerStoreType?.hasPrefix("List<") == true
            || innerStoreType == "CommaDelimitedList"
    }

    /// Whether the value names an SSM parameter, whose stored value takes its place at deployment.
    package var isStoreValue: Bool { innerStoreType != nil }

    private var innerStoreType: String? {
        let prefix = "AWS::SSM::Parameter::Value<"
        guard type.hasPrefix(prefix), type.hasSuffix(">") else { return nil }
        return String(type.dropFirst(prefix.count).dropLast())
    }
}

package struct TemplateMapping: Sendable {
    package var span: Span
    package var rows: OrderedDictionary<String, OrderedDictionary<String, JSONValue>>
}

package struct TemplateRule: Sendable {
    package struct Assertion: Sendable {
        package var condition: Expression
        package var description: String?
    }
    package var span: Span
    package var condition: Expression?
    package var assertions: [Assertion]
}

/// A resource's declaration.
package struct TemplateResource: Sendable {
    package enum Policy: String, Sendable, CaseIterable {
        case delete = "Delete"
        case retain = "Retain"
        case retainExceptOnCreate = "RetainExceptOnCreate"
        case snapshot = "Snapshot"
    }

    package var logicalID: String
    /// Where the logical ID stands.
    package var span: Span
    package var type: String
    package var typeSpan: Span
    package var condition: String?
    var conditionSpan: Span?
    package var dependsOn: [String]
    /// Where each of `dependsOn` stands.
    var dependsOnSpans: [Span]
    package var properties: [Expression.Member]
    /// Where the word Properties stands; `nil` where the resource has none.
    var propertiesSpan: Span?
    package var metadata: Expression?
    package var deletionPolicy: Expression?
    package var updateReplacePolicy: Expression?
    package var creationPolicy: Expression?
    package var updatePolicy: Expression?
    /// Whether a macro stands beside the resource's attributes or properties, and may make anything of them.
    package var isRewritten: Bool

    /// Calls `visit` for each expression of the resource.
    package func forEachExpression(_ visit: (Expression) -> Void) {
        for property in properties { visit(property.value) }
        for attribute in [metadata, deletionPolicy, updateReplacePolicy, creationPolicy, updatePolicy] {
            attribute.map(visit)
        }
    }
}

package struct TemplateOutput: Sendable {
    package var name: String
    package var span: Span
    package var value: Expression
    package var description: String?
    package var condition: String?
    var conditionSpan: Span?
    package var exportName: Expression?
}

/// The names that every template can refer to.
package enum PseudoParameter: String, CaseIterable, Sendable {
    case accountID = "AWS::AccountId"
    case notificationARNs = "AWS::NotificationARNs"
    case noValue = "AWS::NoValue"
    case partition = "AWS::Partition"
    case region = "AWS::Region"
    case stackID = "AWS::StackId"
    case stackName = "AWS::StackName"
    case urlSuffix = "AWS::URLSuffix"
}
