import Foundation
import Model
import Synchronization
import Testing

@testable import AWS

/// Gives numbered credentials that last an hour, and fails as often as it is told to.
private final class Source: CredentialProvider {
    struct Failed: Error {}

    private let state = Mutex((given: 0, failures: 0))
    let now: Mutex<Date>
    let lifetime: TimeInterval

    init(lifetime: TimeInterval = 3600) {
        now = Mutex(noon)
        self.lifetime = lifetime
    }

    var given: Int { state.withLock { $0.given } }
    func pass(_ minutes: Double) { now.withLock { $0 += minutes * 60 } }
    func fail(_ times: Int) { state.withLock { $0.failures = times } }

    func credentials() async throws -> Credentials {
        await Task.yield()  // As a source that asks a service: others come meanwhile.
        let number = try state.withLock { state in
            state.given += 1
            if state.failures > 0 {
                state.failures -= 1
                throw Failed()
            }
            return state.given
        }
        return Credentials(
            accessKeyID: "\(number)", secretAccessKey: Secret("s"), expiration: now.withLock { $0 } + lifetime)
    }
}

@Suite struct CredentialCacheTests {
    private let source = Source()

    private func cache(_ source: Source, needsSomebody: Bool = false) -> CredentialCache {
        CredentialCache(source, needsSomebody: needsSomebody) { source.now.withLock { $0 } }
    }

    @Test func `requests at one time share one renewal`() async throws {
        let cache = cache(source)
        for round in 1...3 {
            try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<50 { group.addTask { try await cache.credentials().accessKeyID } }
                for try await key in group { #expect(key == "\(round)") }
            }
            source.pass(51)
        }
        #expect(source.given == 3)
    }

    @Test func `credentials are renewed fifteen minutes before they end`() async throws {
        let cache = cache(source)
        #expect(try await cache.credentials().accessKeyID == "1")
        source.pass(45)
        #expect(try await cache.credentials().accessKeyID == "1")
        source.pass(0.1)
        #expect(try await cache.credentials().accessKeyID == "2")
    }

    @Test func `a renewal that fails early leaves what still works, and is left alone for a minute`() async throws {
        let cache = cache(source)
        #expect(try await cache.credentials().accessKeyID == "1")
        source.pass(46)
        source.fail(1)
        #expect(try await cache.credentials().accessKeyID == "1")
        #expect(try await cache.credentials().accessKeyID == "1")
        #expect(source.given == 2)
        source.pass(1)
        #expect(try await cache.credentials().accessKeyID == "3")
    }

    @Test func `one that fails in the last ten minutes is an error, and the next one may succeed`() async throws {
        let cache = cache(source)
        _ = try await cache.credentials()
        source.pass(50.1)
        source.fail(1)
        await #expect(throws: Source.Failed.self) { try await cache.credentials() }
        #expect(try await cache.credentials().accessKeyID == "3")
    }

    @Test func `while one waits for a renewal in good time, the others go on`() async throws {
        let cache = cache(source)
        _ = try await cache.credentials()
        source.pass(46)
        let keys = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<50 { group.addTask { try await cache.credentials().accessKeyID } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(keys.isSubset(of: ["1", "2"]) && keys.contains("2"))
        #expect(source.given == 2)
    }

    @Test func `somebody is asked as late as can be`() async throws {
        let cache = cache(source, needsSomebody: true)
        _ = try await cache.credentials()
        source.pass(49)
        #expect(try await cache.credentials().accessKeyID == "1")
        source.pass(1.1)
        #expect(try await cache.credentials().accessKeyID == "2")
    }

    @Test func `credentials that have expired when they come are an error`() async throws {
        let cache = cache(Source(lifetime: -1))
        let problem = await #expect(throws: Problem.self) { try await cache.credentials() }
        #expect(problem?.findings.first?.code == "expired-credentials")
    }

    @Test func `credentials that AWS calls expired are replaced once for all who used them`() async throws {
        let cache = cache(source)
        let first = try await cache.credentials()
        try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<20 { group.addTask { try await cache.replacement(for: first)?.accessKeyID } }
            for try await key in group { #expect(key == "2") }
        }
        #expect(source.given == 2)
    }
}
