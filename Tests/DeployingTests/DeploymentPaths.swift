import Model
import StateDatabase

@testable import Deploying
@testable import Planning

typealias DeploymentOutcomeStatus = DeploymentOutcome.Status

private let excess = Action.ask(.unplanned(Reconciliation(.addition, .excessive)))
private let tooMuch = "CloudFormation's change set does more than the plan that was approved"
private let trouble = DeploymentFailure(message: "Nothing answers")
private let updatable = StackDescription.sample("UPDATE_COMPLETE")

extension Path {
    /// What becomes of change sets.
    static let changeSetPaths = [
        Path(
            "a stack is created", .creation, (.started, .describeStack), (.stackDescribed(nil), .createChangeSet(.create)),
            (.changeSetCreated, .describeChangeSet), (.changeSetDescribed(.planned), .execute), (.operationStarted, .followStack),
            (
                .stackSettled(.sample("CREATE_COMPLETE"), rootCause: nil),
                .settled(.succeeded, .applied, exit: .success, .sample("CREATE_COMPLETE"))
            )),
        Path(
            "a stack is updated", .addition, (.started, .describeStack), (.stackDescribed(updatable), .createChangeSet(.update)),
            (.changeSetCreated, .describeChangeSet), (.changeSetDescribed(.planned), .execute), (.operationStarted, .followStack),
            (.stackSettled(updatable, rootCause: nil), .settled(.succeeded, .applied, exit: .success, updatable))),
        Path(
            "nothing changes", .addition, (.started, .describeStack), (.stackDescribed(updatable), .createChangeSet(.update)),
            (.changeSetCreated, .describeChangeSet), (.changeSetDescribed(.withoutChanges), .deleteChangeSet),
            (.changeSetDeleted, .settled(.unchanged, .untouched, exit: .success))),
        Path(
            "only termination protection changes", .protection, (.started, .describeStack),
            (.stackDescribed(updatable), .createChangeSet(.update)), (.changeSetCreated, .describeChangeSet),
            (.changeSetDescribed(.withoutChanges), .setProtections), (.protectionsSet, .deleteChangeSet),
            (.changeSetDeleted, .settled(.succeeded, .applied, exit: .success, updatable))),
        Path(
            "only termination protection changes, and that is refused", .protection, (.started, .describeStack),
            (.stackDescribed(updatable), .createChangeSet(.update)), (.changeSetCreated, .describeChangeSet),
            (.changeSetDescribed(.withoutChanges), .setProtections), (.refused(trouble), .deleteChangeSet),
            (.changeSetDeleted, .settled(.failed, .untouched, trouble.message, exit: .failed))),
        Path(
            "the change set of an update fails", .addition, (.started, .describeStack),
            (.stackDescribed(updatable), .createChangeSet(.update)),
            (.changeSetCreated, .describeChangeSet), (.changeSetDescribed(.failed("No export named Vpc found")), .deleteChangeSet),
            (.changeSetDeleted, .settled(.failed, .untouched, "No export named Vpc found", exit: .failed))),
        Path(
            "the change set of a creation fails without a reason, and its empty stack goes with it", .creation, (.started, .describeStack),
            (.stackDescribed(nil), .createChangeSet(.create)), (.changeSetCreated, .describeChangeSet),
            (.changeSetDescribed(.failed(nil)), .deleteChangeSet), (.changeSetDeleted, .deleteEmptyStack),
            (
                .emptyStackDeleted,
                .settled(.failed, .untouched, "CloudFormation left the change set in FAILED and gave no reason", exit: .failed)
            )),
        Path(
            "a change set that somebody deletes meanwhile is not executed", .addition, (.started, .describeStack),
            (.stackDescribed(updatable), .createChangeSet(.update)), (.changeSetCreated, .describeChangeSet),
            (.changeSetDescribed(ChangeSet(status: "DELETE_COMPLETE", changes: [])), .deleteChangeSet),
            (
                .changeSetDeleted,
                .settled(.failed, .untouched, "CloudFormation left the change set in DELETE_COMPLETE and gave no reason", exit: .failed)
            )),
        Path(
            "more than planned is agreed to", .addition, (.started, .describeStack),
            (.stackDescribed(updatable), .createChangeSet(.update)),
            (.changeSetCreated, .describeChangeSet), (.changeSetDescribed(.excessive), excess), (.answered(true), .execute),
            (.operationStarted, .followStack),
            (.stackSettled(updatable, rootCause: nil), .settled(.succeeded, .applied, exit: .success, updatable))),
        Path(
            "more than planned is not agreed to", .addition, (.started, .describeStack),
            (.stackDescribed(updatable), .createChangeSet(.update)),
            (.changeSetCreated, .describeChangeSet), (.changeSetDescribed(.excessive), excess), (.answered(false), .deleteChangeSet),
            (.changeSetDeleted, .settled(.cancelled, .untouched, tooMuch, exit: .refused))),
        Path(
            "more than planned for a new stack is not agreed to", .creation, (.started, .describeStack),
            (.stackDescribed(nil), .createChangeSet(.create)), (.changeSetCreated, .describeChangeSet),
            (.changeSetDescribed(.excessive), excess),
            (.answered(false), .deleteChangeSet), (.changeSetDeleted, .deleteEmptyStack),
            (.emptyStackDeleted, .settled(.cancelled, .untouched, tooMuch, exit: .refused))),
    ]

