import AWS
import Foundation
import Model

/// Having CloudFormation detect, and waiting for it.
extension DriftDetector {
    /// How a detection ended.
    struct Detection {
        /// When it began, by CloudFormation's clock; `nil` where it was somebody else's.
        var startedAt: Date?
        /// Why it did not come to its end for every resource.
        var failure: String?
    }

    func runDetection(of stack: StackDescription, named name: String) async throws -> Detection {
        switch try await start(stack.stackID) {
        case .own(let id): return try await follow(id)
        case .another:
            report(.waitingForAnother(stack: name))
            return try await awaitAnother(stack)
        }
    }

    private enum Start {
        /// - id: of the detection.
        case own(String)
        /// One that somebody else has begun is under way, and no call tells its ID.
        case another
    }

    /// Begins a detection. Where the answer is lost, the next try either begins one or is told that one runs.
    private func start(_ stackID: String) async throws -> Start {
        for isLastTry in [false, false, true] {
            do {
                return .own(try await client.detectStackDrift(stackID))
            } catch let error as AWSError where error.saysDetectionRuns {
                return .another
            } catch let failure as any RequestFailure where failure.requestMayHaveBeenTaken && !isLastTry {
                continue
            }
        }
        return .another
    }

    private func follow(_ id: String) async throws -> Detection {
        var pace = PollingPace()
        while true {
            let detection = try await client.describeStackDriftDetectionStatus(id)
            switch detection.detectionStatus {
            case "DETECTION_IN_PROGRESS": try await pause(&pace)
            case "DETECTION_FAILED":
                return Detection(
                    startedAt: detection.timestamp, failure: detection.detectionStatusReason ?? "CloudFormation's detection failed")
            default: return Detection(startedAt: detection.timestamp)
            }
        }
    }

    /// Waits until the stack's drift information moves on from what it was. Since nobody says for certain when that is, one is begun
    /// now and then: that is refused as long as the other one runs.
    private func awaitAnother(_ stack: StackDescription) async throws -> Detection {
        var pace = PollingPace()
        var rounds = 0
        while true {
            try await pause(&pace)
            rounds += 1
            guard let now = try await client.describeStack(stack.stackID) else { return Detection(failure: "The stack is gone") }
            if now.driftCheckedAt != stack.driftCheckedAt || now.driftStatus != stack.driftStatus { return Detection() }
            if rounds.isMultiple(of: Self.roundsBetweenTries), case .own(let id) = try await start(stack.stackID) {
                return try await follow(id)
            }
        }
    }

    private static let roundsBetweenTries = 5

    private func pause(_ pace: inout PollingPace) async throws {
        try await clock.sleep(pace.next())
        try await polling.wait(clock)
    }
}

extension AWSError {
    /// Whether a detection is refused because one is under way. Neither the API reference nor the user guide gives its words, which
    /// end like this: `Drift detection is already in progress for stack [arn:…]`.
    var saysDetectionRuns: Bool {
        let message = message.lowercased()
        return message.contains("drift detection") && (message.contains("already in progress") || message.contains("is in progress"))
    }
}
