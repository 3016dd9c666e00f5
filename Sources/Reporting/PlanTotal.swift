package import Planning

/// What the plans of several stacks come to together.
package enum PlanTotal {
    /// Nothing for a single stack, whose plan ends with as much.
    package static func text(_ plans: [Plan], _ style: Style) -> String {
        guard plans.count > 1 else { return "" }
        let changing = plans.filter(\.hasChanges)
        func stacks(_ kind: Plan.Kind, _ what: String) -> String? {
            let count = changing.count { $0.kind == kind }
            return count > 0 ? "\(count) \(what)" : nil
        }
        let same = plans.count - changing.count
        let parts = [
            stacks(.create, "new"), stacks(.update, "changed"), stacks(.destroy, "destroyed"), same > 0 ? "\(same) without changes" : nil,
        ]
        let sums = changing.map(\.summary)
        func sum(_ count: (Plan.Summary) -> Int) -> Int { sums.reduce(0) { $0 + count($1) } }
        return
            "\n\(style.bold("All \(plans.count) stacks:")) \(parts.compactMap(\.self).joined(separator: ", ")); \(sum(\.add)) to add, "
            + "\(sum(\.modify)) to change, \(sum(\.replace)) to replace, \(sum(\.remove)) to remove.\n"
    }
}