    /// The states in which a stack is found.
    static let stackStatePaths =
        [
            Path(
                "an empty stack left behind is taken over, and cleaned up where nothing comes of it", .creation, (.started, .describeStack),
                (.stackDescribed(.sample("REVIEW_IN_PROGRESS")), .createChangeSet(.create)), (.changeSetCreated, .describeChangeSet),
                (.changeSetDescribed(.failed("Bad")), .deleteChangeSet), (.changeSetDeleted, .deleteEmptyStack),
                (.emptyStackDeleted, .settled(.failed, .untouched, "Bad", exit: .failed))),
            Path(
                "a stack that failed to be created is deleted and made anew", .addition, (.started, .describeStack),
                (.stackDescribed(.sample("ROLLBACK_COMPLETE")), .ask(.recreate("ROLLBACK_COMPLETE"))), (.answered(true), .deleteStack),
                (.operationStarted, .followStack), (.stackSettled(.sample("DELETE_COMPLETE"), rootCause: nil), .createChangeSet(.create)),
                (.changeSetCreated, .describeChangeSet), (.changeSetDescribed(.planned), .execute), (.operationStarted, .followStack),
                (
                    .stackSettled(.sample("CREATE_COMPLETE"), rootCause: nil),
                    .settled(.succeeded, .applied, exit: .success, .sample("CREATE_COMPLETE"))
                )),
            Path(
                "a stack that was deleted to be made anew is gone, even where nothing comes of it", .addition, (.started, .describeStack),
                (.stackDescribed(.sample("CREATE_FAILED")), .ask(.recreate("CREATE_FAILED"))), (.answered(true), .deleteStack),
                (.operationStarted, .followStack), (.stackSettled(nil, rootCause: nil), .createChangeSet(.create)),
                (.changeSetCreated, .describeChangeSet), (.changeSetDescribed(.failed("Bad")), .deleteChangeSet),
                (.changeSetDeleted, .deleteEmptyStack), (.emptyStackDeleted, .settled(.failed, .removed, "Bad", exit: .failed))),
            Path(
                "a stack is not to be made anew", .addition, (.started, .describeStack),
                (.stackDescribed(.sample("ROLLBACK_FAILED")), .ask(.recreate("ROLLBACK_FAILED"))),
                (
                    .answered(false),
                    .settled(
                        .cancelled, .untouched,
                        "The stack is in ROLLBACK_FAILED: it can only be deleted and created anew, which was not agreed to", exit: .refused)
                )),
            Path(
                "a stack that should make room can't be deleted", .addition, (.started, .describeStack),
                (.stackDescribed(.sample("ROLLBACK_COMPLETE")), .ask(.recreate("ROLLBACK_COMPLETE"))), (.answered(true), .deleteStack),
                (.operationStarted, .followStack),
                (
                    .stackSettled(.sample("DELETE_FAILED"), rootCause: .init(logicalID: "Bucket", message: "It is not empty")),
                    .end(
                        .settled(
                            Settlement(
                                .failed, .kept, .init(logicalID: "Bucket", message: "It is not empty"), exit: .failed,
                                stack: .sample("DELETE_FAILED"))))
                )),
            Path(
                "the deletion that should make room is refused", .addition, (.started, .describeStack),
                (.stackDescribed(.sample("ROLLBACK_COMPLETE")), .ask(.recreate("ROLLBACK_COMPLETE"))), (.answered(true), .deleteStack),
                (.refused(trouble), .settled(.failed, .untouched, trouble.message, exit: .failed))),
            Path(
                "a stack that was deleted outside is created, if the plan covers that", .addition, (.started, .describeStack),
                (.stackDescribed(.sample("DELETE_COMPLETE")), .createChangeSet(.create)), (.changeSetCreated, .describeChangeSet),
                (.changeSetDescribed(.planned), .execute), (.operationStarted, .followStack),
                (
                    .stackSettled(.sample("CREATE_COMPLETE"), rootCause: nil),
                    .settled(.succeeded, .applied, exit: .success, .sample("CREATE_COMPLETE"))
                )),
        ]
        + [
            ("UPDATE_IN_PROGRESS", "another operation is under way. Try again when it has ended"),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "another operation is under way. Try again when it has ended"),
            ("DELETE_IN_PROGRESS", "another operation is under way. Try again when it has ended"),
            (
                "UPDATE_ROLLBACK_FAILED",
                "its last rollback failed. Put right what it names, and continue the rollback in CloudFormation first"
            ),
        ].map { status, what in refusal(status, "The stack is in \(status): \(what)") }
        + ["DELETE_FAILED", "UPDATE_FAILED", "SOMETHING_NEW"].map { refusal($0, "The stack is in \($0), in which it takes no update") }

    private static func refusal(_ status: String, _ message: String) -> Path {
        Path(
            "a stack in \(status) is left alone", .addition, (.started, .describeStack),
            (.stackDescribed(.sample(StackStatus(rawValue: status))), .settled(.cancelled, .untouched, message, exit: .refused)))
    }

    static let destructionPaths =
        [
            Path(
                "a stack is destroyed", .destruction, (.started, .describeStack), (.stackDescribed(updatable), .deleteStack),
                (.operationStarted, .followStack),
                (.stackSettled(.sample("DELETE_COMPLETE"), rootCause: nil), .settled(.succeeded, .removed, exit: .success))),
            Path(
                "a stack that is gone is as good as destroyed", .destruction, (.started, .describeStack),
                (.stackDescribed(nil), .settled(.succeeded, .removed, exit: .success))),
            Path(
                "a stack that could not be deleted is deleted again", .destruction, (.started, .describeStack),
                (.stackDescribed(.sample("DELETE_FAILED")), .deleteStack), (.operationStarted, .followStack),
                (.stackSettled(nil, rootCause: nil), .settled(.succeeded, .removed, exit: .success))),
            Path(
                "an empty stack is deleted", .destruction, (.started, .describeStack),
                (.stackDescribed(.sample("REVIEW_IN_PROGRESS")), .deleteStack), (.operationStarted, .followStack),
                (.stackSettled(nil, rootCause: nil), .settled(.succeeded, .removed, exit: .success))),
            Path(
                "a protected stack stays", .destruction, (.started, .describeStack),
                (
                    .stackDescribed(.sample("UPDATE_COMPLETE", isProtected: true)),
                    .settled(
                        .cancelled, .untouched,
                        "The stack has termination protection. Set terminationProtection to false in stack.yml and apply that first",
                        exit: .refused)
                )),
            Path(
                "a stack that is worked on stays", .destruction, (.started, .describeStack),
                (
                    .stackDescribed(.sample("UPDATE_IN_PROGRESS")),
                    .settled(
                        .cancelled, .untouched,
                        "The stack is in UPDATE_IN_PROGRESS: another operation is under way. Try again when it has ended", exit: .refused)
                )),
            Path(
                "a destruction fails", .destruction, (.started, .describeStack), (.stackDescribed(updatable), .deleteStack),
                (.operationStarted, .followStack),
                (
                    .stackSettled(
                        .sample("DELETE_FAILED", reason: "The following resource(s) failed to delete: [Bucket]."), rootCause: nil),
                    .settled(
                        .failed, .kept, "The following resource(s) failed to delete: [Bucket].", exit: .failed,
                        .sample("DELETE_FAILED", reason: "The following resource(s) failed to delete: [Bucket]."))
                )),
            Path(
                "a deletion is refused", .destruction, (.started, .describeStack), (.stackDescribed(updatable), .deleteStack),
                (.refused(trouble), .settled(.failed, .untouched, trouble.message, exit: .failed))),
            Path(
                "the answer to a deletion is lost", .destruction, (.started, .describeStack), (.stackDescribed(updatable), .deleteStack),
                (.lost(trouble), .detached(trouble.message))),
        ]
}
