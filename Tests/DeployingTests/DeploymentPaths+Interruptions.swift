import Model
import StateDatabase

@testable import Deploying
@testable import Planning

private let trouble = DeploymentFailure(message: "Nothing answers")
private let updatable = StackDescription.sample("UPDATE_COMPLETE")
private let before = "It was interrupted before CloudFormation was told to go on"
private let undone = "It was cancelled, and what it had done was undone"
private let nothingDone = Action.settled(.cancelled, .untouched, before, exit: .interrupted)

private let found: [(Event, Action)] = [(.started, .describeStack), (.stackDescribed(updatable), .createChangeSet(.update))]
private let computed = found + [(.changeSetCreated, .describeChangeSet)]
private let executing: [(Event, Action)] =
    computed + [(.changeSetDescribed(.planned), .execute), (.operationStarted, .followStack), (.interrupted, .decide(canCancel: true))]
private let creating: [(Event, Action)] = [
    (.started, .describeStack), (.stackDescribed(nil), .createChangeSet(.create)), (.changeSetCreated, .describeChangeSet),
    (.changeSetDescribed(.planned), .execute), (.operationStarted, .followStack), (.interrupted, .decide(canCancel: true)),
    (.decided(.cancel), .describeStack), (.stackDescribed(.sample("CREATE_IN_PROGRESS")), .cancelCreation),
    (.operationStarted, .followStack),
]
private let cancelling: [(Event, Action)] =
    executing + [
        (.decided(.cancel), .describeStack), (.stackDescribed(.sample("UPDATE_IN_PROGRESS")), .cancelUpdate),
    ]

private func settled(_ status: StackStatus) -> Event { .stackSettled(.sample(status), rootCause: nil) }
private func end(_ status: StackStatus, _ result: DeploymentOutcomeStatus, _ message: String?, _ exit: Model.ExitStatus) -> (Event, Action)
{
    (
        settled(status),
        .settled(result, result == .succeeded ? .applied : .kept, message, exit: exit, .sample(status))
    )
}

