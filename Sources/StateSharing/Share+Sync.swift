import Foundation
package import Model
import StateDatabase

/// What a sync has done.
package struct SyncReport: Hashable, Sendable {
    /// Records, by stack.
    package var received: [StackAddress: Int] = [:]
    package var sent: [StackAddress: Int] = [:]
    /// Drift reports, by stack.
    package var drift: [StackAddress: StackNews] = [:]

    package struct StackNews: Hashable, Sendable {
        package var received = 0
        package var sent = 0
    }

    package init() {}
}

extension Share {
    /// Takes over what is new on the share, and pushes what is settled here and not there yet.
    ///
    /// It asks for the share's hints, and then only for what is behind those that have changed. What it was in the midst of when it
    /// was interrupted, the next one goes on with.
    ///
    /// - Parameters:
    ///   - certain: stacks to look at whatever their hints say: these are written after the records, and may have been lost.
    ///   - pushes: whether to write there at all.
    ///   - everything: whether to look at all stacks so, and for records that were here and there before.
    /// - Throws: `ShareUnavailable`; `Problem` for a damaged object, which it names, and (exit code 3) for logs that went apart: once
    ///   all other stacks have been seen to.
    @discardableResult
    package func sync(certain: [StackAddress] = [], everything: Bool = false, pushes: Bool = true) async throws -> SyncReport {
        try await join()
        let known = try database.sharedHeads(name)
        let hints = try await hints()
        var wanted = Set(certain).union(pushes ? try database.unshared(name) : [])
        for (address, tag) in hints.logs where everything || tag == nil || known[address]?.tag != tag { wanted.insert(address) }
        var problems: [Problem] = []
        var report = try await withThrowingTaskGroup(of: (StackAddress, Result<SyncReport.StackNews, Problem>).self) { group in
            var report = SyncReport()
            var rest = wanted.sorted()[...]
            func startNext() {
                guard let address = rest.popFirst() else { return }
                let head = known[address] ?? SharedHead()
                let tag = hints.logs[address] ?? nil
                group.addTask {
                    do {
                        return (address, .success(try await sync(address, head, tag: tag, everything: everything, pushes: pushes)))
                    } catch let problem as Problem {
                        return (address, .failure(problem))
                    }
                }
            }
            for _ in 0..<Self.stacksAtATime { startNext() }
            while let (address, result) = try await group.next() {
                switch result {
                case .success(let news):
                    if news.received > 0 { report.received[address] = news.received }
                    if news.sent > 0 { report.sent[address] = news.sent }
                case .failure(let problem) where certain.isEmpty || certain.contains(address): problems.append(problem)
                // What is wrong with one stack is no reason not to deploy another.
                case .failure(let problem): warn(problem.findings.first?.summary ?? problem.description)
                }
                startNext()
            }
            return report
        }
        if let worst = problems.map(\.status.rawValue).max().flatMap(ExitStatus.init(rawValue:)) {
            throw Problem(worst, problems.flatMap(\.findings))
        }
        report.drift = try await exchangeDrift(hints, everything: everything, pushes: pushes)
        try database.setSyncedAt(clock.now(), share: name)
        return report
    }

    /// The same for one stack alone, whatever its hint says.
    package func sync(only address: StackAddress) async throws {
        let head = try database.sharedHeads(name)[address] ?? SharedHead()
        _ = try await sync(address, head, tag: head.tag, everything: false, pushes: true)
    }

    private static let stacksAtATime = 4
    private static let objectsAtATime = 16
    /// So many are read one by one, rather than a segment that has them.
    private static let fewRecords = 8

    /// - Parameter tag: of the share's hint, `nil` for none.
    func sync(_ address: StackAddress, _ head: SharedHead, tag: String?, everything: Bool, pushes: Bool) async throws
        -> SyncReport.StackNews
    {
        var head = head
        var news = SyncReport.StackNews()
        var unsent = try database.portableRecords(of: address, after: head.position)[...]
        let listing = try await listing(of: address, after: head.position, everything: everything)
        var rest = listing.positions[...]
        var isCutShort = false
        while let first = rest.first {
            // A segment at a time, in one transaction.
            let positions = rest.prefix { LogSegment(of: $0.serial) == LogSegment(of: first.serial) }
            rest = rest.dropFirst(positions.count)
            var fresh: [RecordBundle] = []
            for bundle in try await fetch(address, Array(positions)) {
                if let own = unsent.first, own.position == bundle.record.position {
                    if own.hash == bundle.record.hash {
                        unsent.removeFirst()
                        head.position = own.position
                        continue
                    }
                    // Of a process of this copy that reserves the serial in this instant, and is about to be told.
                    guard let hold = try database.hold(address) else {
                        warn("\(own.name) is being deployed from here, and the share has another one. The next sync takes it over.")
                        (rest, unsent, isCutShort) = ([], [], true)
                        break
                    }
                    defer { withExtendedLifetime(hold) {} }
                    try yield(own, to: bundle.record)
                    unsent = []
                }
                fresh.append(bundle)
                head.position = bundle.record.position
            }
            try database.insert(fresh.map(\.record), bodies: fresh.reduce(into: [:]) { $0.merge($1.bodies) { first, _ in first } })
            news.received += fresh.count
            try database.setSharedHead(head, of: address, share: name)
        }
        if let missing = listing.missing {
            throw damaged(ShareLayout.record(address, missing), "It is missing, and records behind it are there")
        }
        // What was made offline may have turned out to be there.
        if news.received > 0, !isCutShort { unsent = try database.portableRecords(of: address, after: head.position)[...] }
        news.sent = pushes ? try await push(unsent, of: address, &head) : 0
        head.tag = news.sent > 0 || isCutShort ? nil : tag
        try database.setSharedHead(head, of: address, share: name)
        return news
    }

