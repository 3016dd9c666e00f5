package import OrderedCollections

/// Which resources of a template need which others, by reference and by `DependsOn`.
package struct DependencyGraph: Sendable {
    /// For each resource, what it needs, in the order of the template.
    package private(set) var dependencies: OrderedDictionary<String, OrderedSet<String>> = [:]

    package init(_ template: Template) {
        for resource in template.resources.values {
            var needed: OrderedSet<String> = []
            func add(_ logicalID: String) {
                if template.resources[logicalID] != nil { needed.append(logicalID) }
            }
            resource.dependsOn.forEach(add)
            resource.forEachExpression { expression in
                expression.forEachReference { reference, _ in
                    switch reference {
                    case .name(let name): if template.parameters[name] == nil { add(name) }
                    case .attribute(let logicalID, _): add(logicalID)
                    case .condition, .mapping: break
                    }
                }
            }
            dependencies[resource.logicalID] = needed
        }
    }

    /// The resources so that each comes after all it needs; `nil` where there is a cycle.
    package var order: [String]? {
        let sorted = walk()
        return sorted.cycle == nil ? sorted.order : nil
    }

    /// A cycle, its first resource repeated at the end; `nil` where there is none.
    package var cycle: [String]? { walk().cycle }

    /// A depth-first walk with a stack of its own: a chain of 10,000 resources must not overflow the thread's.
    private func walk() -> (order: [String], cycle: [String]?) {
        var order: [String] = []
        order.reserveCapacity(dependencies.count)
        var finished: Set<String> = []
        for start in dependencies.keys where !finished.contains(start) {
            var path: OrderedSet<String> = [start]
            var pending: [ArraySlice<String>] = [ArraySlice(dependencies[start] ?? [])]
            while var rest = pending.popLast() {
                guard let next = rest.popFirst() else {
                    let done = path.removeLast()
                    finished.insert(done)
                    order.append(done)
                    continue
                }
                pending.append(rest)
                if finished.contains(next) { continue }
                if let index = path.firstIndex(of: next) { return (order, Array(path[index...]) + [next]) }
                path.append(next)
                pending.append(ArraySlice(dependencies[next] ?? []))
            }
        }
        return (order, nil)
    }
}
