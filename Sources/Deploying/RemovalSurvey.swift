package import Model
package import Planning

/// What is found out about a stack before it is deleted.
package struct RemovalSurvey: Sendable {
    /// A resource that stays in AWS when its stack is gone.
    package struct Kept: Hashable, Sendable {
        /// With the nested stacks it is in: `Network/Vpc`.
        package var logicalID: String
        package var type: String
        package var physicalID: String?
        /// Whether a snapshot stays, and not the resource itself.
        package var isSnapshot: Bool

        package init(logicalID: String, type: String, physicalID: String?, isSnapshot: Bool) {
            self.logicalID = logicalID
            self.type = type
            self.physicalID = physicalID
            self.isSnapshot = isSnapshot
        }
    }

    package var address: StackAddress
    package var kept: [Kept] = []
    /// Logical IDs that are left where they can't be deleted.
    var retained: Set<String> = []
    /// What would make CloudFormation fail, or leave the stack half deleted, whatever else is deleted.
    package var obstacles: [Finding] = []
    /// Exports that stacks import, with the names of these.
    package var imports: [(export: String, users: [String])] = []
    /// The names of the stacks nested in it.
    package var nestedStacks: Set<String> = []
    /// What could not be asked.
    package var unchecked: [Finding] = []

    package init(_ address: StackAddress) { self.address = address }

    /// Everything that stands in the way.
    /// - Parameter leaving: the names of stacks that are deleted before it in the same run; what is nested in itself goes with it.
    package func obstacles(leaving: Set<String>) -> [Finding] {
        let gone = leaving.union(nestedStacks)
        return obstacles
            + imports.compactMap { export, users in
                let staying = users.filter { !gone.contains($0) }
                return staying.isEmpty ? nil : Finding.exportInUse(export, by: staying)
            }
    }
}

/// How a resource's deletion may fail for what it holds.
enum Container: Hashable {
    case bucket(String)
    case repository(String)

    /// - Parameter emptiesItself: whether CloudFormation empties it first.
    init?(_ resource: StackResource, emptiesItself: Bool) {
        guard let physicalID = resource.physicalID, !physicalID.isEmpty, !emptiesItself else { return nil }
        switch resource.type {
        case "AWS::S3::Bucket": self = .bucket(physicalID)
        case "AWS::ECR::Repository": self = .repository(physicalID)
        default: return nil
        }
    }

    var noun: String {
        switch self {
        case .bucket(let name): "bucket \(name)"
        case .repository(let name): "repository \(name)"
        }
    }
}

extension Finding {
    /// Whether it is only that something holds what it must not hold to be deleted.
    package var isContents: Bool { code == "not-empty" }

    static func notEmpty(_ logicalID: String, _ container: Container, holding what: String, howToEmpty: String) -> Finding {
        Finding(
            "not-empty", "\(logicalID) can't be deleted: the \(container.noun) holds \(what)",
            detail: "Empty it, and try again: \(howToEmpty). To keep it, give it `DeletionPolicy: Retain`, and apply that first.")
    }

    static func exportInUse(_ name: String, by stacks: [String]) -> Finding {
        Finding(
            "export-in-use", "The export \(name) is imported by \(stacks.joined(separator: ", "))",
            detail: "CloudFormation deletes no stack whose exports are in use. Destroy what imports it first, or in the same run.")
    }

    static func protected(_ stackName: String) -> Finding {
        Finding(
            "termination-protection", "Stack \(stackName) has termination protection",
            detail: "Set terminationProtection to false in stack.yml and apply that first.")
    }

    static func unchecked(_ what: String, _ reason: String) -> Finding {
        Finding("not-checked", .note, "It was not checked \(what)", detail: reason)
    }
}
