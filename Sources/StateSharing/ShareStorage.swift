package import Foundation
package import Model

/// Where a share's objects are. Only `createIfAbsent` carries safety: of all who create one path, exactly one does.
///
/// Paths are relative, with `/` between their parts. Every method throws `ShareUnavailable` where the storage can't be asked.
package protocol ShareStorage: Sendable {
    /// As the user names it.
    var name: String { get }

    /// Makes an object, whole or not at all, where there is none under that path.
    func createIfAbsent(_ body: Data, at path: String) async throws -> CreationAnswer
    /// `nil` where there is none.
    func get(_ path: String) async throws -> Data?
    /// Writes over what is there: for hints and heartbeats only.
    func put(_ body: Data, at path: String) async throws
    /// The objects in a folder, not those in folders below it, by name.
    /// - Parameter after: leaves out names up to and including that one.
    func list(_ folder: String, after: String?) async throws -> [ShareEntry]
}

/// An object in a listing.
package struct ShareEntry: Hashable, Sendable {
    /// Within its folder.
    package var name: String
    /// Another one whenever the object has been written.
    package var tag: String?

    package init(name: String, tag: String? = nil) {
        self.name = name
        self.tag = tag
    }
}

/// What a storage says to the wish to create an object.
package enum CreationAnswer: Sendable {
    case created
    case exists
    /// Somebody is creating it right now, and who wins is not decided.
    case conflict
    /// No answer came: it may have been created.
    case lost(ShareUnavailable)
}

/// What came of creating an object.
package enum Creation: Hashable, Sendable {
    case created
    /// Somebody else has.
    case exists(Data)
}

/// The share could not be asked, or gave no good answer.
package struct ShareUnavailable: Error, Sendable {
    package var share: String
    package var reason: Problem
    /// Whether it was reached, and will not have what was asked: the others may be at work on it.
    package var isDenied: Bool

    package init(_ share: String, _ reason: Problem, isDenied: Bool = false) {
        self.share = share
        self.reason = reason
        self.isDenied = isDenied
    }

    package var problem: Problem {
        isDenied
            ? Problem(.failed, "share-denied", "The share \(share) can't be used", detail: reason.description)
            : Problem(.failed, "share-unreachable", "The share \(share) can't be reached", detail: reason.description)
    }
}

extension ShareStorage {
    /// Makes an object where there is none, whatever becomes of the answers: what stands there afterwards tells who has made it.
    ///
    /// - Parameter body: holds something that nobody else writes, so that it is known again.
    package func create(_ body: Data, at path: String, _ clock: Clock) async throws -> Creation {
        var last: ShareUnavailable?
        for attempt in 0..<Self.attempts {
            let answer = try await createIfAbsent(body, at: path)
            if case .created = answer { return .created }
            if case .lost(let failure) = answer { last = failure }
            let found = answer.asksWhose ? try await get(path) : nil
            if let creation = Creation(of: body, found: found) { return creation }
            try await clock.sleep(.milliseconds(20 << attempt))
        }
        throw last
            ?? ShareUnavailable(
                name, Problem(.failed, "share-busy", "\(path) is being written by others all the time", detail: "Try again."))
    }

    private static var attempts: Int { 7 }
}

extension CreationAnswer {
    fileprivate var asksWhose: Bool {
        switch self {
        case .created, .conflict: false
        // A request that was sent twice meets its own object.
        case .exists, .lost: true
        }
    }
}

extension Creation {
    /// What `found` says of the wish to create `body`; `nil` where nothing is there, and it is to be tried again.
    package init?(of body: Data, found: Data?) {
        guard let found else { return nil }
        self = found == body ? .created : .exists(found)
    }
}
