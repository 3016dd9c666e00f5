package import Foundation

/// How far the detection of a stack's drift is.
package struct StackDriftDetection: Hashable, Sendable {
    package var id: String
    package var stackID: String?
    /// `DETECTION_IN_PROGRESS`, `DETECTION_FAILED`, `DETECTION_COMPLETE`.
    package var detectionStatus: String
    package var detectionStatusReason: String?
    /// `DRIFTED`, `IN_SYNC`, `UNKNOWN`, `NOT_CHECKED`.
    package var driftStatus: String?
    package var driftedResources: Int?
    package var timestamp: Date?
}

/// How one resource differs from what its template says.
package struct StackResourceDrift: Hashable, Sendable {
    package struct Difference: Hashable, Sendable {
        /// Such as `/Tags/0/Value`.
        package var path: String
        package var expected: String
        package var actual: String
        /// `ADD`, `REMOVE`, `NOT_EQUAL`.
        package var type: String
    }

    package var logicalID: String
    package var physicalID: String?
    package var type: String
    /// `IN_SYNC`, `MODIFIED`, `DELETED`, `NOT_CHECKED`, `UNKNOWN`, `UNSUPPORTED`.
    package var status: String
    package var statusReason: String?
    /// JSON text.
    package var expectedProperties: String?
    /// JSON text.
    package var actualProperties: String?
    package var differences: [Difference]
    package var timestamp: Date?
}

extension CloudFormationClient {
    /// Starts to detect drift and gives the detection's ID.
    ///
    /// - Parameter logicalIDs: only these resources; `nil` for all.
    package func detectStackDrift(_ stack: String, logicalIDs: [String]? = nil) async throws -> String {
        try await call("DetectStackDrift") { form in
            form.set("StackName", stack)
            form.setList("LogicalResourceIds", logicalIDs)
        } read: { result throws(UnreadableAnswer) in
            try result.required("StackDriftDetectionId")
        }
    }

    /// Detects the drift of one resource, and waits for it: CloudFormation answers when it is done.
    package func detectStackResourceDrift(_ stack: String, logicalID: String) async throws -> StackResourceDrift {
        try await call("DetectStackResourceDrift") { form in
            form.set("StackName", stack)
            form.set("LogicalResourceId", logicalID)
        } read: { result throws(UnreadableAnswer) in
            guard let drift = result["StackResourceDrift"] else { throw UnreadableAnswer("There is no StackResourceDrift in it") }
            return try StackResourceDrift(drift)
        }
    }

    package func describeStackDriftDetectionStatus(_ id: String) async throws -> StackDriftDetection {
        try await call("DescribeStackDriftDetectionStatus") {
            $0.set("StackDriftDetectionId", id)
        } read: { result throws(UnreadableAnswer) in
            StackDriftDetection(
                id: result.text("StackDriftDetectionId") ?? id, stackID: result.text("StackId"),
                detectionStatus: try result.required("DetectionStatus"),
                detectionStatusReason: result.text("DetectionStatusReason"),
                driftStatus: result.text("StackDriftStatus"), driftedResources: result.number("DriftedStackResourceCount"),
                timestamp: result.time("Timestamp"))
        }
    }

    /// What the last detection found of every resource that can drift.
    ///
    /// - Parameter statuses: only resources with one of these; `nil` for all.
    package func describeStackResourceDrifts(_ stack: String, statuses: [String]? = nil) async throws -> [StackResourceDrift] {
        try await allMembers("DescribeStackResourceDrifts", of: "StackResourceDrifts") { form in
            form.set("StackName", stack)
            form.setList("StackResourceDriftStatusFilters", statuses)
        } read: { element throws(UnreadableAnswer) in
            try StackResourceDrift(element)
        }
    }
}

extension StackResourceDrift {
    fileprivate init(_ element: XMLElement) throws(UnreadableAnswer) {
        self.init(
            logicalID: try element.required("LogicalResourceId"), physicalID: element.text("PhysicalResourceId"),
            type: element.text("ResourceType") ?? "", status: try element.required("StackResourceDriftStatus"),
            statusReason: element.text("DriftStatusReason"), expectedProperties: element.text("ExpectedProperties"),
            actualProperties: element.text("ActualProperties"),
            differences: element.list("PropertyDifferences").map { difference in
                Difference(
                    path: difference.text("PropertyPath") ?? "", expected: difference.value("ExpectedValue") ?? "",
                    actual: difference.value("ActualValue") ?? "", type: difference.text("DifferenceType") ?? "")
            },
            timestamp: element.time("Timestamp"))
    }
}
