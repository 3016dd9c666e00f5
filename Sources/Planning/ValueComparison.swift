import Model
import OrderedCollections
import ResourceTypes
import Templates

/// A place inside a property and its two values.
struct LeafDifference {
    enum Step: Hashable {
        case key(String)
        case index(Int)
        /// An item of a list of tags, found by its key.
        case tag(String)
    }

    var steps: [Step]
    var before: Value?
    var after: Value?
}

/// How two values that stand at the same place of a resource are told apart.
enum ValueComparison {
    /// As CloudFormation does when it makes a change set: scalars by their text, lists in their order.
    case text
    /// As the service does that is given the values: a list whose order it ignores is a set, tags are found by their keys, and
    /// policies are what they allow and deny.
    case meaning

    /// Whether the two are the same, including that neither is there.
    /// - Parameter schema: what may stand there; `nil` where no schema tells.
    func areSame(_ before: Value?, _ after: Value?, _ schema: PropertySchema?) -> Bool {
        switch (before, after) {
        case (nil, nil): true
        case (let a?, let b?): areSame(a, b, Place(schema))
        default: false
        }
    }

    /// Calls `visit` with every place at which the two differ, as deep inside as it can be said, and with those that hold what may
    /// differ although it reads the same.
    func forEachDifference(_ before: Value?, _ after: Value?, _ schema: PropertySchema?, _ visit: (LeafDifference) -> Void) {
        differences(before, after, Place(schema), [], visit)
    }

    // MARK: Sameness

    private func areSame(_ before: Value, _ after: Value, _ place: Place) -> Bool {
        if before == after { return true }
        switch (before, after) {
        case (.scalar(let a), .scalar(let b)): return areSame(a, b, place)
        case (.list(let a), .list(let b)):
            guard a.count == b.count else { return false }
            if self == .meaning {
                if let first = Self.tags(a), let second = Self.tags(b) {
                    return first.allSatisfy { key, item in second[key].map { areSame(item, $0, place.item) } ?? false }
                }
                if place.isUnordered { return isPermutation(a, b, place.item) }
            }
            let item = place.item
            return zip(a, b).allSatisfy { areSame($0, $1, item) }
        case (.object(let a), .object(let b)):
            if self == .meaning, place.mayHoldPolicy, let first = PolicyDocument(before), let second = PolicyDocument(after) {
                return first == second
            }
            return a.count == b.count && a.allSatisfy { key, value in b[key].map { areSame(value, $0, place.member(key)) } ?? false }
        default: return false
        }
    }

    /// CloudFormation hands scalars on as text, and the schema makes of them what the service wants: `"10"` and `10` are the same.
    /// In a free-form document there is no schema to do so.
    private func areSame(_ before: Scalar, _ after: Scalar, _ place: Place) -> Bool {
        if place.isFreeForm { return before == after }
        guard let a = before.json.scalarText, let b = after.json.scalarText else { return false }
        if a == b { return true }
        guard self == .meaning, place.isNumeric, let first = Double(a), let second = Double(b) else { return false }
        return first == second
    }

    // MARK: Differences

    private func differences(
        _ before: Value?, _ after: Value?, _ place: Place, _ steps: [LeafDifference.Step], _ visit: (LeafDifference) -> Void
    ) {
        switch (before, after) {
        case (nil, nil): return
        case (let a?, let b?) where !b.isVolatile && areSame(a, b, place): return
        case (.object(let a)?, .object(let b)?):
            for key in a.keys { differences(a[key], b[key], place.member(key), steps + [.key(key)], visit) }
            for key in b.keys where a[key] == nil { differences(nil, b[key], place.member(key), steps + [.key(key)], visit) }
        case (.list(let a)?, .list(let b)?):
            let item = place.item
            if let first = Self.tags(a), let second = Self.tags(b) {
                for key in first.keys { differences(first[key], second[key], item, steps + [.tag(key)], visit) }
                for key in second.keys where first[key] == nil { differences(nil, second[key], item, steps + [.tag(key)], visit) }
            } else {
                let pairs = self == .meaning && place.isUnordered ? matches(a, b, item) : alignment(a, b, item)
                for (old, new) in pairs {
                    differences(old.map { a[$0] }, new.map { b[$0] }, item, steps + [.index(new ?? old ?? 0)], visit)
                }
            }
        default: visit(LeafDifference(steps: steps, before: before, after: after))
        }
    }

    /// Lists beyond which items are compared by their places only: looking for each one's counterpart takes the square of the time.
    private static let longestAligned = 500

