import Deploying
import Foundation
import Model
package import StateDatabase

/// `history --json`, format version 1: newest first.
package struct HistoryReport: Encodable, Sendable {
    package var formatVersion = 1
    package var deployments: [Entry]

    package init(_ deployments: [Deployment]) { self.deployments = deployments.map(Entry.init) }

    package struct Entry: Encodable, Sendable {
        var stack: String
        @OrNull var environment: String?
        var serial: Int
        var kind: String
        var status: String
        var startedAt: Date
        @OrNull var finishedAt: Date?
        @OrNull var durationSeconds: Double?
        var actor: Person
        @OrNull var resumedBy: Person?
        var stackName: String
        @OrNull var stackId: String?
        @OrNull var stackStatus: String?
        var region: String
        @OrNull var accountId: String?
        @OrNull var changeSetId: String?
        var approval: String
        var commandLine: String
        var toolVersion: String
        @OrNull var git: Git?
        @OrNull var failure: Failure?
        /// The UUID of a deployment that was made while the share could not be reached.
        @OrNull var offlineId: String?
        /// Whether the serial and the hash hold for good.
        var published: Bool
        var hash: String

        init(_ deployment: Deployment) {
            stack = deployment.address.stack
            environment = deployment.address.environment
            serial = deployment.serial
            kind = deployment.kind.rawValue
            status = deployment.status.rawValue
            startedAt = deployment.startedAt
            finishedAt = deployment.finishedAt
            durationSeconds = deployment.finishedAt.map { ($0.timeIntervalSince(deployment.startedAt) * 1000).rounded() / 1000 }
            actor = Person(deployment.actor)
            resumedBy = deployment.resumedBy.map(Person.init)
            stackName = deployment.stackName
            stackId = deployment.stackID
            stackStatus = deployment.stackStatus?.rawValue
            region = deployment.region
            accountId = deployment.accountID
            changeSetId = deployment.changeSetID
            approval = deployment.approval
            commandLine = deployment.commandLine
            toolVersion = deployment.toolVersion
            git = deployment.git.map { Git(commit: $0.commit, branch: $0.branch, isDirty: $0.isDirty, remote: $0.remote) }
            failure = deployment.failure.map {
                Failure(
                    logicalId: $0.logicalID, type: $0.resourceType, message: $0.message, remedy: Remedy.sentence(for: $0))
            }
            offlineId = deployment.offlineID
            published = !deployment.isUnpublished
            hash = deployment.hash.hex
        }
    }

    package struct Person: Encodable, Sendable {
        @OrNull var identityArn: String?
        var user: String
        var host: String

        init(_ actor: DeploymentActor) {
            identityArn = actor.identityArn
            user = actor.user
            host = actor.host
        }
    }

    struct Git: Encodable {
        var commit: String
        @OrNull var branch: String?
        var isDirty: Bool
        @OrNull var remote: String?
    }

    struct Failure: Encodable {
        @OrNull var logicalId: String?
        @OrNull var type: String?
        var message: String
        /// What to do about it, where that is known.
        @OrNull var remedy: String?
    }
}

/// Deployments as a table.
package enum HistoryText {
    /// - Parameter columns: the width of the screen, which reasons are cut to; `nil` where there is none.
    package static func render(_ deployments: [Deployment], _ style: Style, columns: Int? = nil) -> String {
        guard !deployments.isEmpty else { return "Nothing has been deployed yet.\n" }
        var table = Table(header: ["STACK", "SERIAL", "KIND", "STATUS", "STARTED (UTC)", "TOOK", "BY", "COMMIT", "REASON"])
        for deployment in deployments {
            table.rows.append([
                Table.Cell(text: deployment.address.description, mark: style.bold),
                Table.Cell(text: String(deployment.serial)),
                Table.Cell(text: deployment.kind.rawValue),
                Table.Cell(
                    text: deployment.status.rawValue + (deployment.isUnpublished ? ", not published" : ""),
                    mark: deployment.status.mark(style)),
                Table.Cell(text: TimeText.table(deployment.startedAt)),
                Table.Cell(text: deployment.finishedAt.map { TimeText.duration($0.timeIntervalSince(deployment.startedAt)) } ?? "-"),
                Table.Cell(text: "\(deployment.actor.user)@\(deployment.actor.host)".oneLine.truncated(to: 24)),
                Table.Cell(text: deployment.git.map { String($0.commit.prefix(8)) + ($0.isDirty ? "*" : "") } ?? "-", mark: style.dim),
                Table.Cell(text: reason(deployment)),
            ])
        }
        return table.render(style, columns: columns)
    }

    private static func reason(_ deployment: Deployment) -> String {
        guard let failure = deployment.failure else { return "" }
        let place = failure.logicalID.map { "\($0): " } ?? ""
        return place + failure.message
    }
}

extension DeploymentStatus {
    func mark(_ style: Style) -> (String) -> String {
        switch self {
        case .succeeded: style.green
        case .failed, .rolledBack: style.red
        case .cancelled, .detached, .inProgress: style.yellow
        case .unchanged: style.dim
        }
    }
}
