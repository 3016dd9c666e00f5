import Model
import OrderedCollections
import Testing

@testable import Deploying

@Suite struct DestructionOrderTests {
    private func order(_ needs: OrderedDictionary<String, [String]>) -> [String] {
        var named: OrderedDictionary<StackAddress, [StackAddress]> = [:]
        for (stack, needed) in needs { named[StackAddress(stack: stack)] = needed.map { StackAddress(stack: $0) } }
        return DestructionOrder.order(named).map { address, before in "\(address) \(before.map(\.description).sorted())" }
    }

    @Test func `what needs a stack is destroyed before it`() {
        #expect(
            order(["network": [], "app": ["network", "data"], "data": ["network"], "alone": []]) == [
                "alone []", "app []", "data [\"app\"]", "network [\"app\", \"data\"]",
            ])
    }

    @Test func `stacks that need each other in a circle are destroyed all the same`() {
        #expect(order(["a": ["b"], "b": ["a"]]).map { $0.prefix(1) } == ["a", "b"])
        #expect(order(["a": ["a"]]) == ["a []"])
    }

    @Test func `a stack goes behind those in which a nested stack imports what it exports, itself or in one nested in it`() {
        func exporter(_ stack: String, _ stacks: Set<String>, to importers: Set<String> = [], in place: String = "here")
            -> DestructionOrder.Exporter
        {
            .init(address: StackAddress(stack: stack), place: place, stacks: stacks, importers: importers)
        }
        let needs: OrderedDictionary<StackAddress, [StackAddress]> = [
            StackAddress(stack: "app"): [], StackAddress(stack: "network"): [], StackAddress(stack: "far"): [],
        ]
        let exporters = [
            exporter("network", ["network", "network-Inner-1"], to: ["app-Inner-2", "network"]),
            exporter("app", ["app", "app-Inner-2"]), exporter("far", ["app-Inner-2"], in: "elsewhere"),
        ]
        let order = DestructionOrder.order(needs, andImportsOf: exporters)
        #expect(order[StackAddress(stack: "network")] == [StackAddress(stack: "app")])
        #expect(order[StackAddress(stack: "app")] == [] && order[StackAddress(stack: "far")] == [])
        #expect(order.count == 3)
    }

    @Test func `a chain of many thousands is no trouble`() {
        let count = 20_000
        var needs: OrderedDictionary<String, [String]> = [:]
        for number in 0..<count { needs["s\(number)"] = number + 1 < count ? ["s\(number + 1)"] : [] }
        #expect(order(needs).first == "s0 []")
    }
}
