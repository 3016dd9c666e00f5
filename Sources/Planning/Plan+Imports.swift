import Model

extension Plan {
    /// Whether existing resources become part of the stack.
    package var importsResources: Bool { changes.contains { $0.action == .import } }

    /// What a plan that imports resources does besides, in words; empty where it imports none, or nothing else.
    ///
    /// CloudFormation imports by themselves only: nothing else may change with it, the outputs neither (user guide, Import
    /// considerations).
    package var besidesImports: [String] {
        guard importsResources else { return [] }
        let others = changes.filter { $0.action != .import && ($0.listing != .no || $0.willChange != .no) }.map(\.logicalID)
        return others + outputs.map { "output \($0.name)" } + tags.map { "tag \($0.name)" }
    }

    /// How a plan is told that does more than import.
    var mixedImportNote: Finding? {
        let others = besidesImports
        guard !others.isEmpty else { return nil }
        let imported = changes.filter { $0.action == .import }.map(\.logicalID)
        return Finding(
            "import-not-alone", .warning, "\(imported.joined(separator: ", ")) can't be imported together with other changes",
            detail: "CloudFormation imports resources by themselves only, and this plan has \(others.joined(separator: ", ")) too. "
                + "Take those out of the template, apply the import, and put them back.")
    }
}
