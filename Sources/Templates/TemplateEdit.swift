import Foundation
package import Model

/// Values put into a template's own text in the place of literals: comments and formatting stay.
package struct TemplateEdit: Sendable {
    /// A value for a place of a resource.
    package struct Wish: Hashable, Sendable {
        package var logicalID: String
        /// Below the properties, as plans write it: `Environment.Variables.URL`, `Tags[env].Value`, `Stages[0].Name`.
        package var path: String
        /// What is there by all that is known, and `null` for nothing; without it that is not looked at.
        package var expected: JSONValue?
        /// `nil` where nothing is to be there.
        package var value: JSONValue?

        package init(logicalID: String, path: String, expected: JSONValue? = nil, value: JSONValue?) {
            self.logicalID = logicalID
            self.path = path
            self.expected = expected
            self.value = value
        }
    }

    /// Why a wish is left to a person, and where.
    package struct Advice: Hashable, Sendable {
        package var wish: Wish
        package var text: String
        package var location: SourceRange?
    }

    /// The edited text; the template's own where nothing could be put in.
    package private(set) var text: String
    package private(set) var done: [Wish] = []
    package private(set) var advice: [Advice] = []

    /// Puts in what can be, one wish after the other. Each edit is read again: one that does not come out as just that is taken back.
    package init(_ wishes: [Wish], in template: Template) {
        text = template.source.text
        var current = template
        for wish in wishes {
            switch Self.replacement(wish, in: current) {
            case .failure(let reason): advice.append(reason.advice(for: wish))
            case .success(let replacement):
                guard let edited = current.source.replacing([replacement]), let next = Self.checked(edited, wish, current) else {
                    advice.append(
                        Advice(wish: wish, text: "It can't be written in place", location: current.source.range(replacement.span)))
                    continue
                }
                text = edited
                current = next
                done.append(wish)
            }
        }
    }

    private struct Reason: Error {
        var text: String
        var location: SourceRange?
        func advice(for wish: Wish) -> Advice { Advice(wish: wish, text: text, location: location) }
    }

    private static func replacement(_ wish: Wish, in template: Template) -> Result<(span: Span, text: String), Reason> {
        guard let resource = template.resources[wish.logicalID] else {
            return .failure(Reason(text: "The template has no resource \(wish.logicalID)"))
        }
        func refuse(_ text: String, _ span: Span) -> Result<(span: Span, text: String), Reason> {
            .failure(Reason(text: text, location: template.source.range(span)))
        }
        let properties = Expression(.object(resource.properties), span: resource.span)
        let place = properties.place(at: wish.path[...])
        guard let found = place.expression else {
            return refuse("The template does not set it here", place.nearest.span)
        }
        guard let value = wish.value else { return refuse("Remove it here", found.span) }
        guard case .literal(let scalar) = found.kind else { return refuse(found.origin, found.span) }
        guard let text = value.scalarText else { return refuse("It is no single value any more", found.span) }
        guard !template.usesAliases else {
            return refuse("The template uses aliases, so that it may stand for others too: change it here", found.span)
        }
        if let expected = wish.expected, found.literalText != expected.scalarText {
            return refuse("It was added or moved in a list, or the template has been edited since: change it here", found.span)
        }
        guard let raw = template.source.text(in: found.span), let written = written(text, in: raw, isText: scalar.isText) else {
            return refuse("It is written over several lines", found.span)
        }
        return .success((found.span, written))
    }

    /// The value in the style of what stands there; `nil` where that has several lines.
    private static func written(_ text: String, in raw: String, isText: Bool) -> String? {
        if raw.contains("\n") || raw.hasPrefix("|") || raw.hasPrefix(">") { return nil }
        let isOneLine = !text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }
        if raw.hasPrefix("'"), isOneLine { return "'\(text.replacing("'", with: "''"))'" }
        guard !raw.hasPrefix("\""), !raw.hasPrefix("'") else { return JSONValue.quoted(text) }
        // A plain scalar is read again, to see whether it still is what is meant: no comment, no map, no other type.
        let isPlain =
            isOneLine
            && Document.read("- \(text)\n", file: "value").value?.root.json.arrayItems.map { items in
                guard items.count == 1, let item = items.first, item.scalarText == text else { return false }
                if case .string = item { return true }
                return !isText
            } == true && !text.contains(where: { ",[]{}".contains($0) })
        return isPlain ? text : JSONValue.quoted(text)
    }

    /// The edited template, where the value stands at its place and all other resources are what they were.
    private static func checked(_ text: String, _ wish: Wish, _ before: Template) -> Template? {
        guard let after = Template.read(text, file: before.source.file).value, let resource = after.resources[wish.logicalID] else {
            return nil
        }
        let properties = Expression(.object(resource.properties), span: resource.span)
        guard properties.place(at: wish.path[...]).expression?.literalText == wish.value?.scalarText else { return nil }
        func others(_ template: Template) -> JSONValue {
            guard case .object(var root) = template.root.json, case .object(var resources)? = root["Resources"] else { return .null }
            resources[wish.logicalID] = nil
            root["Resources"] = .object(resources)
            return .object(root)
        }
        return others(before) == others(after) ? after : nil
    }
}

extension Scalar {
    fileprivate var isText: Bool { if case .string = self { true } else { false } }
}

extension Expression {
    /// What stands at a path inside, as deep as maps and lists are written out; `nearest` is the innermost that was reached.
    fileprivate func place(at path: Substring) -> (expression: Expression?, nearest: Expression) {
        guard !path.isEmpty else { return (self, self) }
        switch kind {
        case .object(let members):
            let rest = path.first == "." ? path.dropFirst() : path
            // A name may hold dots itself: the longest counts.
            let fitting = members.filter { rest == $0.key[...] || rest.hasPrefix("\($0.key).") || rest.hasPrefix("\($0.key)[") }
            guard let member = fitting.max(by: { $0.key.count < $1.key.count }) else { return (nil, self) }
            return member.value.place(at: rest.dropFirst(member.key.count))
        case .list(let items):
            guard path.first == "[", let end = path.firstIndex(of: "]") else { return (nil, self) }
            let name = path[path.index(after: path.startIndex)..<end]
            let tagged = items.first { $0["Key"]?.literalText == String(name) }
            guard let item = tagged ?? Int(name).flatMap({ items.indices.contains($0) ? items[$0] : nil }) else { return (nil, self) }
            return item.place(at: path[path.index(after: end)...])
        default: return (self, self)
        }
    }

    /// Where the value comes from, for somebody who is to change it there.
    fileprivate var origin: String {
        switch kind {
        case .ref(let name): "It comes from \(name): change that, or write the value here"
        case .object, .list: "It is no single value: change it here"
        case .findInMap(let map, _, _, _): "It comes from the mapping \(map.literalText ?? ""): change it there"
        case .if(let condition, _, _): "It depends on the condition \(condition): change the branch that counts"
        default: "It is worked out by a function: change what that takes"
        }
    }
}

extension SourceText {
    /// The text of a span; `nil` where that is not to be found.
    fileprivate func text(in span: Span) -> String? {
        guard let range = byteRange(of: span) else { return nil }
        return String(decoding: Array(text.utf8)[range], as: UTF8.self)
    }
}
