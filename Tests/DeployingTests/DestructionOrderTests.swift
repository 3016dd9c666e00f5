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

    @Test func `a chain of many thousands is no trouble`() {
        let count = 20_000
        var needs: OrderedDictionary<String, [String]> = [:]
        for number in 0..<count { needs["s\(number)"] = number + 1 < count ? ["s\(number + 1)"] : [] }
        #expect(order(needs).first == "s0 []")
    }
}
