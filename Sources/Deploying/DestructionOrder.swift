package import Model
package import OrderedCollections

/// The order in which stacks can be destroyed: each behind those that need it.
package enum DestructionOrder {
    /// - Parameter needs: the stacks, each with those among them that it needs. They may need each other in a circle, as no order
    ///   of deployment could have it: files and what was deployed may be of different times. Such a circle is cut.
    /// - Returns: the stacks in their order, each with those that go before it.
    package static func order(_ needs: OrderedDictionary<StackAddress, [StackAddress]>) -> OrderedDictionary<StackAddress, [StackAddress]> {
        let deployed = deploymentOrder(needs)
        let position = Dictionary(uniqueKeysWithValues: deployed.enumerated().map { ($1, $0) })
        var order: OrderedDictionary<StackAddress, [StackAddress]> = [:]
        for address in deployed.reversed() { order[address] = [] }
        for (address, needed) in needs {
            for other in needed where (position[other] ?? .max) < (position[address] ?? 0) { order[other]?.append(address) }
        }
        return order
    }

    /// A stack as far as imports of its exports order it.
    package struct Exporter: Sendable {
        package var address: StackAddress
        /// Where its exports can be imported: an account and a region.
        package var place: String
        /// The names of its own stack and of those nested in it.
        package var stacks: Set<String>
        /// The names of the stacks that import what these export.
        package var importers: Set<String>

        package init(address: StackAddress, place: String, stacks: Set<String>, importers: Set<String>) {
            self.address = address
            self.place = place
            self.stacks = stacks
            self.importers = importers
        }
    }

    /// The same with what is known of exports at AWS, be it a nested stack that exports or imports.
    package static func order(
        _ needs: OrderedDictionary<StackAddress, [StackAddress]>, andImportsOf exporters: [Exporter]
    ) -> OrderedDictionary<StackAddress, [StackAddress]> {
        var needs = needs
        for exporter in exporters {
            for other in exporters where other.address != exporter.address && other.place == exporter.place {
                guard !other.stacks.isDisjoint(with: exporter.importers), needs[other.address]?.contains(exporter.address) == false else {
                    continue
                }
                needs[other.address]?.append(exporter.address)
            }
        }
        return order(needs)
    }

    private static func deploymentOrder(_ needs: OrderedDictionary<StackAddress, [StackAddress]>) -> [StackAddress] {
        var order: OrderedSet<StackAddress> = []
        var entered: Set<StackAddress> = []
        for start in needs.keys {
            var pending = [start]
            while let address = pending.last {
                if entered.insert(address).inserted {
                    pending += (needs[address] ?? []).filter { needs[$0] != nil && !entered.contains($0) }
                } else {
                    pending.removeLast()
                    order.append(address)
                }
            }
        }
        return Array(order)
    }
}
