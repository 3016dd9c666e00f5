package import Model

extension Project {
    /// Brings stacks into the order in which they can be deployed: each behind those it takes outputs from or names in `dependsOn`,
    /// also where the stacks between them are not among those given. Otherwise the order stays.
    /// - Throws: `Problem` where stacks depend on each other in a circle, or the files of one of them can't be read.
    package func deploymentOrder(_ addresses: [StackAddress]) throws(Problem) -> [StackAddress] {
        var walk = DependencyWalk(project: self)
        for address in addresses { try walk.visit(address) }
        let wanted = Set(addresses)
        return walk.order.filter(wanted.contains)
    }
}

/// A depth-first walk along dependencies, with a stack of its own: a chain may be longer than the thread's is deep.
private struct DependencyWalk {
    struct Step {
        var address: StackAddress
        var dependencies: ArraySlice<Located<StackAddress>>
    }

    let project: Project
    var order: [StackAddress] = []
    private var finished: Set<StackAddress> = []
    private var path: [Step] = []

    init(project: Project) { self.project = project }

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
        path.append(Step(address: address, dependencies: try project.configuration(of: address).dependencies[...]))
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
