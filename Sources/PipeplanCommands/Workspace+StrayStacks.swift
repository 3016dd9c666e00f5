import Model

extension Workspace {
    /// A note on the recorded stacks that no file describes any more, which a plan of all files passes over; `nil` where there are none.
    func strayStacks(_ options: CommonOptions) throws -> Finding? {
        let environment = options.environment ?? project.defaultEnvironment
        let stray = try database.recordedStacks().map(\.address).filter { address in
            guard environment == nil || address.environment == nil || address.environment == environment else { return false }
            return try settings(ofRecorded: address) == nil
        }
        guard let first = stray.first else { return nil }
        return Finding(
            "recorded-without-files", .note, "Recorded, but in no file: \(stray.map(\.description).joined(separator: ", "))",
            detail: "`pipeplan destroy \(first)` deletes the stack, `pipeplan state rm \(first)` only forgets it.")
    }
}
