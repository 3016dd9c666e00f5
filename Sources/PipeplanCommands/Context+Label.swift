import Model

extension Context {
    /// These surroundings with a name in front of each line that is written, to tell apart who writes at the same time.
    /// - Parameter width: that of the longest name, so that what follows stands in one column.
    func labelled(_ name: String, width: Int) -> Context {
        let name = name + String(repeating: " ", count: max(0, width - name.count))
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
