import Testing

@testable import Sandbox

@Suite struct ScheduleTests {
    @Test func `a task starts when all it needs is done`() {
        let schedule = Schedule([
            .init("bucket", seconds: 2), .init("role", seconds: 3), .init("policy", needs: ["bucket"], seconds: 1),
            .init("pipeline", needs: ["bucket", "role"], seconds: 4),
        ])
        #expect(
            schedule.runs == [
                .init(id: "bucket", start: 0, finish: 2, end: .completed), .init(id: "role", start: 0, finish: 3, end: .completed),
                .init(id: "policy", start: 2, finish: 3, end: .completed), .init(id: "pipeline", start: 3, finish: 7, end: .completed),
            ])
        #expect(schedule.finish == 7)
    }

    @Test func `a failure cancels what is under way and keeps the rest from starting`() {
        let schedule = Schedule([
            .init("quick", seconds: 1), .init("failing", seconds: 2, fails: true), .init("slow", seconds: 9),
            .init("dependant", needs: ["failing"], seconds: 1), .init("late", needs: ["slow"], seconds: 1),
        ])
        #expect(
            schedule.runs == [
                .init(id: "quick", start: 0, finish: 1, end: .completed), .init(id: "failing", start: 0, finish: 2, end: .failed),
                .init(id: "slow", start: 0, finish: 2, end: .cancelled),
            ])
        #expect(schedule.finish == 2)
    }

    @Test func `a deletion goes on past a failure with all that does not need the failed one`() {
        let schedule = Schedule(
            [
                .init("user", seconds: 1, fails: true), .init("used", needs: ["user"], seconds: 1), .init("other", seconds: 3),
                .init("deeper", needs: ["used"], seconds: 1),
            ], stopsAtFailure: false)
        #expect(
            schedule.runs == [
                .init(id: "user", start: 0, finish: 1, end: .failed), .init(id: "other", start: 0, finish: 3, end: .completed),
            ])
    }

    @Test func `nothing to do is done at once`() {
        #expect(Schedule([]).finish == 0)
    }
}
