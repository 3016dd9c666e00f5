import Model
import ResourceTypes
import Templates

/// A property's values: as they are, as CloudFormation will take them, and as they will really be.
struct PropertyDifference {
    var name: String
    var old: Value?
    var new: Value?
    var truth: Value?
    var schema: PropertySchema?
    var causes: [ChangeCause]
    var location: SourceRange?

    func change(_ leaf: LeafDifference, willChange: Certainty, _ recreation: ChangeDetail.Recreation) -> PropertyChange {
        PropertyChange(
            path: leaf.path(below: name), pointer: leaf.pointer(below: name), before: leaf.before?.shown, after: leaf.after?.shown,
            known: leaf.after?.isKnown ?? true, sensitive: (leaf.before?.isSensitive ?? false) || (leaf.after?.isSensitive ?? false),
            requiresReplacement: recreation, causes: causes, willChange: willChange,
            unknownBecause: willChange == .unknown ? leaf.after?.unknownReason : nil, location: location)
    }
}

extension LeafDifference {
    /// Why a value differs that stands for a local file or folder: its name in S3 is made of its contents.
    func cause(ofContentsAt path: String) -> ChangeCause {
        func name(_ value: Value?) -> Substring? { value?.text?.split(separator: "/").last }
        let isBucket = if case .key(let key)? = steps.last { key.hasSuffix("Bucket") } else { false }
        let isMoved = isBucket || name(before) == name(after)
        return ChangeCause(.directModification, isMoved ? "the place it is uploaded to" : "the contents of \(path)")
    }
}

extension Expression {
    /// The expression that stands at a place inside, as deep as maps and lists are written out; `nil` where the place was reached by
    /// other means than its name or number.
    func expression(at steps: ArraySlice<LeafDifference.Step>) -> Expression? {
        guard let step = steps.first else { return self }
        switch (kind, step) {
        case (.object, .key(let name)): return self[name]?.expression(at: steps.dropFirst())
        case (.list(let items), .index(let index)):
            // An item that a condition takes away moves those behind it.
            guard items.indices.contains(index), !items.contains(where: { if case .if = $0.kind { true } else { false } }) else {
                return nil
            }
            return items[index].expression(at: steps.dropFirst())
        case (.list(let items), .tag(let key)):
            return items.first { $0["Key"]?.literalText == key }?.expression(at: steps.dropFirst())
        case (.object, _), (.list, _): return nil
        default: return self
        }
    }
}

extension LeafDifference.Step {
    /// The component of a schema path that stands for this step.
    var component: String {
        switch self {
        case .key(let name): name
        case .index, .tag: "*"
        }
    }
}
