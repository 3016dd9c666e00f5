import Foundation
import Model
import Project
import Reporting
import Templates

/// What of a report can be put into a stack's templates, and what is left to a person.
struct Adoption {
    struct Advice {
        var name: String
        var value: JSONValue?
        var what: String
        var location: String?

        func text(_ style: Style) -> String {
            let place = location.map { "\($0): " } ?? ""
            let live = value.map { " (live: \($0.compactText.printable.truncated(to: 120)))" } ?? ""
            return "\(style.yellow("!")) \(place)\(name.printable)\(live): \(what).\n"
        }
    }

    /// The edit of one template.
    struct Edit {
        /// Absolute.
        var path: String
        var template: Template
        var edit: TemplateEdit
        /// The way to the nested stack that has the template: `Network/`; empty for the stack's own.
        var prefix: String

        /// Unified lines; none where nothing could be put in.
        var difference: [String] {
            let lines = UnifiedDifference.lines(template.source.text, edit.text)
            return lines.isEmpty ? [] : ["--- \(template.source.file)", "+++ \(template.source.file)"] + lines
        }
    }

    /// The stack's own template, then those of nested stacks in which something has drifted.
    var edits: [Edit]
    var advice: [Advice]

    /// - Parameter drifted: the resources of whose differences those that count are adopted.
    init(_ drifted: [ResourceDriftReport], _ settings: StackSettings) throws {
        let places = try TemplatePlaces(settings)
        var wishes: [TemplatePlaces.Place: [TemplateEdit.Wish]] = [:]
        advice = []
        for resource in drifted {
            let (place, logicalID) = places.place(of: resource.logicalID)
            if resource.status == .deleted {
                let template = place?.template
                let span = template?.resources[logicalID]?.span
                advice.append(
                    Advice(
                        name: resource.logicalID, value: nil, what: "It was deleted: remove it from the template, or put it right",
                        location: span.flatMap { template?.source.range($0).description }))
                continue
            }
            for difference in resource.counted {
                let name = "\(resource.logicalID).\(difference.path)"
                if difference.sensitive {
                    advice.append(Advice(name: name, value: nil, what: "It is a secret, whose live value is not recorded", location: nil))
                } else if let place, place.others.isEmpty {
                    wishes[place, default: []].append(
                        .init(
                            logicalID: logicalID, path: difference.path, expected: difference.expected ?? .null, value: difference.actual))
                } else {
                    advice.append(Advice(name: name, value: difference.actual, what: Self.why(place), location: nil))
                }
            }
        }
        let own = places.own
        edits = ([own] + wishes.keys.filter { $0 != own }.sorted { $0.prefix < $1.prefix }).map { place in
            Edit(
                path: place.path, template: place.template, edit: TemplateEdit(wishes[place] ?? [], in: place.template),
                prefix: place.prefix)
        }
        for edit in edits {
            advice += edit.edit.advice.map {
                Advice(
                    name: "\(edit.prefix)\($0.wish.logicalID).\($0.wish.path)", value: $0.wish.value, what: $0.text,
                    location: $0.location?.description)
            }
        }
    }

    /// Why nothing is written into the template of a nested stack.
    private static func why(_ place: TemplatePlaces.Place?) -> String {
        guard let place else { return "The template of its nested stack is in no file here: change it where that is" }
        return "\(place.template.source.file) is the template of \(place.others.joined(separator: ", ")) too: change it there if it "
            + "is meant for all of them"
    }

    /// `drift adopt --json`, format version 1.
    struct Report: Encodable {
        struct Edit: Encodable {
            var logicalId: String
            var path: String
            var value: JSONValue?
            var file: String
        }
        struct Advice: Encodable {
            var name: String
            var value: JSONValue?
            var advice: String
            var location: String?
        }
        var formatVersion = 1
        var stack: String
        var environment: String?
        var file: String
        var written: Bool
        var edits: [Edit]
        var advice: [Advice]
    }

    func report(_ address: StackAddress, isWritten: Bool) -> Report {
        Report(
            stack: address.stack, environment: address.environment, file: edits.first?.template.source.file ?? "", written: isWritten,
            edits: edits.flatMap { edit in
                edit.edit.done.map {
                    .init(logicalId: edit.prefix + $0.logicalID, path: $0.path, value: $0.value, file: edit.template.source.file)
                }
            },
            advice: advice.map { .init(name: $0.name, value: $0.value, advice: $0.what, location: $0.location) })
    }
}

/// Which file has the template of which stack: a stack's own, and those nested in it.
private struct TemplatePlaces {
    struct Place: Hashable {
        /// Absolute.
        var path: String
        var template: Template
        /// `Network/` for the template of the nested stack Network.
        var prefix: String
        /// Other stacks that are made from the same file: `Network`.
        var others: [String] = []

        static func == (left: Self, right: Self) -> Bool { left.prefix == right.prefix }
        func hash(into hasher: inout Hasher) { hasher.combine(prefix) }
    }

    let own: Place
    private var nested: [String: Place] = [:]

    /// - Throws: `Problem` where the stack's own template can't be read.
    init(_ settings: StackSettings) throws {
        let template = try settings.loadTemplate().get()
        own = Place(path: settings.templatePath, template: template, prefix: "")
        let templates = settings.nestedTemplates(of: template)
        var pending = [(place: own, folder: "")]
        while let (outer, folder) = pending.popLast() {
            for resource in outer.template.resources.values {
                guard let key = resource.templateKey(in: folder), let template = templates[key] else { continue }
                let place = Place(path: settings.path(ofNested: key), template: template, prefix: "\(outer.prefix)\(resource.logicalID)/")
                nested[place.prefix] = place
                pending.append((place, NestedPath.folder(of: key)))
            }
        }
        for stacks in Dictionary(grouping: nested.keys, by: { nested[$0]?.path }).values where stacks.count > 1 {
            for stack in stacks { nested[stack]?.others = stacks.filter { $0 != stack }.map { String($0.dropLast()) }.sorted() }
        }
    }

    /// The template that a resource stands in, which reports call `Network/Table`; `nil` where that is in no file here.
    func place(of name: String) -> (Place?, logicalID: String) {
        guard let slash = name.lastIndex(of: "/") else { return (own, name) }
        return (nested[String(name[...slash])], String(name[name.index(after: slash)...]))
    }
}
