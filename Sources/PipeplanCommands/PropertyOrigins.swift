import Model
import OrderedCollections
import Planning
import Project
import Reporting
import Templates

/// Where the values of a recorded resource come from: the places in the template, and of the parameters in them.
struct PropertyOrigins {
    private let recorded: RecordedStack
    /// The template in its file, where that is still the recorded one; else as it is recorded.
    private let template: Template
    /// `nil` where the stack's files are gone or can't be read.
    private let settings: StackSettings?
    private let resolved: [String: JSONValue]

    init(_ recorded: RecordedStack, _ workspace: Workspace) throws {
        self.recorded = recorded
        settings = (try? workspace.settings(ofRecorded: recorded.address)) ?? nil
        let stored = try recorded.template()
        let file = settings?.loadTemplate().value
        template = file.map { $0.recordedBody == recorded.templateBody ? $0 : stored } ?? stored
        resolved = resolvedProperties(of: stored, parameters: recorded.parameters, stack: recorded, types: workspace.types)
    }

    /// - Parameter values: the recorded properties; `nil` where none are, as in a log of an earlier version.
    func properties(of logicalID: String, recorded values: JSONValue?) -> [ResourceStateReport.Property] {
        let values = (values ?? resolved[logicalID])?.objectMembers ?? [:]
        let written = template.resources[logicalID]?.properties ?? []
        // In the order of the template, with what it does not have (a macro's work) at the end.
        let names = OrderedSet(written.map(\.key)).union(values.keys)
        return names.compactMap { name in
            guard let value = values[name] else { return nil }
            guard let property = written.first(where: { $0.key == name }) else {
                return ResourceStateReport.Property(name: name, value: value, location: nil, origins: [])
            }
            return ResourceStateReport.Property(
                name: name, value: value, location: Self.line(template.source.range(property.keySpan)),
                origins: origins(of: property.value))
        }
    }

    private func origins(of expression: Expression) -> [String] {
        var origins: OrderedSet<String> = []
        expression.forEachReference { reference, _ in
            switch reference {
            case .name(let name):
                if let parameter = template.parameters[name] {
                    origins.append(origin(of: parameter))
                } else if template.resources[name] != nil {
                    origins.append("resource \(name)")
                }
            case .attribute(let logicalID, let name): origins.append("attribute \(logicalID)\(name.map { ".\($0)" } ?? "")")
            case .condition(let name): origins.append("condition \(name)")
            case .mapping(let name): origins.append("mapping \(name)")
            }
        }
        return Array(origins)
    }

    private func origin(of parameter: TemplateParameter) -> String {
        let name = "parameter \(parameter.name)"
        if let source = settings?.parameters[parameter.name] {
            let place = Self.line(source.place.range)
            if case .literal = source.value { return "\(name) (\(place))" }
            return "\(name) (\(source.value), \(place))"
        }
        if parameter.defaultValue != nil { return "\(name) (default, \(Self.line(template.source.range(parameter.span))))" }
        return name
    }

    private static func line(_ range: SourceRange) -> String { "\(range.file):\(range.start.line)" }
}
