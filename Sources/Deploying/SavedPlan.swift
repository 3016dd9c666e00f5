package import Foundation
package import Model
package import OrderedCollections
package import Planning
import Templates

/// A plan in a file: what `plan --out` writes and `apply FILE` applies, as long as nothing has moved.
///
/// It holds no secret: a secret parameter is there as its digest, and its value is read anew when the plan is applied.
package struct SavedPlan: Codable, Sendable {
    package static let formatVersion = 1

    package struct Stack: Codable, Sendable {
        package var plan: Plan
        package var templateDigest: Digest
        /// Of the local files and folders it names, by their paths.
        package var artifactDigests: [String: Digest]?
        /// Of the template as CloudFormation gets it, with the places that those are uploaded to.
        package var packagedDigest: Digest?
        /// What the parameter store had, by parameter; one that was not asked is missing.
        package var storedValues: [String: String]?
        package var parameters: OrderedDictionary<String, RecordedParameter>
        package var tags: OrderedDictionary<String, String>
        /// The change set that CloudFormation made of the plan; `nil` where it was not asked.
        package var proposal: ProposedChangeSet?
    }

    package var formatVersion: Int
    package var toolVersion: String
    package var createdAt: Date
    /// The lineage of the state it was planned against; `nil` where there was none yet.
    package var lineage: String?
    package var stacks: [Stack]

    package init(
        stacks: [(plan: Plan, desired: DesiredStack, proposal: ProposedChangeSet?)], lineage: String?, toolVersion: String, context: Context
    ) {
        formatVersion = Self.formatVersion
        self.toolVersion = toolVersion
        createdAt = context.clock.now()
        self.lineage = lineage
        self.stacks = stacks.map { plan, desired, proposal in
            Stack(
                plan: plan, templateDigest: Digest(of: desired.template.source.text), artifactDigests: desired.artifactDigests,
                packagedDigest: Digest(of: desired.template.body), storedValues: desired.storedValues,
                parameters: desired.parameters.mapValues { value in
                    switch value {
                    case .plain(let text): .plain(text)
                    case .secret(let secret, let digest): .secret(digest ?? SecretDigest(of: secret, salt: context.randomBytes(16)))
                    case .previousSecret(let digest): .secret(digest)
                    case .unknown: .secret(nil)
                    }
                }, tags: desired.tags, proposal: proposal)
        }
    }

    package func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .secondsSince1970
        return try encoder.encode(self)
    }

    /// Reads a plan file. Throws `Problem` (exit code 4) where it is none, or of a newer format.
    package static func read(_ data: Data, file: String) throws(Problem) -> SavedPlan {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .secondsSince1970
        struct Header: Decodable { var formatVersion: Int }
        guard let header = try? decoder.decode(Header.self, from: data) else {
            throw Problem(
                .badInput, "not-a-plan", "\(file) is not a plan file", detail: "Write one with `pipeplan plan --out \(file)`.")
        }
        guard header.formatVersion == formatVersion, let plan = try? decoder.decode(SavedPlan.self, from: data) else {
            throw Problem(
                .badInput, "plan-format", "The plan file \(file) has another format than this version of pipeplan reads",
                detail: "Plan again with this version.")
        }
        return plan
    }
}

extension SavedPlan.Stack {
    /// What has moved since the plan was made; empty where it still stands.
    package func staleness(desired: DesiredStack, current: Plan, lineage: String?, planLineage: String?) -> [Finding] {
        var findings: [Finding] = []
        func moved(_ what: String) {
            findings.append(
                Finding(
                    "plan-stale", "The saved plan of \(plan.address) is stale: \(what)",
                    detail: "Plan again, review, and apply the new plan."))
        }
        if let planLineage, planLineage != lineage { moved("it was made against another state database") }
        if current.basedOnSerial != plan.basedOnSerial {
            moved("the stack has been deployed since (deployment \(current.basedOnSerial), planned against \(plan.basedOnSerial))")
        }
        for what in movedFiles(desired) { moved(what) }
        for (name, value) in storedValues ?? [:] where desired.storedValues[name].map({ $0 != value }) == true {
            moved("what the parameter store has for parameter \(name) has changed")
        }
        if desired.tags != tags { moved("the tags have changed") }
        if desired.stackName != plan.stackName || desired.region != plan.region { moved("the stack's name or region has changed") }
        if current.settings != plan.settings { moved("the stack's settings have changed") }
        if current.hazards.filter(\.isProtected) != plan.hazards.filter(\.isProtected) { moved("what is protected has changed") }
        for (name, value) in desired.parameters where !isSame(value, parameters[name]) {
            if case (.plain, .secret(nil)?) = (value, parameters[name]) {
                moved("parameter \(name) had no value when it was planned; `plan --resolve` fetches those of SSM and Secrets Manager")
            } else {
                moved("the value of parameter \(name) has changed")
            }
        }
        for name in parameters.keys where desired.parameters[name] == nil { moved("parameter \(name) is gone") }
        return findings
    }

    /// What has moved in the template and in the files it names.
    private func movedFiles(_ desired: DesiredStack) -> [String] {
        if Digest(of: desired.template.source.text) != templateDigest { return ["the template has changed"] }
        let changed = Set(desired.artifactDigests.keys).union((artifactDigests ?? [:]).keys).sorted().filter {
            desired.artifactDigests[$0] != artifactDigests?[$0]
        }
        if !changed.isEmpty { return changed.map { "\($0) has changed" } }
        return Digest(of: desired.template.body) == packagedDigest ? [] : ["the place that files are uploaded to has changed"]
    }

    private func isSame(_ value: ParameterValue, _ saved: RecordedParameter?) -> Bool {
        if case (.unknown, .secret(nil)?) = (value, saved) { return true }
        return saved.map(value.isSame(as:)) ?? false
    }
}

extension DesiredStack {
    fileprivate var artifactDigests: [String: Digest] {
        Dictionary(artifacts.map { ($0.path, $0.digest) }, uniquingKeysWith: { first, _ in first })
    }
}
