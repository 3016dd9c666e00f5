import Model
import OrderedCollections
import Templates

/// Something an expression reads by name.
enum ReadName: Hashable {
    case name(String)
    case attribute(String, String)
    case other

    init(_ reference: Reference) {
        switch reference {
        case .name(let name): self = .name(name)
        case .attribute(let logicalID, let name?): self = .attribute(logicalID, name)
        case .attribute, .condition, .mapping: self = .other
        }
    }
}

/// Why a property changes, in the terms of DescribeChangeSet.
///
/// The table of details per cause is not in AWS's reference; it was read from recorded change sets.
struct PropertyCauses {
    private(set) var parameters: [String] = []
    /// What stands in the parameter store under a name that a parameter gives, and is another value now.
    private(set) var storedValues: [String] = []
    /// Resources that are replaced, read by `Ref`.
    private(set) var replacedResources: [String] = []
    /// Resources that may be replaced, read by `Ref`.
    private(set) var maybeReplacedResources: [String] = []
    /// Attributes of resources that are replaced.
    private(set) var replacedAttributes: [(String, String)] = []
    /// Attributes of resources that are modified in place, or may be replaced.
    private(set) var modifiedAttributes: [(String, String)] = []
    /// Read of resources of which it is not known whether they change at all.
    private(set) var uncertainReads: [ChangeCause] = []
    /// Whether CloudFormation sees another value.
    var isChanged = false

    init(_ references: OrderedSet<ReadName>, _ planner: Planner) {
        for reference in references {
            switch reference {
            case .name(let name) where planner.desired.template.parameters[name] != nil:
                if planner.parameters.changed.contains(name) { parameters.append(name) }
                if let path = planner.parameters.storedElsewise[name] { storedValues.append(path) }
            case .name(let name):
                guard let outcome = planner.outcomes[name], outcome.listing != .no, !outcome.isNew else { continue }
                if outcome.listing == .unknown, outcome.willReplace != .no { uncertainReads.append(ChangeCause(.resourceReference, name)) }
                if outcome.replacement == .yes { replacedResources.append(name) }
                if outcome.replacement == .conditional { maybeReplacedResources.append(name) }
            case .attribute(let logicalID, let name):
                guard let outcome = planner.outcomes[logicalID], outcome.listing != .no, !outcome.isNew else { continue }
                if outcome.listing == .unknown {
                    uncertainReads.append(ChangeCause(.resourceAttribute, "\(logicalID).\(name)"))
                } else if outcome.replacement == .yes {
                    replacedAttributes.append((logicalID, name))
                } else {
                    modifiedAttributes.append((logicalID, name))
                }
            case .other: continue
            }
        }
    }

    /// The symbols that are listed because they are read again.
    var dynamicSymbols: Set<Symbol> {
        Set(modifiedAttributes.map { Symbol.attribute(logicalID: $0.0, name: $0.1) } + maybeReplacedResources.map { Symbol.ref($0) })
    }

    var causes: [ChangeCause] {
        let causes =
            parameters.map { ChangeCause(.parameterReference, $0) }
            + storedValues.map { ChangeCause(.directModification, "the stored value of \($0)") }
            + (replacedResources + maybeReplacedResources).map { ChangeCause(.resourceReference, $0) }
            + (replacedAttributes + modifiedAttributes).map { ChangeCause(.resourceAttribute, "\($0.0).\($0.1)") } + uncertainReads
        return causes.isEmpty ? [.template] : causes
    }

    private func staticDetails(_ target: ChangeDetail) -> [ChangeDetail] {
        parameters.map { target.with(.static, .parameterReference, $0) }
            + replacedResources.map { target.with(.static, .resourceReference, $0) }
            + replacedAttributes.map { target.with(.static, .resourceAttribute, "\($0.0).\($0.1)") }
    }

    /// What is listed without property values.
    func details(_ target: ChangeDetail, dynamicRecreation: ChangeDetail.Recreation) -> [ChangeDetail] {
        var details: [ChangeDetail] = []
        if isChanged {
            details = staticDetails(target)
            if details.isEmpty {
                details = [target.with(.static, .directModification, nil)]
            } else if !parameters.isEmpty {
                details.append(target.with(.dynamic, .directModification, nil))
            }
        }
        var reread = target
        reread.recreation = dynamicRecreation
        details += modifiedAttributes.map { reread.with(.dynamic, .resourceAttribute, "\($0.0).\($0.1)") }
        details += maybeReplacedResources.map { reread.with(.dynamic, .resourceReference, $0) }
        return details
    }

    /// What is listed with property values, for a property that is changed.
    func detailsWithValues(_ target: ChangeDetail) -> [ChangeDetail] {
        let details = staticDetails(target)
        return details.isEmpty
            ? [target.with(.static, .directModification, nil)] : details + [target.with(.dynamic, .directModification, nil)]
    }
}

extension ChangeDetail {
    fileprivate func with(_ evaluation: Evaluation, _ source: Source, _ cause: String?) -> ChangeDetail {
        var detail = self
        detail.evaluation = evaluation
        detail.source = source
        detail.causingEntity = cause
        return detail
    }
}
