import AWS
import Foundation
import Model
import StateDatabase

@testable import Deploying
@testable import Planning

private let trouble = DeploymentFailure(message: "Nothing answers")
private let updatable = StackDescription.sample("UPDATE_COMPLETE")
private let bucket = StackResource(
    logicalID: "Bucket", physicalID: "bucket-1", type: "AWS::S3::Bucket", status: "DELETE_FAILED", statusReason: "It is not empty")
private let table = StackResource(
    logicalID: "Table", physicalID: "table-1", type: "AWS::DynamoDB::Table", status: "UPDATE_FAILED", statusReason: "It is gone")
private let topic = StackResource(logicalID: "Topic", physicalID: "topic-1", type: "AWS::SNS::Topic", status: "UPDATE_COMPLETE")
private let innerTable = StackResource(
    logicalID: "Network/Table", physicalID: "table-2", type: "AWS::DynamoDB::Table", status: "UPDATE_FAILED")
private let notEmpty = DeploymentFailure(logicalID: "Bucket", message: "It is not empty")

extension OperationHandling {
    static let waiting = {
        var handling = Self(); handling.waits = true; return handling
    }()
    static let rollingBack = {
        var handling = Self(); handling.rollsBack = true; return handling
    }()
    static let deletingOnFailure = {
        var handling = Self(); handling.onFailure = .delete; return handling
    }()
    static func skipping(_ names: String...) -> Self { var handling = rollingBack; handling.skipped = names; return handling }
    static func retaining(_ names: String...) -> Self { var handling = Self(); handling.retained = Set(names); return handling }
}

private func stack(_ status: StackStatus) -> (Event, Action) { (.stackDescribed(.sample(status)), .createChangeSet(.update)) }
private func settled(_ status: StackStatus, _ cause: DeploymentFailure? = nil) -> Event { .stackSettled(.sample(status), rootCause: cause) }

/// A change set of an update, to its end.
private let updates: [(Event, Action)] = [
    (.changeSetCreated, .describeChangeSet), (.changeSetDescribed(.planned), .execute), (.operationStarted, .followStack),
    (settled("UPDATE_COMPLETE"), .settled(.succeeded, .applied, exit: .success, updatable)),
]
private let creates: [(Event, Action)] =
    updates.dropLast() + [
        (settled("CREATE_COMPLETE"), .settled(.succeeded, .applied, exit: .success, .sample("CREATE_COMPLETE")))
    ]

extension Path {
    /// The states in which a stack is found.
    static let stackStatePaths: [Path] = changeSetHolders + recreationPaths + retryPaths + rollbackPaths + waitingPaths + refusals

    private static let changeSetHolders: [Path] = [
        Path(
            "an empty stack left behind is taken over, and cleaned up where nothing comes of it", .creation, (.started, .describeStack),
            (.stackDescribed(.sample("REVIEW_IN_PROGRESS")), .listChangeSets), (.changeSetsListed([]), .createChangeSet(.create)),
            (.changeSetCreated, .describeChangeSet), (.changeSetDescribed(.failed("Bad")), .deleteChangeSet),
            (.changeSetDeleted, .deleteEmptyStack), (.emptyStackDeleted, .settled(.failed, .untouched, "Bad", exit: .failed))),
        Path(
            "a stack that was deleted outside is created, if the plan covers that", .addition,
            steps: [(.started, .describeStack), (.stackDescribed(.sample("DELETE_COMPLETE")), .createChangeSet(.create))], then: creates),
        Path(
            "a stack with what we proposed is taken over", .creation,
            steps: [
                (.started, .describeStack), (.stackDescribed(.sample("REVIEW_IN_PROGRESS")), .listChangeSets),
                (
                    .changeSetsListed([
                        ChangeSetSummary(id: "1", name: "pipeplan-x", status: "CREATE_COMPLETE"),
                        ChangeSetSummary(id: "2", name: "theirs", status: "DELETE_COMPLETE"),
                    ]), .createChangeSet(.create)
                ),
            ], then: creates),
        Path(
            "a stack in which somebody else has proposed something is theirs", .creation, (.started, .describeStack),
            (.stackDescribed(.sample("REVIEW_IN_PROGRESS")), .listChangeSets),
            (
                .changeSetsListed([
                    ChangeSetSummary(
                        id: "2", name: "theirs", status: "CREATE_COMPLETE", createdAt: noon, description: "Add a queue")
                ]),
                .settled(
                    .cancelled, .untouched,
                    "The stack is in REVIEW_IN_PROGRESS: it holds what somebody else has proposed, theirs (\"Add a queue\", created "
                        + "2026-01-31T12:00:00Z). Have that executed or deleted first (`aws cloudformation delete-change-set --stack-name "
                        + "image-pipeline-develop --change-set-name theirs`), or choose another stackName", exit: .refused)
            )),
    ]

