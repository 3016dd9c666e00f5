package import Model

/// What `validate` finds beside a template's structure. `docs/validation.md` tells what each is and what to do.
package enum CatalogFinding: String, CaseIterable, Sendable {
    case unknownType = "unknown-type"
    case uncheckedType = "unchecked-type"
    case retiredType = "retired-type"
    case missingTransform = "missing-transform"
    case unknownProperty = "unknown-property"
    case missingProperty = "missing-property"
    case exclusiveProperties = "exclusive-properties"
    case readOnlyProperty = "read-only-property"
    case deprecatedProperty = "deprecated-property"
    case wrongType = "wrong-type"
    case badValue = "bad-value"
    case badPattern = "bad-pattern"
    case badLength = "bad-length"
    case outOfRange = "out-of-range"
    case badCount = "bad-count"
    case duplicateItem = "duplicate-item"
    case unknownGetAtt = "unknown-getatt"
    case uncertainGetAtt = "uncertain-getatt"
    case badArgument = "bad-argument"
    case misplacedFunction = "misplaced-function"
    case noSnapshot = "no-snapshot"
    case unusedParameter = "unused-parameter"
    case unusedMapping = "unused-mapping"
    case unusedCondition = "unused-condition"
    case largeTemplate = "large-template"
    case checksIncomplete = "checks-incomplete"

    package var severity: Finding.Severity {
        switch self {
        case .uncheckedType, .largeTemplate, .checksIncomplete: .note
        case .retiredType, .deprecatedProperty, .uncertainGetAtt, .misplacedFunction, .unusedParameter, .unusedMapping, .unusedCondition:
            .warning
        default: .error
        }
    }
}
