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
}
