import Foundation
import Model
import OrderedCollections
import ResourceTypes
import Templates
import Testing

@testable import Planning

/// The planner beside what AWS itself answered and did.
///
/// `PIPEPLAN_AWS_RECORDINGS` names a folder of recordings: a template, its successor, and the change set AWS made of the two.
@Suite(.enabled(if: Recording.folder != nil, "PIPEPLAN_AWS_RECORDINGS names no folder of recordings"))
struct `Plans agree with recorded change sets` {
    @Test(arguments: Recording.all) func `changes, details and real updates are those of AWS`(_ recording: Recording) throws {
        let plan = try recording.plan()
        for (key, view) in [("without_values", ChangeSetView.aws), ("with_values", .awsValues)] {
            guard let expected = recording.changes(key) else { continue }
            let ours = Set(plan.changeSet(view).changes.map { Listed($0) })
            #expect(ours.subtracting(expected) == [], "\(recording) \(key): listed by the plan only")
            #expect(expected.subtracting(ours) == [], "\(recording) \(key): listed by AWS only")
        }
        if let updated = recording.reallyUpdated {
            let ours = Set(plan.changes.filter { $0.action == .modify && $0.willChange == .yes }.map(\.logicalID))
            let unknown = Set(plan.changes.filter { $0.willChange == .unknown }.map(\.logicalID))
            #expect(ours.subtracting(updated) == [], "\(recording): said to change, but did not")
            #expect(updated.subtracting(ours).subtracting(unknown) == [], "\(recording): did change")
        }
    }
}

/// One change as a comparable value: AWS orders neither changes nor details.
struct Listed: Hashable, CustomStringConvertible {
    var parts: Set<String>
    init(parts: Set<String>) { self.parts = parts }

    init(_ change: ResourceChange) {
        let replacement = change.action == .add ? "" : change.replacement?.rawValue ?? ""
        parts = ["\(change.action.rawValue) \(change.logicalID) \(change.type) \(replacement) \(change.policyAction?.rawValue ?? "")"]
        for scope in change.scope { parts.insert("scope \(scope)") }
        for detail in change.details {
            let words = [
                detail.attribute, detail.name, detail.path, detail.recreation?.rawValue, detail.attributeChangeType,
                detail.evaluation?.rawValue, detail.source?.rawValue, detail.causingEntity,
            ]
            parts.insert("detail " + words.map { $0 ?? "-" }.joined(separator: " "))
        }
    }

    init(json change: [String: Any]) {
        func text(_ key: String) -> String { change[key] as? String ?? "" }
        let replacement = text("Action") == "Add" ? "" : text("Replacement")
        parts = ["\(text("Action")) \(text("LogicalResourceId")) \(text("ResourceType")) \(replacement) \(text("PolicyAction"))"]
        for scope in change["Scope"] as? [String] ?? [] { parts.insert("scope \(scope)") }
        for detail in change["Details"] as? [[String: Any]] ?? [] {
            let target = detail["Target"] as? [String: Any] ?? [:]
            let words =
                ["Attribute", "Name", "Path", "RequiresRecreation", "AttributeChangeType"].map { target[$0] as? String }
                + ["Evaluation", "ChangeSource", "CausingEntity"].map { detail[$0] as? String }
            parts.insert("detail " + words.map { $0 ?? "-" }.joined(separator: " "))
        }
    }

    var description: String { parts.sorted().joined(separator: "; ") }
}

struct Recording: Sendable, CustomStringConvertible {
    static let folder = ProcessInfo.processInfo.environment["PIPEPLAN_AWS_RECORDINGS"]
    static let all: [Recording] = {
        guard let folder else { return [] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".json") }.sorted().map { Recording(path: "\(folder)/\($0)") }.filter(\.isComparable)
    }()

    var path: String
    var description: String { URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent }

    private var content: [String: Any] {
        let data = (try? Data(contentsOf: URL(fileURLWithPath: path))) ?? Data()
        return (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] ?? [:]
    }

    private var aws: [String: Any] { content["aws"] as? [String: Any] ?? [:] }

    /// Whether an update was recorded whose macros, if any, need no CloudFormation to run them.
    private var isComparable: Bool {
        guard let second = aws["change_set_2"] as? [String: Any], !second.isEmpty, let template = text("template_2") else { return false }
        return content["template_1"] != nil && !template.contains("Transform") && !(text("template_1") ?? "").contains("Transform")
    }

    private func text(_ key: String) -> String? {
        if let text = content[key] as? String { return text }
        guard let object = content[key], let data = try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys]) else {
            return nil
        }
        return String(decoding: data, as: UTF8.self)
    }

    private func parameters(_ key: String) -> OrderedDictionary<String, ParameterValue> {
        var values: OrderedDictionary<String, ParameterValue> = [:]
        for (name, value) in (content[key] as? [String: Any] ?? [:]).sorted(by: { $0.key < $1.key }) { values[name] = .plain("\(value)") }
        return values
    }

    func changes(_ key: String) -> Set<Listed>? {
        guard let changeSet = (aws["change_set_2"] as? [String: Any])?[key] as? [String: Any],
            let changes = changeSet["Changes"] as? [[String: Any]]
        else { return nil }
        return Set(changes.compactMap { ($0["ResourceChange"] as? [String: Any]).map { Listed(json: $0) } })
    }

    /// The resources that had an update event of their own when the change set was executed.
    var reallyUpdated: Set<String>? {
        guard let events = aws["events"] as? [String: [[String: Any]]], (aws["change_set_2"] as? [String: Any])?["execute_response"] != nil
        else { return nil }
        return Set(
            events.filter { _, list in
                list.contains { event in
                    (event["ResourceStatus"] as? String ?? "").hasPrefix("UPDATE")
                        && event["ResourceType"] as? String != "AWS::CloudFormation::Stack"
                }
            }.keys)
    }

    func plan() throws -> Plan {
        let before = try Template.read(text("template_1") ?? "", file: "template_1").get()
        let after = try Template.read(text("template_2") ?? "", file: "template_2").get()
        let given = try before.bind(parameters("parameters_1")).get()
        var evaluator = Evaluator(
            before,
            EvaluationEnvironment(
                parameters: given, pseudo: EvaluationEnvironment.pseudoParameters(stackName: "recorded", region: "us-east-1")))
        let resources = before.resources.values.filter { evaluator.holds($0.condition) != false }.map {
            StackResource(logicalID: $0.logicalID, physicalID: "physical-id-of-\($0.logicalID)", type: $0.type, status: "CREATE_COMPLETE")
        }
        let address = StackAddress(stack: "recorded")
        let recorded = RecordedStack(
            address: address, stackName: "recorded", region: "us-east-1", serial: 1, status: "CREATE_COMPLETE", templateBody: before.body,
            parameters: given.compactMapValues { value in
                switch value {
                case .plain(let text): .plain(text)
                case .secret(let secret, _): .secret(SecretDigest(of: secret, salt: Data(repeating: 1, count: 16)))
                case .previousSecret, .unknown: nil
                }
            }, resources: resources)
        let desired = DesiredStack(
            address: address, stackName: "recorded", region: "us-east-1", template: after,
            parameters: try after.bind(parameters("parameters_2")).get())
        return try Planning.plan(desired, recorded: recorded, types: .bundled)
    }
}
