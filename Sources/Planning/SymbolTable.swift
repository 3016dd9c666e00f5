import Model
import OrderedCollections
import Synchronization
import Templates

/// Values of symbols as they become known while resources are planned one after the other.
///
/// A class, because an evaluator asks it through a closure while the planner fills it; locked, because closures may travel.
final class SymbolTable: Sendable {
    private let values = Mutex<[Symbol: Value]>([:])
    private let fallback: SymbolTable?

    /// - Parameter otherwise: the table that has what this one has not of resources, which are what they were unless it says so.
    init(otherwise fallback: SymbolTable? = nil) { self.fallback = fallback }

    subscript(symbol: Symbol) -> Value? {
        get {
            if let value = values.withLock({ $0[symbol] }) { return value }
            guard let fallback else { return nil }
            switch symbol {
            case .ref, .attribute: return fallback[symbol]
            default: return nil
            }
        }
        set { values.withLock { $0[symbol] = newValue } }
    }
}

extension Evaluator {
    /// The things an expression reads with the conditions as they are decided: of an `Fn::If` only the branch that counts.
    mutating func activeReferences(of expression: Expression, _ visit: (Reference) -> Void) {
        switch expression.kind {
        case .if(let condition, let first, let second):
            visit(.condition(condition))
            let truth = holds(condition)
            if truth != false { activeReferences(of: first, visit) }
            if truth != true { activeReferences(of: second, visit) }
            return
        case .ref(let name): visit(.name(name))
        case .getAtt(let logicalID, let attribute): visit(.attribute(logicalID: logicalID, name: value(of: attribute).text))
        case .condition(let name): visit(.condition(name))
        case .sub(let parts, _):
            for part in parts {
                switch part {
                case .text, .variable: continue
                case .ref(let name): visit(.name(name))
                case .attribute(let logicalID, let name): visit(.attribute(logicalID: logicalID, name: name))
                }
            }
        default: break
        }
        for child in expression.children { activeReferences(of: child, visit) }
    }
}

extension Expression {
    /// Whether the two read the same, wherever they stand in their files.
    func readsTheSame(as other: Expression) -> Bool {
        switch (kind, other.kind) {
        case (.literal(let a), .literal(let b)): a == b
        case (.list(let a), .list(let b)), (.and(let a), .and(let b)), (.or(let a), .or(let b)): Self.same(a, b)
        case (.object(let a), .object(let b)): Self.same(a, b)
        case (.ref(let a), .ref(let b)), (.condition(let a), .condition(let b)): a == b
        case (.getAtt(let a, let first), .getAtt(let b, let second)): a == b && first.readsTheSame(as: second)
        case (.sub(let a, let first), .sub(let b, let second)): a == b && Self.same(first, second)
        case (.join(let a, let first), .join(let b, let second)), (.split(let a, let first), .split(let b, let second)):
            a == b && first.readsTheSame(as: second)
        case (.select(let a, let first), .select(let b, let second)), (.equals(let a, let first), .equals(let b, let second)):
            a.readsTheSame(as: b) && first.readsTheSame(as: second)
        case (.findInMap(let a, let b, let c, let d), .findInMap(let e, let f, let g, let h)):
            a.readsTheSame(as: e) && b.readsTheSame(as: f) && c.readsTheSame(as: g) && Self.same(d, h)
        case (.if(let a, let b, let c), .if(let d, let e, let f)): a == d && b.readsTheSame(as: e) && c.readsTheSame(as: f)
        case (.not(let a), .not(let b)): a.readsTheSame(as: b)
        case (.call(let a, let first), .call(let b, let second)): a == b && Self.same(first, second)
        case (.transform(let a, let first), .transform(let b, let second)): a == b && first.readsTheSame(as: second)
        default: false
        }
    }

    static func same(_ a: Expression?, _ b: Expression?) -> Bool {
        switch (a, b) {
        case (nil, nil): true
        case (let a?, let b?): a.readsTheSame(as: b)
        default: false
        }
    }

    static func same(_ a: [Expression], _ b: [Expression]) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { $0.readsTheSame(as: $1) }
    }

    static func same(_ a: [Member], _ b: [Member]) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { $0.key == $1.key && $0.value.readsTheSame(as: $1.value) }
    }
}

extension TemplateResource {
    /// Whether the two declare the same, wherever they stand.
    func readsTheSame(as other: TemplateResource) -> Bool {
        type == other.type && condition == other.condition && Expression.same(properties, other.properties)
            && Expression.same(metadata, other.metadata) && Expression.same(deletionPolicy, other.deletionPolicy)
            && Expression.same(updateReplacePolicy, other.updateReplacePolicy)
            && Expression.same(creationPolicy, other.creationPolicy) && Expression.same(updatePolicy, other.updatePolicy)
    }
}
