import Foundation
import GRDB
import Model

extension CloudFormationService {
    private struct Detection: Codable {
        var id: String
        var stackID: String
        var startedAt: Date
        var finishesAt: Date
        var status: String
        var driftedCount: Int
        var failure: String?
    }

    func detectStackDrift(_ form: QueryForm) throws -> Answer {
        var stack = try stack(form, missing: .brackets)
        try checkDetectable(stack)
        let running = try detections(of: stack.id).contains { cloud.now < $0.finishesAt }
        guard !running else {
            throw APIFailure.validation("Drift detection is already in progress for stack [\(stack.id)].")
        }
        let wanted = Set(form.list("LogicalResourceIds"))
        if let unknown = wanted.subtracting(stack.content.resources.keys).min() {
            throw APIFailure.validation("Resource \(unknown) does not exist for stack \(stack.name)")
        }
        var drifted = 0
        var failed: [String] = []
        for record in stack.content.resources.values where wanted.isEmpty || wanted.contains(record.logicalID) {
            guard isSupported(record.type) else { continue }
            let drift = try detect(record, of: stack)
            stack.content.resources[record.logicalID]?.drift = drift
            if drift.status == "UNKNOWN" { failed.append(record.logicalID) }
            if drift.status == "MODIFIED" || drift.status == "DELETED" { drifted += 1 }
        }
        stack.stable = stack.content
        let status = drifted > 0 ? "DRIFTED" : failed.isEmpty ? "IN_SYNC" : "UNKNOWN"
        let finish = cloud.now.addingTimeInterval(cloud.faults.drift?.seconds ?? cloud.options.resourceSeconds)
        let before = stack.drift?.known(at: cloud.now)
        stack.drift = StackDrift(
            status: status, checkedAt: cloud.now, knownAt: finish, statusBefore: before?.status, checkedAtBefore: before?.checkedAt)
        var detection = Detection(
            id: cloud.random.uuid(), stackID: stack.id, startedAt: cloud.now, finishesAt: finish, status: status, driftedCount: drifted)
        if !failed.isEmpty { detection.failure = "Failed to detect drift on resources [\(failed.joined(separator: ", "))]" }
        try cloud.save(stack)
        try cloud.database.execute(
            sql: "INSERT INTO detections (id, stackID, document) VALUES (?, ?, ?)",
            arguments: [detection.id, stack.id, Cloud.encoded(detection)])
        return .of(["StackDriftDetectionId": .text(detection.id)])
    }

    /// Whether CloudFormation checks resources of the type (user guide, Resource type support).
    private func isSupported(_ type: String) -> Bool {
        DriftComparison.supports(type) && cloud.faults.drift?.unsupportedTypes?.contains(type) != true
    }

    private func checkDetectable(_ stack: StackRecord) throws {
        let detectable: Set<StackStatus> = [
            "CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED", "IMPORT_COMPLETE",
            "IMPORT_ROLLBACK_COMPLETE",
        ]
        guard detectable.contains(stack.status) else {
            throw APIFailure.validation("Drift detection can not be performed on stack [\(stack.id)] in \(stack.status) state.")
        }
    }

    private func detections(of stackID: String) throws -> [Detection] {
        try Data.fetchAll(cloud.database, sql: "SELECT document FROM detections WHERE stackID = ?", arguments: [stackID])
            .map { try Cloud.decoded(Detection.self, $0) }
    }

    private func detect(_ record: ResourceRecord, of stack: StackRecord) throws -> ResourceDrift {
        if cloud.faults.drift?.failing?.contains(record.logicalID) == true {
            return ResourceDrift(status: "UNKNOWN", checkedAt: cloud.now)
        }
        let live = try cloud.liveResource(record.type, record.physicalID, region: stack.region)
        return DriftComparison.drift(of: record, live: live?.properties, at: cloud.now)
    }

    func describeStackDriftDetectionStatus(_ form: QueryForm) throws -> Answer {
        let id = try form.required("StackDriftDetectionId")
        let data = try Data.fetchOne(cloud.database, sql: "SELECT document FROM detections WHERE id = ?", arguments: [id])
        guard let detection = try data.map({ try Cloud.decoded(Detection.self, $0) }) else {
            throw APIFailure.validation("Stack drift detection \(id) does not exist.")
        }
        let isRunning = cloud.now < detection.finishesAt
        return .of([
            "StackId": .text(detection.stackID), "StackDriftDetectionId": .text(id),
            "StackDriftStatus": isRunning ? nil : .text(detection.status),
            "DetectionStatus": .text(
                isRunning ? "DETECTION_IN_PROGRESS" : detection.failure == nil ? "DETECTION_COMPLETE" : "DETECTION_FAILED"),
            "DetectionStatusReason": isRunning ? nil : .text(detection.failure),
            "DriftedStackResourceCount": isRunning || detection.failure != nil ? nil : .count(detection.driftedCount),
            "Timestamp": .time(detection.startedAt),
        ])
    }

    func detectStackResourceDrift(_ form: QueryForm) throws -> Answer {
        var stack = try stack(form, missing: .brackets)
        try checkDetectable(stack)
        let logicalID = try form.required("LogicalResourceId")
        guard let record = stack.content.resources[logicalID] else {
            throw APIFailure.validation("Resource \(logicalID) does not exist for stack \(stack.name)")
        }
        guard isSupported(record.type) else {
            throw APIFailure.validation("Resource type \(record.type) is not supported for drift detection")
        }
        let drift = try detect(record, of: stack)
        stack.content.resources[logicalID]?.drift = drift
        stack.stable = stack.content
        try cloud.save(stack)
        return .of(["StackResourceDrift": answer(drift, record, stack)])
    }

    func describeStackResourceDrifts(_ form: QueryForm) throws -> Answer {
        let stack = try stack(form, missing: .brackets)
        let wanted = Set(form.list("StackResourceDriftStatusFilters"))
        let found = stack.content.resources.values.compactMap { record in record.drift.map { (record, $0) } }
            .filter { wanted.isEmpty || wanted.contains($0.1.status) }
            .sorted { $0.0.logicalID < $1.0.logicalID }
        let size = form["MaxResults"].flatMap { Int($0) } ?? Self.pageSize
        guard (1...100).contains(size) else { throw APIFailure.validation("MaxResults must be between 1 and 100.") }
        let shown = try page(found, form, size: size)
        return .of(["StackResourceDrifts": .list(shown.items.map { answer($0.1, $0.0, stack) }), "NextToken": shown.next])
    }

    private func answer(_ drift: ResourceDrift, _ record: ResourceRecord, _ stack: StackRecord) -> Answer {
        let differences = drift.differences.map { difference in
            Answer.of([
                "PropertyPath": .text(difference.path),
                "ExpectedValue": .text(difference.expected.map { $0.scalarText ?? $0.compactText } ?? "null"),
                "ActualValue": .text(difference.actual.map { $0.scalarText ?? $0.compactText } ?? "null"),
                "DifferenceType": .text(difference.kind),
            ])
        }
        return .of([
            "StackId": .text(stack.id), "LogicalResourceId": .text(record.logicalID), "PhysicalResourceId": .text(record.physicalID),
            "ResourceType": .text(record.type), "ExpectedProperties": .text(drift.expected?.compactText),
            "ActualProperties": .text(drift.actual?.compactText), "PropertyDifferences": .list(differences),
            "StackResourceDriftStatus": .text(drift.status), "Timestamp": .time(drift.checkedAt),
            "DriftStatusReason": drift.status == "UNKNOWN" ? .text("The sandbox was told to fail at it") : nil,
        ])
    }
}