    private func listing(of address: StackAddress, after: RecordPosition?, everything: Bool) async throws -> LogListing {
        let folder = ShareLayout.records(address)
        func read() async throws -> LogListing {
            // With the last one that is known: where that is gone, the share is not what it was.
            let start = everything ? nil : after?.previous
            let names = try await storage.list(folder, after: start.map(ShareLayout.recordName)).map(\.name)
            var listing = LogListing(names, after: start)
            guard let after else { return listing }
            if listing.missing == nil, listing.positions.last.map({ $0 < after }) ?? true {
                listing.missing = (listing.positions.last ?? start)?.next ?? RecordPosition(1, .intent)
            }
            listing.positions = listing.positions.filter { after < $0 }
            return listing
        }
        let first = try await read()
        // A folder is not listed in one instant: what was made meanwhile may show while what was made just before it does not.
        return first.missing == nil ? first : try await read()
    }

    // MARK: Fetching

    /// The records of one segment or a part of it, with all texts that are not here yet.
    private func fetch(_ address: StackAddress, _ positions: [RecordPosition]) async throws -> [RecordBundle] {
        if positions.count > Self.fewRecords, let last = positions.last, LogSegment(of: last.serial).last == last,
            let bundles = try await records(in: LogSegment(of: last.serial), of: address)
        {
            return try await completed(bundles.suffix(positions.count))
        }
        return try await completed(fetchedSingly(address, positions))
    }

    private func fetchedSingly(_ address: StackAddress, _ positions: [RecordPosition]) async throws -> [RecordBundle] {
        let fetched = try await fetch(positions.map { ShareLayout.record(address, $0) })
        var bundles: [RecordBundle] = []
        for position in positions {
            let path = ShareLayout.record(address, position)
            guard let data = fetched[path] else { throw damaged(path, "It is missing") }
            let bundle = try RecordBundle(data, name: "\(path) on the share \(name)")
            guard bundle.record.address == address, bundle.record.position == position else {
                throw damaged(path, "It is the record of another deployment")
            }
            bundles.append(bundle)
        }
        return bundles
    }

    private func completed(_ bundles: [RecordBundle]) async throws -> [RecordBundle] {
        var bundles = bundles
        let open = bundles.map { bundle in bundle.record.bodies.filter { bundle.bodies[$0] == nil } }
        // That a text was removed to save space is covered by no hash: what is there counts.
        let removed = bundles.map { bundle in bundle.record.templates.filter(bundle.record.removed.contains) }
        let wanted = Set(open.joined()).union(removed.joined())
        let known = try database.knownBodies(Array(wanted))
        let texts = try await fetch(wanted.subtracting(known).map(ShareLayout.blob))
        for index in bundles.indices {
            for digest in removed[index] {
                guard let data = texts[ShareLayout.blob(digest)], Digest(of: data) == digest else { continue }
                bundles[index].bodies[digest] = String(decoding: data, as: UTF8.self)
            }
            for digest in open[index] where !known.contains(digest) {
                let path = ShareLayout.blob(digest)
                guard let data = texts[path] else { throw damaged(path, "It is missing, and \(bundles[index].record.name) needs it") }
                guard Digest(of: data) == digest else {
                    throw damaged(path, "It is not what its name says, and \(bundles[index].record.name) needs it")
                }
                bundles[index].bodies[digest] = String(decoding: data, as: UTF8.self)
            }
        }
        return bundles
    }

    /// The objects that are there, by path.
    func fetch(_ paths: [String]) async throws -> [String: Data] {
        try await withThrowingTaskGroup(of: (String, Data?).self) { group in
            var objects: [String: Data] = [:]
            var rest = paths[...]
            func startNext() {
                guard let path = rest.popFirst() else { return }
                group.addTask { (path, try await storage.get(path)) }
            }
            for _ in 0..<Self.objectsAtATime { startNext() }
            while let (path, data) = try await group.next() {
                objects[path] = data
                startNext()
            }
            return objects
        }
    }

    // MARK: Where two have written

    /// Gives up a record of this copy, which no other one has, for the one that the share has in its place.
    private func yield(_ own: PortableRecord, to theirs: PortableRecord) throws {
        let last = try database.head(of: own.address)?.position
        guard let deployment = try database.deployment(own.address, serial: own.position.serial) else { return }
        let isLast = last?.serial == own.position.serial
        switch own.position.part {
        case .intent where isLast && (deployment.status.isOpen || deployment.effect == .untouched || deployment.isOfRecordsOnly):
            // The serial is reserved before CloudFormation is asked for anything.
            if !deployment.status.isOpen { try database.reopen(deployment) }
            try database.withdraw(deployment)
            let what = deployment.isOfRecordsOnly && !deployment.status.isOpen ? "which the share never got," : "which had not begun,"
            warn("Deployment \(own.position.serial) of \(own.address), \(what) gives way to that of \(Self.text(theirs.actor)).")
        case .outcome where isLast:
            try database.reopen(deployment)
            warn(
                """
                Deployment \(own.position.serial) of \(own.address), recorded here as \(deployment.status.rawValue), was settled by \
                \(Self.text(theirs.actor)) as \(theirs.text("status") ?? "unknown"). The share's record counts.
                """)
        default:
            throw Problem(
                .refused, "histories-differ", "\(own.name) is one deployment here and another on the share \(name)",
                detail: "Both have been written to apart from each other. Two histories are never merged: move this state folder away "
                    + "and sync anew, and look through CloudFormation for what only this copy knows.")
        }
    }

    static func text(_ actor: DeploymentActor?) -> String { actor.map { "\($0.user) on \($0.host)" } ?? "somebody else" }
}