    private static let refusals: [Path] = [
        refusal(.addition, "SOMETHING_NEW", "The stack is in SOMETHING_NEW, in which it takes no update"),
        refusal(
            .addition, "IMPORT_ROLLBACK_FAILED",
            "The stack is in IMPORT_ROLLBACK_FAILED: an import failed, and so did its rollback. CloudFormation documents no way on "
                + "from there. Put right what its events name and import again, or destroy the stack, with DeletionPolicy Retain on "
                + "what must stay"),
    ]

    private static func refusal(
        _ plan: Plan, _ status: String, _ message: String, handling: OperationHandling = OperationHandling()
    ) -> Path {
        Path(
            "a stack in \(status) is left alone", plan, handling: handling,
            steps: [
                (.started, .describeStack),
                (.stackDescribed(.sample(StackStatus(rawValue: status))), .settled(.cancelled, .untouched, message, exit: .refused)),
            ])
    }

    private static let madeAnew: [Path] =
        ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"].map { (status: StackStatus) in
            Path(
                "a stack in \(status) is deleted and made anew", .addition,
                steps: [
                    (.started, .describeStack), (.stackDescribed(.sample(status)), .ask(.recreate(status))),
                    (.answered(true), .deleteStack),
                    (.operationStarted, .followStack), (settled("DELETE_COMPLETE"), .createChangeSet(.create)),
                ], then: creates)
        }

    private static let recreationPaths: [Path] =
        madeAnew + [
            Path(
                "a stack that was deleted to be made anew is gone, even where nothing comes of it", .addition, (.started, .describeStack),
                (.stackDescribed(.sample("ROLLBACK_COMPLETE")), .ask(.recreate("ROLLBACK_COMPLETE"))), (.answered(true), .deleteStack),
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
                "a protected stack is not made anew", .addition, (.started, .describeStack),
                (
                    .stackDescribed(.sample("ROLLBACK_COMPLETE", isProtected: true)),
                    .settled(
                        .cancelled, .untouched,
                        "The stack has termination protection. Set terminationProtection to false in stack.yml and apply that first",
                        exit: .refused)
                )),
            Path(
                "a stack that should make room is deleted without what can't be", .addition,
                steps: [
                    (.started, .describeStack), (.stackDescribed(.sample("ROLLBACK_COMPLETE")), .ask(.recreate("ROLLBACK_COMPLETE"))),
                    (.answered(true), .deleteStack), (.operationStarted, .followStack),
                    (settled("DELETE_FAILED", notEmpty), .listResources),
                    (.resourcesListed([bucket, topic]), .ask(.retain([bucket]))), (.answered(true), .deleteStackRetaining(["Bucket"])),
                    (.operationStarted, .followStack), (.stackSettled(nil, rootCause: nil), .createChangeSet(.create)),
                ], then: creates),
            Path(
                "a stack that should make room can't be deleted", .addition, (.started, .describeStack),
                (.stackDescribed(.sample("ROLLBACK_COMPLETE")), .ask(.recreate("ROLLBACK_COMPLETE"))), (.answered(true), .deleteStack),
                (.operationStarted, .followStack), (settled("DELETE_FAILED", notEmpty), .listResources),
                (.resourcesListed([bucket]), .ask(.retain([bucket]))),
                (
                    .answered(false),
                    .end(.settled(Settlement(.failed, .kept, notEmpty, exit: .failed, stack: .sample("DELETE_FAILED"))))
                )),
            Path(
                "the deletion that should make room is refused", .addition, (.started, .describeStack),
                (.stackDescribed(.sample("ROLLBACK_COMPLETE")), .ask(.recreate("ROLLBACK_COMPLETE"))), (.answered(true), .deleteStack),
                (.refused(trouble), .settled(.failed, .untouched, trouble.message, exit: .failed))),
        ]

    private static let doNothing =
        "This stack cannot be updated from [CREATE_FAILED] state because it contains [on-failure: DO_NOTHING]."

    private static let triedAgain: [Path] =
        ["CREATE_FAILED", "UPDATE_FAILED"].map { status in
            Path(
                "what failed and was left is tried again from \(status)", .addition,
                steps: [(.started, .describeStack), stack(StackStatus(rawValue: status))], then: updates)
        }

    private static let retryPaths: [Path] =
        triedAgain + [
            Path(
                "what is tried again is not deleted where it fails once more", .addition, handling: .deletingOnFailure,
                (.started, .describeStack),
                (
                    .stackDescribed(.sample("CREATE_FAILED")),
                    .settled(
                        .cancelled, .untouched,
                        "The stack is in CREATE_FAILED: --on-failure DELETE is for stacks that are created anew, and this tries again with "
                            + "what is there", exit: .refused)
                )),
            Path(
                "what was to be added and is there already is no more than planned when it is tried again", .addition,
                steps: [
                    (.started, .describeStack), stack("UPDATE_FAILED"), (.changeSetCreated, .describeChangeSet),
                    (.changeSetDescribed(.complete(.sample(.modify, "Topic", .no))), .execute),
                ], then: Array(updates.dropFirst(2))),
            Path(
                "a stack that was to stay as it is when it fails takes no retry, and is made anew", .addition,
                steps: [
                    (.started, .describeStack), stack("CREATE_FAILED"),
                    (.refused(.init(message: doNothing)), .ask(.recreate("CREATE_FAILED"))), (.answered(true), .deleteStack),
                    (.operationStarted, .followStack), (.stackSettled(nil, rootCause: nil), .createChangeSet(.create)),
                ], then: creates),
        ]

    private static let rollbackPaths: [Path] = [
        Path(
            "a rollback that failed is continued before an update", .addition,
            steps: [
                (.started, .describeStack), (.stackDescribed(.sample("UPDATE_ROLLBACK_FAILED")), .listResources),
                (.resourcesListed([table, topic]), .ask(.continueRollback([table], skipping: []))),
                (.answered(true), .continueRollback(skipping: [])), (.operationStarted, .followStack),
                (settled("UPDATE_ROLLBACK_COMPLETE"), .createChangeSet(.update)),
            ], then: updates),
        Path(
            "a rollback is not to be continued", .addition, (.started, .describeStack),
            (.stackDescribed(.sample("UPDATE_ROLLBACK_FAILED")), .listResources),
            (.resourcesListed([table]), .ask(.continueRollback([table], skipping: []))),
            (
                .answered(false),
                .settled(
                    .cancelled, .untouched,
                    "The stack is in UPDATE_ROLLBACK_FAILED: rolling it back was not agreed to. `pipeplan recover image-pipeline:develop` "
                        + "does it, with --skip <LogicalID> for what can't be rolled back", exit: .refused)
            )),
        Path(
            "nothing comes of the update behind a continued rollback", .addition, (.started, .describeStack),
            (.stackDescribed(.sample("UPDATE_ROLLBACK_FAILED")), .listResources),
            (.resourcesListed([table]), .ask(.continueRollback([table], skipping: []))),
            (.answered(true), .continueRollback(skipping: [])), (.operationStarted, .followStack),
            (settled("UPDATE_ROLLBACK_COMPLETE"), .createChangeSet(.update)), (.changeSetCreated, .describeChangeSet),
            (.changeSetDescribed(.failed("Bad")), .deleteChangeSet),
            (.changeSetDeleted, .settled(.failed, .kept, "Bad", exit: .failed, .sample("UPDATE_ROLLBACK_COMPLETE")))),
        Path(
            "a rollback is continued without what can't be rolled back", .addition, handling: .skipping("Table", "Network.Table"),
            steps: [
                (.started, .describeStack), (.stackDescribed(.sample("UPDATE_ROLLBACK_FAILED")), .listResources),
                (
                    .resourcesListed([table, topic, innerTable]),
                    .ask(.continueRollback([table, innerTable], skipping: ["Table", "Network/Table"]))
                ),
                (.answered(true), .continueRollback(skipping: ["Table", "Network/Table"])), (.operationStarted, .followStack),
                (
                    settled("UPDATE_ROLLBACK_COMPLETE"),
                    .settled(.succeeded, .kept, exit: .success, .sample("UPDATE_ROLLBACK_COMPLETE"))
                ),
            ]),
        Path(
            "what did not fail is not skipped", .addition, handling: .skipping("Tabel"),
            steps: [
                (.started, .describeStack), (.stackDescribed(.sample("UPDATE_ROLLBACK_FAILED")), .listResources),
                (
                    .resourcesListed([table, topic]),
                    .settled(
                        .cancelled, .untouched, "Tabel can't be skipped: it did not fail in the last rollback. Did you mean Table?",
                        exit: .refused)
                ),
            ]),
        Path(
            "nothing is skipped where no rollback has failed", .addition, handling: .skipping("Table"),
            steps: [
                (.started, .describeStack), (.stackDescribed(.sample("UPDATE_FAILED")), .listResources),
                (
                    .resourcesListed([table]),
                    .settled(
                        .cancelled, .untouched,
                        "The stack is in UPDATE_FAILED: only a rollback that has failed can skip resources. Leave out --skip",
                        exit: .refused)
                ),
            ]),
        Path(
            "what failed and was left is rolled back", .addition, handling: .rollingBack,
            steps: [
                (.started, .describeStack), (.stackDescribed(.sample("UPDATE_FAILED")), .listResources),
                (.resourcesListed([table]), .ask(.rollBack("UPDATE_FAILED", [table]))), (.answered(true), .rollBackStack),
                (.operationStarted, .followStack),
                (
                    settled("UPDATE_ROLLBACK_FAILED", trouble),
                    .settled(.failed, .kept, trouble.message, exit: .failed, .sample("UPDATE_ROLLBACK_FAILED"))
                ),
            ]),
        Path(
            "a stack that was never whole is gone when it is rolled back", .addition, handling: .rollingBack,
            steps: [
                (.started, .describeStack), (.stackDescribed(.sample("CREATE_FAILED")), .listResources),
                (.resourcesListed([]), .ask(.rollBack("CREATE_FAILED", []))), (.answered(true), .rollBackStack),
                (.operationStarted, .followStack), (.stackSettled(nil, rootCause: nil), .settled(.succeeded, .removed, exit: .success)),
            ]),
        Path(
            "a rollback without an answer may be one", .addition, handling: .rollingBack,
            steps: [
                (.started, .describeStack), (.stackDescribed(.sample("CREATE_FAILED")), .listResources),
                (.resourcesListed([]), .ask(.rollBack("CREATE_FAILED", []))), (.answered(true), .rollBackStack),
                (.lost(trouble), .detached(trouble.message)),
            ]),
        refusal(
            .addition, "UPDATE_COMPLETE", "The stack is in UPDATE_COMPLETE, in which there is nothing to roll back", handling: .rollingBack),
        Path(
            "an interrupted rollback is followed to its end", .addition, resuming: .rollingBack, handling: .rollingBack,
            (settled("UPDATE_ROLLBACK_COMPLETE"), .settled(.succeeded, .kept, exit: .success, .sample("UPDATE_ROLLBACK_COMPLETE")))),
        Path(
            "a rollback before an update is followed, and nothing is updated", .addition, resuming: .rollingBack,
            (
                settled("UPDATE_ROLLBACK_COMPLETE"),
                .settled(
                    .cancelled, .kept, "It was interrupted when the stack had been rolled back and the update was not begun", exit: .failed,
                    .sample("UPDATE_ROLLBACK_COMPLETE"))
            )),
    ]

    private static let underWay = "another operation is under way. --wait waits for its end; or try again then"

    private static let leftAlone: [Path] =
        [
            "CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "DELETE_IN_PROGRESS",
            "IMPORT_ROLLBACK_IN_PROGRESS",
        ].map { refusal(.addition, $0, "The stack is in \($0): \(underWay)") }

    private static let waitingPaths: [Path] =
        leftAlone + [
            refusal(.destruction, "UPDATE_IN_PROGRESS", "The stack is in UPDATE_IN_PROGRESS: \(underWay)"),
            refusal(.addition, "UPDATE_IN_PROGRESS", "The stack is in UPDATE_IN_PROGRESS: \(underWay)", handling: .rollingBack),
            Path(
                "an operation that is under way is waited for", .addition, handling: .waiting,
                steps: [
                    (.started, .describeStack), (.stackDescribed(.sample("UPDATE_IN_PROGRESS")), .waitForStack),
                    (settled("UPDATE_COMPLETE"), .createChangeSet(.update)),
                ], then: updates),
            Path(
                "what an operation ends in needs another way out, which comes next", .addition, handling: .waiting,
                steps: [
                    (.started, .describeStack), (.stackDescribed(.sample("CREATE_IN_PROGRESS")), .waitForStack),
                    (settled("ROLLBACK_COMPLETE"), .ask(.recreate("ROLLBACK_COMPLETE"))), (.answered(true), .deleteStack),
                    (.operationStarted, .followStack), (.stackSettled(nil, rootCause: nil), .createChangeSet(.create)),
                ], then: creates),
            Path(
                "a stack that somebody else deletes meanwhile is created", .addition, handling: .waiting,
                steps: [
                    (.started, .describeStack), (.stackDescribed(.sample("DELETE_IN_PROGRESS")), .waitForStack),
                    (.stackSettled(nil, rootCause: nil), .createChangeSet(.create)),
                ], then: creates),
            Path(
                "an operation that can't be watched is no reason to begin another", .addition, handling: .waiting,
                steps: [
                    (.started, .describeStack), (.stackDescribed(.sample("UPDATE_IN_PROGRESS")), .waitForStack),
                    (.lost(trouble), .settled(.failed, .untouched, trouble.message, exit: .failed)),
                ]),
        ]

    static let destructionPaths: [Path] =
        [
            Path(
                "a stack is destroyed", .destruction, (.started, .describeStack), (.stackDescribed(updatable), .deleteStack),
                (.operationStarted, .followStack), (settled("DELETE_COMPLETE"), .settled(.succeeded, .removed, exit: .success))),
            Path(
                "a stack that is gone is as good as destroyed", .destruction, (.started, .describeStack),
                (.stackDescribed(nil), .settled(.succeeded, .removed, exit: .success))),
            Path(
                "a stack that could not be deleted is deleted again", .destruction, (.started, .describeStack),
                (.stackDescribed(.sample("DELETE_FAILED")), .deleteStack), (.operationStarted, .followStack),
                (.stackSettled(nil, rootCause: nil), .settled(.succeeded, .removed, exit: .success))),
            Path(
                "an empty stack is deleted", .destruction, (.started, .describeStack),
                (.stackDescribed(.sample("REVIEW_IN_PROGRESS")), .listChangeSets), (.changeSetsListed([]), .deleteStack),
                (.operationStarted, .followStack), (.stackSettled(nil, rootCause: nil), .settled(.succeeded, .removed, exit: .success))),
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
                "a destruction fails, and nothing tells at what", .destruction, (.started, .describeStack),
                (.stackDescribed(updatable), .deleteStack), (.operationStarted, .followStack), (settled("DELETE_FAILED"), .listResources),
                (
                    .resourcesListed([topic]),
                    .settled(
                        .failed, .kept, "The stack could not be deleted: it is in DELETE_FAILED", exit: .failed, .sample("DELETE_FAILED"))
                )),
            Path(
                "what can't be deleted is retained where that was said", .destruction, handling: .retaining("Bucket", "Topic"),
                steps: [
                    (.started, .describeStack), (.stackDescribed(updatable), .deleteStack), (.operationStarted, .followStack),
                    (settled("DELETE_FAILED", notEmpty), .listResources),
                    (.resourcesListed([bucket, topic]), .deleteStackRetaining(["Bucket"])), (.operationStarted, .followStack),
                    (.stackSettled(nil, rootCause: nil), .settled(.succeeded, .removed, exit: .success)),
                ]),
            Path(
                "what could not be deleted before is retained at once", .destruction, handling: .retaining("Bucket"),
                steps: [
                    (.started, .describeStack), (.stackDescribed(.sample("DELETE_FAILED")), .listResources),
                    (.resourcesListed([bucket]), .deleteStackRetaining(["Bucket"])), (.operationStarted, .followStack),
                    (settled("DELETE_FAILED", notEmpty), .listResources),
                    (
                        .resourcesListed([bucket]),
                        .end(.settled(Settlement(.failed, .kept, notEmpty, exit: .failed, stack: .sample("DELETE_FAILED"))))
                    ),
                ]),
            Path(
                "trouble when it is looked for what could not be deleted does not change how it ends", .destruction,
                (.started, .describeStack), (.stackDescribed(updatable), .deleteStack), (.operationStarted, .followStack),
                (settled("DELETE_FAILED", notEmpty), .listResources),
                (.lost(trouble), .end(.settled(Settlement(.failed, .kept, notEmpty, exit: .failed, stack: .sample("DELETE_FAILED")))))),
            Path(
                "a deletion is refused", .destruction, (.started, .describeStack), (.stackDescribed(updatable), .deleteStack),
                (.refused(trouble), .settled(.failed, .untouched, trouble.message, exit: .failed))),
            Path(
                "the answer to a deletion is lost", .destruction, (.started, .describeStack), (.stackDescribed(updatable), .deleteStack),
                (.lost(trouble), .detached(trouble.message))),
        ]
}
