package import Foundation
import Model
package import StateDatabase

/// The right to deploy one stack, as it is written down.
package struct Lease: Hashable, Sendable, Codable {
    package var epoch: Int
    /// A random name, so that a holder knows its own lease again.
    package var id: String
    package var holder: DeploymentActor
    package var process: Int32
    package var since: Date
    package var command: String
    /// The address of the CI job that took it.
    package var job: String?
    /// How long its heartbeat may stay unchanged before the holder counts as dead, in seconds.
    package var seconds: Int

    package init(
        epoch: Int, id: String, holder: DeploymentActor, process: Int32, since: Date, command: String, job: String? = nil, seconds: Int
    ) {
        self.epoch = epoch
        self.id = id
        self.holder = holder
        self.process = process
        self.since = since
        self.command = command
        self.job = job
        self.seconds = seconds
    }

    /// Whether its ID is one that this program makes up, and so fit to be typed.
    var hasPlainID: Bool { !id.isEmpty && id.utf8.count <= 64 && id.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) } }

    /// The longest and the shortest that a holder may ask to be waited for.
    package var timeToLive: Duration { .seconds(min(max(seconds, 1), 600)) }

    /// Who has it, as one reads it.
    package var holderText: String {
        "\(holder.user) on \(holder.host) (process \(process)), since \(since.formatted(.iso8601)), with `\(command)`"
            + (job.map { ", \($0)" } ?? "")
    }
}

/// The lease that is held on a stack, as far as it can be read.
package struct CurrentLease: Hashable, Sendable {
    package var epoch: Int
    /// `nil` where its object is damaged or gone.
    package var lease: Lease?

    /// What it is ended by.
    package var id: String { lease?.id ?? String(epoch) }
    /// Who has it, as one reads it.
    package var holderText: String { lease?.holderText ?? "somebody (the lease can't be read)" }
}

/// What a holder tells while it works: each one differs from the one before, and it says how far the deployment is.
package struct Heartbeat: Hashable, Sendable, Codable {
    package var id: String
    package var beat: Int
    /// The deployment that the rest is about; `nil` before there is one.
    package var serial: Int?
    package var step: String?
    package var changeSetID: String?
    package var stackID: String?

    package init(id: String, beat: Int, serial: Int? = nil, step: String? = nil, changeSetID: String? = nil, stackID: String? = nil) {
        self.id = id
        self.beat = beat
        self.serial = serial
        self.step = step
        self.changeSetID = changeSetID
        self.stackID = stackID
    }
}

/// All leases of a stack, as a listing shows them. What may be done follows from this value alone.
package struct LeaseTable: Hashable, Sendable {
    package enum Standing: Hashable, Sendable {
        /// Nobody holds it; who creates that epoch does.
        case free(next: Int)
        case held(epoch: Int)
    }

    /// The highest epoch; 0 where there was no lease yet. Epochs only grow.
    package private(set) var highest: Int
    package private(set) var isReleased = false
    /// Changes with every heartbeat of the highest epoch.
    package private(set) var heartbeat: String?

    /// - Parameter seen: the highest epoch that was seen before, from which on the listing is.
    package init(_ entries: [ShareEntry], seen: Int = 0) {
        let parsed = entries.compactMap { entry -> (epoch: Int, kind: Substring, tag: String?)? in
            let parts = entry.name.split(separator: ".")
            guard parts.count == 2, let epoch = ShareLayout.parsed(parts[0]) else { return nil }
            return (epoch, parts[1], entry.tag)
        }
        let highest = max(seen, parsed.filter { $0.kind == "json" }.map(\.epoch).max() ?? 0)
        self.highest = highest
        isReleased = parsed.contains { $0.epoch == highest && $0.kind == "released" }
        heartbeat = parsed.first { $0.epoch == highest && $0.kind == "heartbeat" }?.tag
    }

    package var standing: Standing { highest == 0 || isReleased ? .free(next: highest + 1) : .held(epoch: highest) }

    /// The fence: whether the holder of an epoch may still act.
    package func permits(_ epoch: Int) -> Bool { highest == epoch && !isReleased }

    /// Whether an outcome may be published by somebody who holds no lease, last held one of `epoch`: nobody may be settling it.
    package func leavesAlone(_ epoch: Int) -> Bool {
        switch standing {
        case .free: true
        case .held(let holder): holder == epoch
        }
    }

    /// The epoch with which a dead holder's lease is taken over.
    package var takeover: Int { highest + 1 }
}

/// Judges by this machine's own clock whether a holder is dead: its heartbeat has stayed what it was for too long.
package struct DeathWatch: Hashable, Sendable {
    private var seen: LeaseTable?
    private var since = Duration.zero
    /// Whether a heartbeat was noticed, or another lease: somebody is alive.
    package private(set) var hasMoved = false

    package init() {}

    /// - Parameter now: of a clock that only runs forward.
    package mutating func isDead(_ table: LeaseTable, now: Duration, after timeToLive: Duration) -> Bool {
        guard seen == table else {
            hasMoved = seen != nil
            seen = table
            since = now
            return false
        }
        return now - since >= timeToLive
    }
}
