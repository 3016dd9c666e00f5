import Model
import Testing

@testable import Deploying

@Suite struct PollingTests {
    @Test func `one stack asks soon at first, then every three seconds`() {
        var pace = PollingPace()
        let waits = (0..<12).map { _ in pace.next() }
        #expect(waits.prefix(3) == [.milliseconds(150), .milliseconds(225), .microseconds(337_500)])
        #expect(waits.suffix(3) == [.seconds(3), .seconds(3), .seconds(3)])
    }

    /// When each of so many stacks asks, all of them begun at once and on one clock.
    private func rounds(stacks: Int, until end: Duration) -> [(stack: Int, at: Duration)] {
        var limit = PollingLimit()
        var paces = Array(repeating: PollingPace(), count: stacks)
        var next = paces.indices.map { (stack: $0, at: paces[$0].next()) }
        var asked: [(stack: Int, at: Duration)] = []
        while let index = next.indices.min(by: { next[$0].at < next[$1].at }), next[index].at < end {
            let stack = next[index].stack
            let time = next[index].at + limit.take(at: next[index].at)
            asked.append((stack, time))
            next[index].at = time + paces[stack].next()
        }
        return asked
    }

    @Test func `one stack is never held back`() {
        var pace = PollingPace()
        var time = pace.next()
        for round in rounds(stacks: 1, until: .seconds(600)) {
            #expect(round.at == time)
            time += pace.next()
        }
    }

    @Test(arguments: [2, 10, 50, 200]) func `however many stacks there are, they ask four times a second together`(_ stacks: Int) {
        let asked = rounds(stacks: stacks, until: .seconds(300)).filter { $0.at < .seconds(300) }
        for second in 0..<300 {
            let rounds = asked.count { $0.at >= .seconds(second) && $0.at < .seconds(second + 1) }
            #expect(rounds <= 4 + PollingLimit.burst)
        }
        #expect(asked.count <= 300 * 4 + PollingLimit.burst)
        // Each gets its turn.
        let turns = (0..<stacks).map { stack in asked.count { $0.stack == stack } }
        #expect((turns.max() ?? 0) - (turns.min() ?? 0) <= 1)
    }
}
