import Foundation
import Model
import StateDatabase

@testable import Deploying
@testable import Planning

private let known = KnownOperations(stackID: stackARN, changeSets: ["arn:ours"], until: noon)

private func live(_ status: StackStatus = "UPDATE_COMPLETE", changeSet: String? = nil, at second: Double = 0) -> StackDescription {
    var stack = StackDescription.sample(status)
    stack.changeSetID = changeSet
    stack.updatedAt = noon + second
    return stack
}

private let theirs = live(changeSet: "arn:theirs", at: 60)
private let untaken: (Event, Action) = (
    .refused(.init(message: "Denied")), .deleteChangeSet
)
private let untouched: (Event, Action) = (.changeSetDeleted, .settled(.failed, .untouched, "Denied", exit: .failed))
private let same = OutsideChange(changeSetID: "arn:theirs", updatedAt: noon, templateDifference: [], parameterDifference: [])

extension Path {
    /// What somebody has done to the stack past pipeplan.
    static let outsideChangePaths = [
        Path(
            "what is recorded is not compared", .addition, (.started, .describeStack),
            (.stackDescribed(live(changeSet: "arn:ours")), .createChangeSet(.update)), untaken, untouched),
        Path(
            "a change that left the stack as it was recorded is no question", .addition, (.started, .describeStack),
            (.stackDescribed(theirs), .compareStack(theirs)), (.stackCompared(same), .createChangeSet(.update)), untaken, untouched),
        Path(
            "one that the files have already is recorded", .addition, (.started, .describeStack),
            (.stackDescribed(theirs), .compareStack(theirs)), (.stackCompared(nil), .createChangeSet(.update)),
            (.changeSetCreated, .describeChangeSet), (.changeSetDescribed(.withoutChanges), .deleteChangeSet),
            (.changeSetDeleted, .settled(.unchanged, .applied, exit: .success, theirs))),
        Path(
            "another template is asked about, and applied over after a yes", .addition, (.started, .describeStack),
            (.stackDescribed(theirs), .compareStack(theirs)), (.stackCompared(.sample), .ask(.changedOutside(.sample))),
            (.answered(true), .createChangeSet(.update)), untaken, untouched),
        Path(
            "what was changed before a retry too", .addition, (.started, .describeStack),
            (.stackDescribed(live("UPDATE_FAILED", at: 60)), .compareStack(live("UPDATE_FAILED", at: 60))),
            (.stackCompared(.sample), .ask(.changedOutside(.sample))), (.answered(true), .createChangeSet(.update)), untaken, untouched),
        Path(
            "and is left where nobody agrees", .addition, (.started, .describeStack), (.stackDescribed(theirs), .compareStack(theirs)),
            (.stackCompared(.sample), .ask(.changedOutside(.sample))),
            (
                .answered(false),
                .settled(
                    .cancelled, .untouched,
                    "The stack was changed past pipeplan since it was recorded, and the plan was made against what is recorded. `pipeplan "
                        + "drift image-pipeline:develop` shows it. Write into the stack's files what it has, and apply that first; or apply at "
                        + "a terminal, where it is asked about; or review CloudFormation's own change set, which knows of it: `pipeplan plan "
                        + "image-pipeline:develop --online --out FILE`, and `pipeplan apply FILE`",
                    exit: .refused)
            )),
        Path(
            "what can't be compared is not gone on with", .addition, (.started, .describeStack),
            (.stackDescribed(theirs), .compareStack(theirs)),
            (.refused(.init(message: "Denied")), .settled(.failed, .untouched, "Denied", exit: .failed))),
        Path(
            "a stack that can only be made anew is asked about as that", .addition, (.started, .describeStack),
            (.stackDescribed(live("ROLLBACK_COMPLETE", changeSet: "arn:theirs")), .ask(.recreate("ROLLBACK_COMPLETE"))),
            (
                .answered(false),
                .settled(
                    .cancelled, .untouched,
                    "The stack is in ROLLBACK_COMPLETE: it can only be deleted and created anew, which was not agreed to", exit: .refused)
            )),
    ].map { $0.knowing(known) }
}
