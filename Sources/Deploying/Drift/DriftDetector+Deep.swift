import AWS
import Foundation
import Model
import Planning
import ResourceTypes

/// Reading what CloudFormation does not check.
extension DriftDetector {
    private static let readsAtATime = 8

    /// The findings with those that were not checked read through Cloud Control API, where that can read their types.
    func readingUnchecked(
        _ findings: [ResourceDriftReport], _ base: RecordedProperties, below path: String
    ) async throws -> [ResourceDriftReport] {
        var findings = findings
        // What stands in a nested stack was read there.
        let unchecked = findings.indices.filter { index in
            findings[index].status == .notChecked && !findings[index].logicalID.dropFirst(path.count).contains("/")
        }
        var waiting = unchecked[...]
        try await withThrowingTaskGroup(of: (Int, ResourceDriftReport).self) { group in
            func startNext() {
                guard let index = waiting.popFirst() else { return }
                let finding = findings[index]
                group.addTask { (index, try await read(finding, base, below: path)) }
            }
            for _ in 0..<Self.readsAtATime { startNext() }
            while let (index, finding) = try await group.next() {
                findings[index] = finding
                startNext()
            }
        }
        return findings
    }

    private func read(_ finding: ResourceDriftReport, _ base: RecordedProperties, below path: String) async throws -> ResourceDriftReport {
        var finding = finding
        let logicalID = String(finding.logicalID.dropFirst(path.count))
        guard let identifier = base.identifier(logicalID, type: finding.type, physicalID: finding.physicalID) else { return finding }
        do {
            let text = try await cloudControl.getResource(finding.type, identifier: identifier.text)
            guard let live = Self.json(text) else {
                finding.reason = "Cloud Control API tells no properties of it"
                return finding
            }
            let comparison = base.compare(logicalID, type: finding.type, live: live)
            finding.check = .cloudControl
            finding.differences = comparison.differences
            finding.status = comparison.differences.isEmpty ? .inSync : .modified
            finding.reason =
                comparison.uncompared.isEmpty ? nil : "Not comparable: \(comparison.uncompared.joined(separator: ", "))"
        } catch let error as AWSError where error.isNotFound && identifier.isCertain {
            finding.check = .cloudControl
            finding.status = .deleted
            finding.reason = nil
        } catch let error as AWSError {
            finding.reason =
                error.isUnsupported
                ? "Neither CloudFormation nor Cloud Control API checks resources of this type"
                : "Cloud Control API did not read it: \(error.code) \(error.message)".oneSentence
        } catch let failure as any RequestFailure {
            finding.reason = failure.problem.findings.first?.summary
        }
        return finding
    }
}

extension RecordedProperties {
    /// What Cloud Control API knows a resource by.
    struct Identifier: Hashable {
        var text: String
        /// Whether it is known to be the type's identifier, so that nothing found under it means that the resource is gone.
        var isCertain: Bool
    }

    /// - Returns: `nil` for a type that can't be read like this.
    func identifier(_ logicalID: String, type: String, physicalID: String?) -> Identifier? {
        guard let physicalID, !ResourceTypeCatalog.isCustomResource(type), !type.hasPrefix("AWS::CloudFormation::"),
            let parts = resourceType(type)?.primaryIdentifier, !parts.isEmpty
        else { return nil }
        let values = parts.map { part in part.components.count == 1 ? self[logicalID]?[part.components[0]]?.text : nil }
        if values.allSatisfy({ $0 != nil }) { return Identifier(text: values.compactMap(\.self).joined(separator: "|"), isCertain: true) }
        let isRef = parts.count == 1 && resourceType(type)?.refProperty == parts[0]
        return Identifier(text: physicalID, isCertain: isRef)
    }
}

extension String {
    fileprivate var oneSentence: String { split(whereSeparator: \.isNewline).joined(separator: " ") }
}
