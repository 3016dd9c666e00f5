package import Model
import Templates

/// The folder that holds `stacks/`, and what is set for all of them.
package struct Project: Sendable {
    /// The absolute path of the folder that holds `stacks/`.
    package var root: String
    /// The absolute path of the folder for the state database: `state/` under the root, or what `PIPEPLAN_STATE` names.
    package var stateFolder: String
    package var settings: ProjectSettings
    /// What `PIPEPLAN_ENV` chooses for stacks that are addressed without an environment.
    package var defaultEnvironment: String?
    let files: Files

    package var stacksFolder: String { "\(root == "/" ? "" : root)/stacks" }

    /// A path as the user would type it where they are.
    package func shown(_ path: String) -> String { files.shown(path) }
}

extension Project {
    /// The project around the working directory: the nearest folder, from there upwards, that holds a folder `stacks`.
    /// - Throws: `Problem` where there is none, or stacks/pipeplan.yml can't be read.
    package static func find(from context: Context) throws(Problem) -> Project {
        let files = Files(workingDirectory: context.workingDirectory)
        var root = Paths.absolute(".", from: context.workingDirectory)
        while !files.isFolder(Paths.absolute("stacks", from: root)) {
            guard root != "/" else {
                throw Problem(
                    .badInput, "no-project", "There is no folder stacks in \(context.workingDirectory) or above it",
                    detail: "A project keeps each stack as stacks/<name>/stack.yml. Go to a project's folder, or create that file.")
            }
            root = Paths.parent(of: root)
        }
        let state = context.environment["PIPEPLAN_STATE"].nonEmpty
        let stateFolder =
            state.map { Paths.absolute($0, from: context.workingDirectory) } ?? Paths.absolute("state", from: root)
        var project = Project(
            root: root, stateFolder: stateFolder, settings: ProjectSettings(),
            defaultEnvironment: context.environment["PIPEPLAN_ENV"].nonEmpty, files: files)
        let path = "\(project.stacksFolder)/pipeplan.yml"
        if files.exists(path) {
            project.settings = try ProjectSettings.read(try files.read(path), file: files.shown(path)).value()
        }
        return project
    }

    /// The names of all stacks, sorted: the folders under `stacks/` that hold a stack.yml.
    package func stackNames() throws(Problem) -> [String] {
        try files.names(in: stacksFolder).filter(hasStack)
    }

    func hasStack(_ name: String) -> Bool { isFolderName(name) && files.exists(stackFilePath(name)) }

    /// Whether the text is one folder's name and no way to others.
    func isFolderName(_ text: String) -> Bool { !text.isEmpty && text != "." && text != ".." && !text.contains("/") }

    /// The environments of a stack in the order of its stack.yml; empty where it has none.
    package func environments(of stack: String) throws(Problem) -> [String] {
        Array(try stackFile(of: stack).environments.keys)
    }

    /// What is written in a stack's stack.yml.
    package func stackFile(of stack: String) throws(Problem) -> StackFile {
        let path = stackFilePath(stack)
        return try StackFile.read(try files.read(path), file: files.shown(path)).value()
    }

    func folder(of stack: String) -> String { "\(stacksFolder)/\(stack)" }

    private func stackFilePath(_ stack: String) -> String { "\(folder(of: stack))/stack.yml" }
}

extension Reading {
    /// `get()`, with the type of what it throws.
    func value() throws(Problem) -> Value {
        guard let value, !findings.contains(where: { $0.severity == .error }) else { throw Problem(.badInput, findings) }
        return value
    }
}

extension String? {
    /// An environment variable set to nothing counts as one that is not set.
    fileprivate var nonEmpty: String? { flatMap { $0.isEmpty ? nil : $0 } }
}
