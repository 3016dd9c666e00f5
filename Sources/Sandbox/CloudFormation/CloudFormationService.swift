import Foundation
import Model
import OrderedCollections

/// CloudFormation's actions on one region of the cloud, for one request.
struct CloudFormationService {
    static let namespace = "http://cloudformation.amazonaws.com/doc/2010-05-15/"
    static let pageSize = 100

    let cloud: Cloud
    let region: String
    /// Where `TemplateURL`s that point at the sandbox's own S3 are known by.
    let ownAddresses: Set<String>

    typealias Action = @Sendable (CloudFormationService) -> (QueryForm) throws -> Answer

    private static let actions: [String: Action] = [
        "CancelUpdateStack": cancelUpdateStack,
        "ContinueUpdateRollback": continueUpdateRollback,
        "CreateChangeSet": createChangeSet,
        "CreateStack": createStack,
        "DeleteChangeSet": deleteChangeSet,
        "DeleteStack": deleteStack,
        "DescribeAccountLimits": describeAccountLimits,
        "DescribeChangeSet": describeChangeSet,
        "DescribeEvents": describeEvents,
        "DescribeStackDriftDetectionStatus": describeStackDriftDetectionStatus,
        "DescribeStackEvents": describeStackEvents,
        "DescribeStackResource": describeStackResource,
        "DescribeStackResourceDrifts": describeStackResourceDrifts,
        "DescribeStackResources": describeStackResources,
        "DescribeStacks": describeStacks,
        "DetectStackDrift": detectStackDrift,
        "DetectStackResourceDrift": detectStackResourceDrift,
        "ExecuteChangeSet": executeChangeSet,
        "GetStackPolicy": getStackPolicy,
        "GetTemplate": getTemplate,
        "GetTemplateSummary": getTemplateSummary,
        "ListChangeSets": listChangeSets,
        "ListExports": listExports,
        "ListImports": listImports,
        "ListStackResources": listStackResources,
        "ListStacks": listStacks,
        "RollbackStack": rollbackStack,
        "SetStackPolicy": setStackPolicy,
        "UpdateStack": updateStack,
        "UpdateTerminationProtection": updateTerminationProtection,
        "ValidateTemplate": validateTemplate,
    ]

    /// Does what an action asks.
    /// - Throws: `APIFailure` where it is refused.
    func perform(_ action: String, _ form: QueryForm) throws -> Answer {
        guard let perform = Self.actions[action] else {
            throw APIFailure("InvalidAction", "Could not find operation \(action) for version 2010-05-15")
        }
        return try perform(self)(form)
    }

    // MARK: Finding stacks

    /// A live stack by name, or any by ARN.
    func find(_ nameOrID: String) throws -> StackRecord? {
        guard nameOrID.hasPrefix("arn:") else { return try cloud.stack(named: nameOrID, region: region) }
        return try cloud.stack(id: nameOrID)
    }

    /// How an action words that a stack is not there; they differ (recordings `non_existing_stack_message`,
    /// `describe_stack_events_errors`, `describe_non_existent_stack`).
    enum MissingStack {
        case withID
        case brackets
        case quotes

        func failure(_ name: String) -> APIFailure {
            switch self {
            case .withID: .validation("Stack with id \(name) does not exist")
            case .brackets: .validation("Stack [\(name)] does not exist")
            case .quotes: .validation("Stack '\(name)' does not exist")
            }
        }
    }

    func stack(_ form: QueryForm, missing: MissingStack = .withID) throws -> StackRecord {
        let name = try form.required("StackName")
        guard let stack = try find(name) else { throw missing.failure(name) }
        return stack
    }

    // MARK: Pages

    /// One page of items, with the token of the next.
    func page<T>(_ items: [T], _ form: QueryForm, size: Int = pageSize) throws(APIFailure) -> (items: ArraySlice<T>, next: Answer?) {
        let start = try offset(form)
        let rest = items.dropFirst(start)
        let shown = rest.prefix(size)
        return (shown, rest.count > size ? .text(Self.token(start + size)) : nil)
    }

    func offset(_ form: QueryForm) throws(APIFailure) -> Int {
        guard let token = form["NextToken"], !token.isEmpty else { return 0 }
        guard let data = Data(base64Encoded: token), let text = String(data: data, encoding: .utf8), text.hasPrefix("next:"),
            let offset = Int(text.dropFirst(5)), offset >= 0
        else { throw .validation("The specified NextToken is invalid.") }
        return offset
    }

    static func token(_ offset: some BinaryInteger) -> String { Data("next:\(offset)".utf8).base64EncodedString() }
}
