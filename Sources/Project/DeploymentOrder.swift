package import Model
package import OrderedCollections

extension Project {
    /// Stacks in the order in which they can be deployed, each with those among them that it has to wait for: those it takes outputs
    /// from or names in `dependsOn`, and those it reaches through stacks that are not among them. Otherwise the order stays.
    /// - Parameter imports: what stacks depend on besides, because their templates import what others export.
    /// - Throws: `Problem` where stacks depend on each other in a circle, or the files of one of them can't be read.
    package func deploymentDependencies(
        _ addresses: [StackAddress], imports: [StackAddress: [Located<StackAddress>]] = [:]
    ) throws(Problem) -> OrderedDictionary<StackAddress, [StackAddress]> {
        var walk = DependencyWalk(project: self, imports: imports)
        for address in addresses { try walk.visit(address) }
        let wanted = Set(addresses)
        var reached: OrderedDictionary<StackAddress, [StackAddress]> = [:]
        for address in walk.order {
            let needed = (walk.dependencies[address] ?? []).flatMap { wanted.contains($0) ? [$0] : reached[$0] ?? [] }
            reached[address] = Array(OrderedSet(needed))
        }
        return reached.filter { wanted.contains($0.key) }
    }
}

/// A depth-first walk along dependencies, with a stack of its own: a chain may be longer than the thread's is deep.
private struct DependencyWalk {
    struct Step {
        var address: StackAddress
        var dependencies: ArraySlice<Located<StackAddress>>
    }

    let project: Project
    let imports: [StackAddress: [Located<StackAddress>]]
    var order: [StackAddress] = []
    /// What each stack depends on itself.
    var dependencies: [StackAddress: [StackAddress]] = [:]
    private var finished: Set<StackAddress> = []
    private var path: [Step] = []

    init(project: Project, imports: [StackAddress: [Located<StackAddress>]]) {
        self.project = project
        self.imports = imports
    }

    mutating func visit(_ address: StackAddress) throws(Problem) {
        try enter(address)
        while let step = path.last {
            guard let next = step.dependencies.first else {
                path.removeLast()
                finished.insert(step.address)
                order.append(step.address)
                continue
            }
            path[path.count - 1].dependencies.removeFirst()
            if let start = path.firstIndex(where: { $0.address == next.value }) {
                throw Problem(.badInput, [circle(path[start...].map(\.address), closedAt: next.place)])
            }
            try enter(next.value)
        }
    }

    private mutating func enter(_ address: StackAddress) throws(Problem) {
        guard !finished.contains(address) else { return }
        let named = try project.configuration(of: address).dependencies
        let needed = named + (imports[address] ?? []).filter { imported in !named.contains { $0.value == imported.value } }
        dependencies[address] = needed.map(\.value)
        path.append(Step(address: address, dependencies: needed[...]))
    }

    private func circle(_ stacks: [StackAddress], closedAt place: Place) -> Finding {
        guard stacks.count > 1 else {
            return place.finding("circular-dependency", "Stack \(stacks[0]) depends on itself", detail: "Remove this reference.")
        }
        let names = (stacks + [stacks[0]]).map(\.description)
        return place.finding(
            "circular-dependency", "Stacks depend on each other in a circle: \(names.joined(separator: " → "))",
            detail: "None of them can be deployed first. Remove one of the references.")
    }
}
