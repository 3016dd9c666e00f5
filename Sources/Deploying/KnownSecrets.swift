import Model
import Synchronization

/// The secrets that a deployer knows of: nothing that it tells or records holds them, whatever CloudFormation says.
final class KnownSecrets: Sendable {
    private let secrets: Mutex<[Secret]>

    init(_ secrets: [Secret]) { self.secrets = Mutex(secrets) }

    var all: [Secret] { secrets.withLock { $0 } }

    func add(_ more: [Secret]) {
        secrets.withLock { known in known += more.filter { !known.contains($0) } }
    }
}

extension DeploymentMachine.Question {
    /// The same with `****` for every one of the secrets in what CloudFormation has said of resources.
    func hiding(_ secrets: [Secret]) -> Self {
        func hidden(_ resources: [StackResource]) -> [StackResource] {
            resources.map { resource in
                var resource = resource
                resource.statusReason = resource.statusReason?.hiding(secrets)
                resource.physicalID = resource.physicalID?.hiding(secrets)
                return resource
            }
        }
        return switch self {
        case .continueRollback(let resources, let skipped): .continueRollback(hidden(resources), skipping: skipped)
        case .rollBack(let status, let resources): .rollBack(status, hidden(resources))
        case .retain(let resources): .retain(hidden(resources))
        case .changedOutside, .recreate, .unplanned: self
        }
    }
}

extension DeploymentNotice {
    /// The same with `****` for every one of the secrets in what CloudFormation or another program has said.
    func hiding(_ secrets: [Secret]) -> DeploymentNotice {
        switch self {
        case .event(var event, let within):
            event.statusReason = event.statusReason?.hiding(secrets)
            event.physicalID = event.physicalID?.hiding(secrets)
            return .event(event, within: within)
        case .note(let text): return .note(text.hiding(secrets))
        case .warning(let text): return .warning(text.hiding(secrets))
        case .detached(var failure):
            failure.message = failure.message.hiding(secrets)
            return .detached(failure)
        case .began, .takenUp, .changeSetCreated, .reconciled, .executing, .deleting, .waiting: return self
        }
    }
}
