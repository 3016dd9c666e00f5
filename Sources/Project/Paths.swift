/// Paths as text: nothing here asks the file system, so a link is not followed and `..` takes back the name before it.
enum Paths {
    /// `path` seen from `folder`, which is absolute, without `.` and `..`. An absolute path stays what it is.
    static func absolute(_ path: String, from folder: String) -> String {
        "/" + components(path.hasPrefix("/") ? path : "\(folder)/\(path)").joined(separator: "/")
    }

    /// What a user in `folder` would type for the file; both are absolute. Where they have no folder in common, the absolute path.
    static func relative(_ path: String, to folder: String) -> String {
        let target = components(path)
        let origin = components(folder)
        let shared = zip(target, origin).prefix { $0 == $1 }.count
        guard shared > 0 || origin.isEmpty else { return path }
        let steps = Array(repeating: "..", count: origin.count - shared) + target[shared...]
        return steps.isEmpty ? "." : steps.joined(separator: "/")
    }

    static func parent(of path: String) -> String {
        "/" + components(path).dropLast().joined(separator: "/")
    }

    static func name(of path: String) -> String { components(path).last ?? "/" }

    private static func components(_ path: String) -> [String] {
        var names: [String] = []
        for name in path.split(separator: "/") where name != "." {
            if name == ".." { _ = names.popLast() } else { names.append(String(name)) }
        }
        return names
    }
}
