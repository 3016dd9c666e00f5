import Model

/// CloudFormation's limits (user guide, "Understand CloudFormation quotas") on single parts of a template; those on how many parts it
/// has, and on its size, are checked with its structure.
struct LimitChecks {
    private let template: Template

    private static let descriptionBytes = 1_024
    private static let mappingRows = 200
    private static let mappingCells = 200
    private static let nameCharacters = 255
    private static let dynamicReferences = 60

    init(_ template: Template) { self.template = template }

    var exceeded: [Finding] {
        descriptions + mappings + dynamicReferences + size
    }

    private var descriptions: [Finding] {
        var described: [(what: String, text: String?, span: Span)] = [
            ("The description of the template", template.description, template.root["Description"]?.span ?? template.root.span)
        ]
        described += template.outputs.values.map { ("The description of output \($0.name)", $0.description, $0.span) }
        return described.compactMap { what, text, span in
            guard let count = text?.utf8.count, count > Self.descriptionBytes else { return nil }
            return error("\(what) has \(count) bytes; CloudFormation takes \(Self.descriptionBytes)", "Shorten it.", at: span)
        }
    }

    private var mappings: [Finding] {
        template.mappings.flatMap { name, mapping in
            var findings: [Finding] = []
            func report(_ summary: String, _ detail: String) { findings.append(error(summary, detail, at: mapping.span)) }
            if mapping.rows.count > Self.mappingRows {
                report("Mapping \(shortened(name)) has \(mapping.rows.count) keys; CloudFormation takes \(Self.mappingRows)", "Split it.")
            }
            for (key, cells) in mapping.rows where cells.count > Self.mappingCells {
                report(
                    "Mapping \(shortened(name)).\(shortened(key)) has \(cells.count) keys; CloudFormation takes \(Self.mappingCells)",
                    "Split it.")
            }
            let names = [name] + mapping.rows.keys + mapping.rows.values.flatMap(\.keys)
            if let long = names.first(where: { $0.unicodeScalars.count > Self.nameCharacters }) {
                report("The name \(shortened(long)) has more than \(Self.nameCharacters) characters", "Shorten it.")
            }
            return findings
        }
    }

    private var dynamicReferences: [Finding] {
        guard template.source.text.contains(bytes: "{{resolve:") else { return [] }
        let count = template.source.text.split(bytes: "{{resolve:").count - 1
        guard count > Self.dynamicReferences else { return [] }
        return [
            error(
                "The template has \(count) dynamic references; CloudFormation takes \(Self.dynamicReferences)",
                "Split it into several stacks, or nest some.", at: template.root.span)
        ]
    }

    private var size: [Finding] {
        let count = (template.packagedBody ?? template.source.text).utf8.count
        guard count > TemplateLimits.inlineBytes, count <= TemplateLimits.bytes else { return [] }
        let code = CatalogFinding.largeTemplate
        return [
            template.source.finding(
                code.rawValue, code.severity, "The template has \(count) bytes; CloudFormation reads it from S3 only",
                detail: "Above \(TemplateLimits.inlineBytes) bytes it must be uploaded: name a bucket as `artifacts` in stack.yml.",
                at: template.root.span)
        ]
    }

    private func error(_ summary: String, _ detail: String, at span: Span) -> Finding {
        template.source.finding("limit-exceeded", summary, detail: detail, at: span)
    }
}

/// The types that CloudFormation makes a snapshot of before it deletes a resource (user guide, "DeletionPolicy attribute").
enum SnapshotTypes {
    static let names: Set<String> = [
        "AWS::DocDB::DBCluster", "AWS::EC2::Volume", "AWS::ElastiCache::CacheCluster", "AWS::ElastiCache::ReplicationGroup",
        "AWS::Neptune::DBCluster", "AWS::RDS::DBCluster", "AWS::RDS::DBInstance", "AWS::Redshift::Cluster",
    ]
}
