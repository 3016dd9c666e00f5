/// How a user names a stack: the folder under `stacks/`, and the environment where the stack has environments.
///
/// Written `image-pipeline` or `image-pipeline:develop`.
package struct StackAddress: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package var stack: String
    package var environment: String?

    package init(stack: String, environment: String? = nil) {
        self.stack = stack
        self.environment = environment
    }

    /// Reads `stack` or `stack:environment`; `nil` where either part is empty or there are more than two.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        self.init(stack: parts[0], environment: parts.count == 2 ? parts[1] : nil)
    }

    package var description: String { environment.map { "\(stack):\($0)" } ?? stack }

    package static func < (left: Self, right: Self) -> Bool {
        (left.stack, left.environment ?? "") < (right.stack, right.environment ?? "")
    }
}
