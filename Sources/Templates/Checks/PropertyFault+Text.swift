import Model
import ResourceTypes

extension PropertyFault {
    /// What a fault is told as. Values are not repeated, but for the names that one of a few was to be: what a property holds may be
    /// a secret.
    struct Text {
        var code: CatalogFinding
        var summary: String
        var detail: String
    }

    /// - Parameter nearest: finds the name that was most likely meant.
    func text(_ owner: PropertyOwner, nearest: (String, [String]) -> String?) -> Text {
        let name = owner.name(of: place)
        func advice(_ name: String, _ known: [String]) -> String {
            if let nearest = nearest(name, known) { return "Did you mean \(nearest)?" }
            return known.isEmpty ? "Nothing may stand here." : "It is one of \(listed(known))."
        }
        switch kind {
        case .unknownProperty(let key, let known):
            return Text(
                code: .unknownProperty, summary: "Unknown property \(owner.name(of: place + [.name(key)]))",
                detail: "\(advice(key, known)) \(CatalogAge.note)")
        case .missingProperty(let key):
            return Text(
                code: .missingProperty, summary: "Property \(owner.name(of: place + [.name(key)])) is missing",
                detail: "\(owner.typeName) requires it.")
        case .missingOneOf(let keys):
            let names = keys.joined(separator: ", ")
            return Text(
                code: .missingProperty, summary: "\(name) lacks one of the properties \(names)",
                detail: "\(owner.typeName) requires at least one of them.")
        case .missingDependent(let key, let other):
            return Text(
                code: .missingProperty, summary: "Property \(owner.name(of: place + [.name(key)])) is missing",
                detail: "\(owner.typeName) requires it where there is \(other).")
        case .exclusive(let first, let second):
            return Text(
                code: .exclusiveProperties, summary: "\(name) can't have both \(first) and \(second)", detail: "Leave one of them out.")
        case .wrongType(let found, let allowed):
            let hint = allowed == .array && !found.hasPrefix("a map") ? "Of a single value, write a list of one." : ""
            return Text(code: .wrongType, summary: "\(name) must be \(allowed.names), found \(found)", detail: hint)
        case .notAllowed(let text, let allowed):
            return Text(
                code: .badValue, summary: "\(name) can't be \(JSONValue.quoted(shortened(text)))",
                detail: "\(advice(text, allowed)) \(CatalogAge.note)")
        case .mismatch(let pattern):
            return Text(
                code: .badPattern, summary: "\(name) does not match the pattern of its type",
                detail: "The pattern is \(pattern). \(CatalogAge.note)")
        case .length(let least, let most):
            return Text(code: .badLength, summary: "\(name) must have \(bounds(least, most)) characters", detail: CatalogAge.note)
        case .range(let least, let most):
            return Text(
                code: .outOfRange, summary: "\(name) must be \(bounds(least.map(written), most.map(written)))", detail: CatalogAge.note)
        case .itemCount(let least, let most):
            return Text(code: .badCount, summary: "\(name) must have \(bounds(least, most)) items", detail: CatalogAge.note)
        case .propertyCount(let least, let most):
            return Text(code: .badCount, summary: "\(name) must have \(bounds(least, most)) properties", detail: CatalogAge.note)
        case .duplicateItem:
            return Text(code: .duplicateItem, summary: "\(name) is in its list already", detail: "The items must differ. Leave one out.")
        }
    }

    private func bounds(_ least: (some CustomStringConvertible)?, _ most: (some CustomStringConvertible)?) -> String {
        switch (least, most) {
        case (let least?, let most?): least.description == most.description ? "\(least)" : "\(least) to \(most)"
        case (let least?, nil): "at least \(least)"
        case (nil, let most?): "at most \(most)"
        case (nil, nil): "any number of"
        }
    }

    private func written(_ number: Double) -> String {
        let text = String(number)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}

/// The resource, or another part of the template, whose values were compared with a schema.
struct PropertyOwner {
    var logicalID: String
    var typeName: String

    /// `Bucket.LifecycleConfiguration.Rules[0].Status`.
    func name(of place: [PropertyFault.Step]) -> String {
        place.reduce(into: logicalID) { name, step in
            switch step {
            case .name(let key): name += ".\(shortened(key))"
            case .item(let index): name += "[\(index)]"
            }
        }
    }
}

/// The catalog was made on some day, and AWS goes on.
enum CatalogAge {
    static let note = "So says the catalog of \(ResourceTypeCatalog.source); plan and apply leave what is newer to CloudFormation."
}

extension PropertySchema.Types {
    /// `a string or a list`.
    fileprivate var names: String {
        let all: [(PropertySchema.Types, String)] = [
            (.string, "a string"), (.integer, "a whole number"), (.number, "a number"), (.boolean, "true or false"), (.array, "a list"),
            (.object, "a map"),
        ]
        return all.filter { contains($0.0) }.map(\.1).joined(separator: " or ")
    }
}

/// Names for an error message: all of a few, the first of many.
private func listed(_ names: [String]) -> String {
    let most = 20
    let shown = names.prefix(most).map(shortened).joined(separator: ", ")
    return names.count > most ? "\(shown) and \(names.count - most) more" : shown
}

/// Text that may be as long as a template, for one line of a message.
func shortened(_ text: String) -> String {
    let longest = 80
    return text.utf8.count <= longest ? text : String(text.unicodeScalars.prefix(longest)) + "…"
}
