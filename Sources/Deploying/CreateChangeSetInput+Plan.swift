import AWS
import Planning

extension CreateChangeSetInput.Kind {
    init(_ kind: DeploymentMachine.ChangeSetKind) {
        switch kind {
        case .create: self = .create
        case .update: self = .update
        case .import: self = .import
        }
    }
}

extension Plan {
    var resourcesToImport: [ResourceToImport] {
        changes.compactMap { change in
            guard change.action == .import, let identifier = change.importIdentifier else { return nil }
            let names = Dictionary(identifier.map { ($0, $1) }) { first, _ in first }
            return ResourceToImport(type: change.type, logicalID: change.logicalID, identifier: names)
        }
    }
}