extension Path {
    /// Whoever interrupts, at each point.
    static let interruptionPaths: [Path] = [
        Path("interrupted at the very beginning", .addition, (.started, .describeStack), (.interrupted, nothingDone)),
        Path("interrupted before the change set is made", .addition, steps: found, then: [(.interrupted, nothingDone)]),
        Path(
            "interrupted when it is asked whether to delete and create anew", .addition, (.started, .describeStack),
            (.stackDescribed(.sample("ROLLBACK_COMPLETE")), .ask(.recreate("ROLLBACK_COMPLETE"))), (.interrupted, nothingDone)),
        Path(
            "interrupted before the old stack is deleted", .addition, (.started, .describeStack),
            (.stackDescribed(.sample("ROLLBACK_COMPLETE")), .ask(.recreate("ROLLBACK_COMPLETE"))), (.answered(true), .deleteStack),
            (.interrupted, nothingDone)),
        Path(
            "interrupted while others are waited for", .addition, handling: .waiting, (.started, .describeStack),
            (.stackDescribed(.sample("UPDATE_IN_PROGRESS")), .waitForStack), (.interrupted, nothingDone)),
        Path(
            "interrupted when it is asked whether to go on with a rollback", .addition, (.started, .describeStack),
            (.stackDescribed(.sample("UPDATE_ROLLBACK_FAILED")), .listResources),
            (.resourcesListed([]), .ask(.continueRollback([], skipping: []))), (.interrupted, nothingDone)),
        Path(
            "interrupted while the change set is computed: it goes", .addition,
            steps: computed, then: [(.interrupted, .deleteChangeSet), (.changeSetDeleted, nothingDone)]),
        Path(
            "interrupted when more than planned is asked about", .addition,
            steps: computed,
            then: [
                (.changeSetDescribed(.excessive), .ask(.unplanned(Reconciliation(.addition, .excessive)))),
                (.interrupted, .deleteChangeSet),
                (.changeSetDeleted, nothingDone),
            ]),
        Path(
            "interrupted right before the execution", .creation, (.started, .describeStack),
            (.stackDescribed(nil), .createChangeSet(.create)),
            (.changeSetCreated, .describeChangeSet), (.changeSetDescribed(.planned), .execute), (.interrupted, .deleteChangeSet),
            (.changeSetDeleted, .deleteEmptyStack), (.emptyStackDeleted, nothingDone)),
        Path(
            "interrupted once while it cleans up, it cleans up", .addition,
            steps: computed,
            then: [
                (.changeSetDescribed(.withoutChanges), .deleteChangeSet), (.interrupted, .deleteChangeSet),
                (.changeSetDeleted, .settled(.unchanged, .untouched, exit: .success)),
            ]),
        Path(
            "interrupted twice while it cleans up, it ends", .addition,
            steps: computed, then: [(.interrupted, .deleteChangeSet), (.interrupted, nothingDone)]),
        Path(
            "an update is cancelled, and rolled back", .addition,
            steps: cancelling, then: [(.operationStarted, .followStack), end("UPDATE_ROLLBACK_COMPLETE", .cancelled, undone, .interrupted)]),
        Path(
            "an update that is cancelled too late succeeds", .addition,
            steps: cancelling, then: [(.refused(trouble), .followStack), end("UPDATE_COMPLETE", .succeeded, nil, .success)]),
        Path(
            "an update that is cleaning up is not cancelled", .addition,
            steps: executing,
            then: [
                (.decided(.cancel), .describeStack), (.stackDescribed(.sample("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")), .followStack),
                end("UPDATE_COMPLETE", .succeeded, nil, .success),
            ]),
        Path(
            "a cancellation without an answer is known by how it ends", .addition,
            steps: cancelling, then: [(.lost(trouble), .followStack), end("UPDATE_ROLLBACK_COMPLETE", .cancelled, undone, .interrupted)]),
        Path(
            "a cancellation whose rollback fails is a failure", .addition,
            steps: cancelling,
            then: [
                (.operationStarted, .followStack),
                end("UPDATE_ROLLBACK_FAILED", .failed, "The stack is in UPDATE_ROLLBACK_FAILED", .failed),
            ]),
        Path(
            "a creation is cancelled, and deleted", .creation,
            steps: creating,
            then: [
                (.stackSettled(nil, rootCause: nil), .settled(.cancelled, .removed, undone, exit: .interrupted))
            ]),
        Path(
            "a creation that is cancelled can't be deleted", .creation,
            steps: creating, then: [end("DELETE_FAILED", .failed, "The stack is in DELETE_FAILED", .failed)]),
        Path("an update is left running", .addition, steps: executing, then: [(.decided(.detach), .leftRunning)]),
        Path("interrupted twice, an update is left running", .addition, steps: executing, then: [(.interrupted, .leftRunning)]),
        Path(
            "whoever cancels and interrupts again leaves that running", .addition,
            steps: cancelling, then: [(.operationStarted, .followStack), (.interrupted, .leftRunning)]),
        Path(
            "what was not meant goes on, and the next time is a question again", .addition,
            steps: executing,
            then: [
                (.decided(.goOn), .followStack), (.interrupted, .decide(canCancel: true)), (.decided(.goOn), .followStack),
                end("UPDATE_COMPLETE", .succeeded, nil, .success),
            ]),
        Path(
            "a destruction can't be cancelled, only left running", .destruction, (.started, .describeStack),
            (.stackDescribed(updatable), .deleteStack), (.operationStarted, .followStack), (.interrupted, .decide(canCancel: false)),
            (.decided(.cancel), .leftRunning)),
        Path(
            "interrupted before the destruction begins", .destruction, (.started, .describeStack),
            (.stackDescribed(updatable), .deleteStack),
            (.interrupted, nothingDone)),
        Path(
            "interrupted when it is looked for what could not be deleted", .destruction, (.started, .describeStack),
            (.stackDescribed(updatable), .deleteStack), (.operationStarted, .followStack), (settled("DELETE_FAILED"), .listResources),
            (
                .interrupted,
                .settled(.failed, .kept, "The stack could not be deleted: it is in DELETE_FAILED", exit: .failed, .sample("DELETE_FAILED"))
            )),
        Path(
            "a cancellation whose process died is settled as one", .addition, resuming: .executing, isCancelled: true,
            steps: [end("UPDATE_ROLLBACK_COMPLETE", .cancelled, undone, .interrupted)]),
        Path(
            "what is resumed is cancelled as well", .addition, resuming: .executing,
            (.interrupted, .decide(canCancel: true)), (.decided(.cancel), .describeStack),
            (.stackDescribed(.sample("UPDATE_IN_PROGRESS")), .cancelUpdate), (.operationStarted, .followStack),
            end("UPDATE_ROLLBACK_COMPLETE", .cancelled, undone, .interrupted)),
    ]
}
