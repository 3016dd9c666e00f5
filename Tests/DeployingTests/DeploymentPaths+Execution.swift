import Model
import StateDatabase

@testable import Deploying
@testable import Planning

private let trouble = DeploymentFailure(message: "Nothing answers")
private let cause = DeploymentFailure(logicalID: "Topic", resourceType: "AWS::SNS::Topic", message: "Name taken")
private let updatable = StackDescription.sample("UPDATE_COMPLETE")

extension Path {
    /// The ends an execution can have.
    static let executionPaths =
        [
            execution("UPDATE_ROLLBACK_COMPLETE", cause: cause, .rolledBack, .kept, cause),
            execution("ROLLBACK_COMPLETE", cause: cause, .rolledBack, .kept, cause),
            execution("UPDATE_ROLLBACK_FAILED", cause: cause, .failed, .kept, cause),
            execution("ROLLBACK_FAILED", cause: cause, .failed, .kept, cause),
            execution("CREATE_FAILED", cause: cause, .failed, .kept, cause),
            execution("UPDATE_FAILED", cause: nil, .failed, .kept, .init(message: "The stack is in UPDATE_FAILED")),
        ] + [
            Path(
                "a failed creation deletes its stack", .creation, resuming: .executing,
                (
                    .stackSettled(.sample("DELETE_COMPLETE"), rootCause: cause),
                    .end(.settled(Settlement(.failed, .removed, cause, exit: .failed)))
                )),
            Path(
                "a stack is deleted under an update", .addition, resuming: .executing,
                (.stackSettled(nil, rootCause: nil), .settled(.failed, .removed, "The stack was deleted", exit: .failed))),
            Path(
                "a stack that never begins stays open", .addition, resuming: .executing,
                (.stackSettled(.sample("REVIEW_IN_PROGRESS"), rootCause: nil), .detached("The stack is still in REVIEW_IN_PROGRESS"))),
            Path(
                "an interrupted update is followed to its end", .addition, resuming: .executing,
                (.stackSettled(updatable, rootCause: nil), .settled(.succeeded, .applied, exit: .success, updatable))),
            Path(
                "an interrupted destruction is followed to its end", .destruction, resuming: .destroying,
                (.stackSettled(nil, rootCause: nil), .settled(.succeeded, .removed, exit: .success))),
            Path(
                "an interrupted deletion that was to make room is followed, and nothing is created", .addition, resuming: .clearing,
                (
                    .stackSettled(nil, rootCause: nil),
                    .settled(
                        .cancelled, .removed, "It was interrupted when the old stack had been deleted and the new one was not begun",
                        exit: .failed)
                )),
        ]

    private static func execution(
        _ status: StackStatus, cause: DeploymentFailure?, _ expected: DeploymentOutcomeStatus, _ effect: Settlement.Effect,
        _ failure: DeploymentFailure
    ) -> Path {
        Path(
            "an execution ends in \(status)", .addition, (.started, .describeStack),
            (.stackDescribed(updatable), .createChangeSet(.update)),
            (.changeSetCreated, .describeChangeSet), (.changeSetDescribed(.planned), .execute), (.operationStarted, .followStack),
            (
                .stackSettled(.sample(status), rootCause: cause),
                .end(.settled(Settlement(expected, effect, failure, exit: .failed, stack: .sample(status))))
            ))
    }

    /// Requests that are refused, and answers that are lost, at each point.
    static let troublePaths =
        [Event.refused(trouble), .lost(trouble)].flatMap { event in
            [
                Path(
                    "trouble when the stack is described", .addition, (.started, .describeStack),
                    (event, .settled(.failed, .untouched, trouble.message, exit: .failed))),
                Path(
                    "trouble when the change set is created", .creation, (.started, .describeStack),
                    (.stackDescribed(nil), .createChangeSet(.create)), (event, .deleteChangeSet), (.changeSetDeleted, .deleteEmptyStack),
                    (.emptyStackDeleted, .settled(.failed, .untouched, trouble.message, exit: .failed))),
                Path(
                    "trouble when the change set is described", .addition, (.started, .describeStack),
                    (.stackDescribed(updatable), .createChangeSet(.update)), (.changeSetCreated, .describeChangeSet),
                    (event, .deleteChangeSet), (.changeSetDeleted, .settled(.failed, .untouched, trouble.message, exit: .failed))),
                Path(
                    "trouble when the change set is deleted does not change how it ends", .addition, (.started, .describeStack),
                    (.stackDescribed(updatable), .createChangeSet(.update)), (.changeSetCreated, .describeChangeSet),
                    (.changeSetDescribed(.withoutChanges), .deleteChangeSet), (event, .settled(.unchanged, .untouched, exit: .success))),
                Path(
                    "trouble when the empty stack is deleted does not change how it ends", .creation, (.started, .describeStack),
                    (.stackDescribed(nil), .createChangeSet(.create)), (.changeSetCreated, .describeChangeSet),
                    (.changeSetDescribed(.failed("Bad")), .deleteChangeSet), (.changeSetDeleted, .deleteEmptyStack),
                    (event, .settled(.failed, .untouched, "Bad", exit: .failed))),
                Path(
                    "trouble while an execution is followed leaves it open", .addition, (.started, .describeStack),
                    (.stackDescribed(updatable), .createChangeSet(.update)), (.changeSetCreated, .describeChangeSet),
                    (.changeSetDescribed(.planned), .execute), (.operationStarted, .followStack), (event, .detached(trouble.message))),
                Path(
                    "trouble while a destruction is followed leaves it open", .destruction, (.started, .describeStack),
                    (.stackDescribed(updatable), .deleteStack), (.operationStarted, .followStack), (event, .detached(trouble.message))),
                Path(
                    "trouble while an interrupted execution is followed leaves it open", .addition, resuming: .executing,
                    (event, .detached(trouble.message))),
            ]
        } + [
            Path(
                "an execution that is refused was none", .addition, (.started, .describeStack),
                (.stackDescribed(updatable), .createChangeSet(.update)), (.changeSetCreated, .describeChangeSet),
                (.changeSetDescribed(.planned), .execute), (.refused(trouble), .deleteChangeSet),
                (.changeSetDeleted, .settled(.failed, .untouched, trouble.message, exit: .failed))),
            Path(
                "an execution without an answer may be one", .addition, (.started, .describeStack),
                (.stackDescribed(updatable), .createChangeSet(.update)), (.changeSetCreated, .describeChangeSet),
                (.changeSetDescribed(.planned), .execute), (.lost(trouble), .detached(trouble.message))),
        ]
}
