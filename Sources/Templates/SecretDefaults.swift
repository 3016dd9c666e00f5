package import Model
import OrderedCollections

/// Secrets that a template holds as defaults of its NoEcho parameters.
extension Template {
    package var secretDefaults: [Secret] {
        parameters.values.compactMap { parameter in
            guard parameter.noEcho, let text = parameter.defaultValue, !text.isEmpty, text != Secret.mask else { return nil }
            return Secret(text)
        }
    }

    /// The text to record: as it is sent, but for secret defaults.
    package var recordedBody: String {
        guard !secretDefaults.isEmpty else { return body }
        let hidden = JSONValue.quoted(Secret.mask)
        let places = root["Parameters"]?.members?.compactMap { member -> (Span, String)? in
            guard parameters[member.key]?.noEcho == true, let value = member.value["Default"], value.text != nil else { return nil }
            return (value.span, hidden)
        }
        // Where a default can't be told from its surroundings, the template is recorded as JSON.
        // So is one that was packaged: its own text names local files.
        guard packagedBody == nil, !usesAliases, let places, places.allSatisfy({ $0.0.start.line == $0.0.end.line }),
            let text = source.replacing(places)
        else {
            return withoutDefaults.prettyText
        }
        return text
    }

    private var withoutDefaults: JSONValue {
        guard case .object(var document) = root.json, case .object(var declared)? = document["Parameters"] else { return root.json }
        for parameter in parameters.values where parameter.noEcho {
            guard case .object(var attributes)? = declared[parameter.name], attributes["Default"] != nil else { continue }
            attributes["Default"] = .string(Secret.mask)
            declared[parameter.name] = .object(attributes)
        }
        document["Parameters"] = .object(declared)
        return .object(document)
    }
}
