import AWS
import Model

extension Deployer {
    /// Asks the nested stacks that take part in the operation for their news.
    /// - Returns: the news, also where they could not be had of all: then with the failure that ended the round.
    func takeNestedEvents(_ run: inout DeploymentRun) async -> (events: [StackEvent], failure: (any Error)?) {
        var new: [StackEvent] = []
        while let id = run.follower.nestedToAsk {
            let follower = run.follower
            do {
                try await polling.wait(clock)
                let described = try await client.describeStackEvents(id) { follower.isOld($0, ofNested: id) }
                new += run.follower.take(described, ofNested: id)
            } catch let refusal as AWSError where refusal.isNotFound || refusal.isAccessDenied {
                // The stack around it tells the outcome all the same.
                run.follower.giveUp(onNested: id, isForbidden: !refusal.isNotFound)
                if !refusal.isNotFound { report(.warning(refusal.problem.description)) }
            } catch {
                return (new, error)
            }
        }
        return (new, nil)
    }
}
