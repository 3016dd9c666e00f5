package import OrderedCollections

/// Which resources of a template need which others, by reference and by `DependsOn`.
package struct DependencyGraph: Sendable {
    /// For each resource, what it needs, in the order of the template.
    package private(set) var dependencies: OrderedDictionary<String, OrderedSet<String>> = [:]

    package init(_ template: Template) {
        // Looked up so often that the template around them must not be copied along.
        let resources = template.resources
        let parameters = template.parameters
        dependencies.reserveCapacity(resources.count)
        for resource in resources.values {
            var needed: OrderedSet<String> = []
            func add(_ logicalID: String) {
                if resources.index(forKey: logicalID) != nil { needed.append(logicalID) }
            }
            resource.dependsOn.forEach(add)
            resource.forEachExpression { expression in
                expression.forEachReference { reference, _ in
                    switch reference {
                    case .name(let name): if parameters.index(forKey: name) == nil { add(name) }
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
        let walk = DepthFirstWalk(edges)
        return walk.cycles.isEmpty ? walk.order.map { dependencies.keys[$0] } : nil
    }

    /// A cycle, its first resource repeated at the end; `nil` where there is none.
    package var cycle: [String]? { cycles.first }

    /// Cycles that have no resource in common, each with its first resource repeated at the end.
    package var cycles: [[String]] { DepthFirstWalk(edges).cycles.map { $0.map { dependencies.keys[$0] } } }

    private var edges: [[Int]] {
        dependencies.values.map { $0.compactMap { dependencies.index(forKey: $0) } }
    }
}

/// A walk over a graph that visits what a node needs before the node.
///
/// With a stack of its own: a chain of 10,000 nodes must not overflow the thread's.
struct DepthFirstWalk {
    /// Every node after those it needs, apart from what goes round in circles.
    private(set) var order: [Int] = []
    /// Cycles that have no node in common, each with its first node repeated at the end.
    private(set) var cycles: [[Int]] = []

    /// - Parameter edges: for each node, those it needs.
    init(_ edges: [[Int]]) {
        order.reserveCapacity(edges.count)
        var isFinished = Array(repeating: false, count: edges.count)
        var placeInPath: [Int?] = Array(repeating: nil, count: edges.count)
        var isInCycle = isFinished
        for start in edges.indices where !isFinished[start] {
            var path: [(node: Int, next: Int)] = [(start, 0)]
            placeInPath[start] = 0
            while let (node, next) = path.last {
                guard next < edges[node].count else {
                    path.removeLast()
                    placeInPath[node] = nil
                    isFinished[node] = true
                    order.append(node)
                    continue
                }
                path[path.count - 1].next += 1
                let needed = edges[node][next]
                if isFinished[needed] { continue }
                guard let place = placeInPath[needed] else {
                    placeInPath[needed] = path.count
                    path.append((needed, 0))
                    continue
                }
                if path[place...].contains(where: { isInCycle[$0.node] }) { continue }
                let circle = path[place...].map(\.node)
                for member in circle { isInCycle[member] = true }
                cycles.append(circle + [needed])
            }
        }
    }
}