    private func isPermutation(_ before: [Value], _ after: [Value], _ item: Place) -> Bool {
        guard before.count <= Self.longestAligned else { return zip(before, after).allSatisfy { areSame($0, $1, item) } }
        var free = after
        return before.allSatisfy { old in
            guard let match = free.firstIndex(where: { areSame(old, $0, item) }) else { return false }
            free.remove(at: match)
            return true
        }
    }

    /// Each item of a set with its equal; those that have none with one another, in their order.
    private func matches(_ before: [Value], _ after: [Value], _ item: Place) -> [(Int?, Int?)] {
        guard max(before.count, after.count) <= Self.longestAligned else { return Self.byPlace(before.count, after.count) }
        var free = Array(after.indices)
        var pairs: [(Int?, Int?)] = []
        var lonely: [Int] = []
        for old in before.indices {
            if let match = free.firstIndex(where: { areSame(before[old], after[$0], item) }) {
                pairs.append((old, free.remove(at: match)))
            } else {
                lonely.append(old)
            }
        }
        for place in 0..<max(lonely.count, free.count) {
            pairs.append((place < lonely.count ? lonely[place] : nil, place < free.count ? free[place] : nil))
        }
        return pairs
    }

    /// The items of two lists beside one another, so that one put in at the front does not make all others differ.
    private func alignment(_ before: [Value], _ after: [Value], _ item: Place) -> [(Int?, Int?)] {
        guard max(before.count, after.count) <= Self.longestAligned else { return Self.byPlace(before.count, after.count) }
        var removed: Set<Int> = []
        var inserted: Set<Int> = []
        for change in after.difference(from: before, by: { areSame($0, $1, item) }) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        var pairs: [(Int?, Int?)] = []
        var (old, new) = (0, 0)
        while old < before.count || new < after.count {
            let isGone = removed.contains(old)
            let isNew = inserted.contains(new)
            pairs.append((isGone || !isNew ? old : nil, isNew || !isGone ? new : nil))
            if isGone || !isNew { old += 1 }
            if isNew || !isGone { new += 1 }
        }
        return pairs
    }

    private static func byPlace(_ before: Int, _ after: Int) -> [(Int?, Int?)] {
        (0..<max(before, after)).map { ($0 < before ? $0 : nil, $0 < after ? $0 : nil) }
    }

    /// The items by key, where this is a list of `{Key, Value}` with distinct keys.
    private static func tags(_ items: [Value]) -> OrderedDictionary<String, Value>? {
        var byKey: OrderedDictionary<String, Value> = [:]
        for item in items {
            guard case .object(let members) = item, members.count <= 3, members["Value"] != nil, let key = members["Key"]?.text,
                byKey.updateValue(item, forKey: key) == nil
            else { return nil }
        }
        return byKey
    }
}

/// What the schema tells about a place.
private struct Place {
    private let schema: PropertySchema?
    /// Whether anything may stand here, so that the schema of what is inside tells nothing.
    let isFreeForm: Bool

    init(_ schema: PropertySchema?) {
        self.schema = schema
        isFreeForm = schema?.isFreeForm == true
    }

    private init(inside schema: PropertySchema?, isFreeForm: Bool) {
        self.schema = schema
        self.isFreeForm = isFreeForm || schema?.isFreeForm == true
    }

    var item: Place { member("*") }

    func member(_ key: String) -> Place {
        isFreeForm || schema == nil ? self : Place(inside: schema?.child(key), isFreeForm: false)
    }

    var isUnordered: Bool { schema?.isUnordered == true }
    var isNumeric: Bool { schema.map { !$0.types.isEmpty && $0.types.isSubset(of: [.integer, .number]) } ?? false }
    /// Policies stand in free-form documents, and anywhere in types that the catalog does not know.
    var mayHoldPolicy: Bool { schema == nil || isFreeForm }
}

extension Value {
    /// Whether another value may come of this although it reads the same: a macro's result, or what a parameter store holds.
    var isVolatile: Bool {
        switch self {
        case .scalar, .noValue: false
        case .list(let items): items.contains(where: \.isVolatile)
        case .object(let members): members.values.contains(where: \.isVolatile)
        case .symbol(let symbol): symbol.isVolatile
        }
    }
}

extension Symbol {
    var isVolatile: Bool {
        if case .function(let name, _) = self, name == "Fn::Transform" || name.hasPrefix("AWS::SSM::Parameter::Value<") { return true }
        return arguments.contains(where: \.isVolatile)
    }
}
