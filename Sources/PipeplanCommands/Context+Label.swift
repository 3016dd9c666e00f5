import Model

extension Context {
    /// These surroundings with a name in front of each line that is written, to tell apart who writes at the same time.
    func labelled(_ name: String) -> Context {
        var labelled = self
        labelled.terminal.write = { [terminal] in terminal.write($0.labelled(name)) }
        labelled.terminal.writeError = { [terminal] in terminal.writeError($0.labelled(name)) }
        return labelled
    }
}

extension String {
    /// This text, which begins at a line's start, with a name in front of each line that is not empty.
    fileprivate func labelled(_ name: String) -> String {
        split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : "\(name) | \($0)" }.joined(separator: "\n")
    }
}
