import Model
import OrderedCollections
import Planning
import Project
import StateDatabase
import Templates

/// Which stacks import what others of them export, by their files: the former are deployed behind the latter.
struct ImportDependencies {
    let project: Project
    let context: Context
    /// The region and account of a stack, as far as they are known; `nil` where its files don't name them.
    var place: (StackSettings) -> (region: String?, accountID: String?) = { ($0.region, nil) }

    /// - Returns: the stacks that import something, each with those it imports from. Names that only the deployed stacks know count
    ///   for nothing, and neither does a stack whose files can't be read: whoever plans it says so.
    func find(_ addresses: [StackAddress]) -> [StackAddress: [Located<StackAddress>]] {
        // One alone waits for none, and its files are not read for that.
        guard addresses.count > 1 else { return [:] }
        let settings = addresses.compactMap { try? project.configuration(of: $0) }
        let importing = settings.filter { $0.templateMentions("ImportValue") }
        guard !importing.isEmpty else { return [:] }
        let exporters = settings.filter { $0.templateMentions("Export") }.compactMap(member)
        var dependencies: [StackAddress: [Located<StackAddress>]] = [:]
        for importer in importing.compactMap(member) {
            for (name, span) in importer.use.imported {
                let place = Place(source: importer.source, span: span)
                for exporter in exporters where exporter.exports(name, to: importer) {
                    dependencies[importer.settings.address, default: []].append(Located(exporter.settings.address, at: place))
                }
            }
        }
        return dependencies
    }

    private func member(_ settings: StackSettings) -> Member? {
        guard let template = settings.loadTemplate().value else { return nil }
        let parameters = settings.resolveOffline(
            declared: template.parameters, environment: context.environment, recorded: nil, recordedOutput: { _, _ in nil },
            randomBytes: context.randomBytes)
        let bound = template.bind((parameters.value ?? [:]).mapValues(\.value)).value ?? [:]
        let (region, accountID) = place(settings)
        let pseudo = EvaluationEnvironment.pseudoParameters(
            stackName: settings.stackName, region: region ?? "", accountID: accountID)
        return Member(
            settings: settings, region: region, accountID: accountID, source: template.source,
            use: ExportUse(template, EvaluationEnvironment(parameters: bound, pseudo: pseudo)))
    }

    /// A stack with the exports it makes and imports.
    private struct Member {
        var settings: StackSettings
        var region: String?
        var accountID: String?
        var source: SourceText
        var use: ExportUse

        /// Exports are known in one region of one account. Where an account is not recorded, those who deploy in the same way deploy there.
        func exports(_ name: String, to importer: Member) -> Bool {
            guard settings.address != importer.settings.address, use.exported.contains(name), region == importer.region else {
                return false
            }
            if let accountID, let other = importer.accountID { return accountID == other }
            return settings.profile == importer.settings.profile && settings.assumeRole == importer.settings.assumeRole
        }
    }
}

extension Workspace {
    /// Stacks in the order of deployment, each with those among them that it has to wait for.
    /// - Throws: as `Project.deploymentDependencies`.
    func deploymentDependencies(
        _ addresses: [StackAddress], profile: String?
    ) throws(Problem) -> OrderedDictionary<StackAddress, [StackAddress]> {
        let imports = ImportDependencies(project: project, context: context) { settings in
            let recorded = (try? database.recordedStack(settings.address)).flatMap(\.self)
            return (try? region(of: settings, recorded, profile), recorded?.accountID)
        }
        return try project.deploymentDependencies(addresses, imports: imports.find(addresses))
    }
}
