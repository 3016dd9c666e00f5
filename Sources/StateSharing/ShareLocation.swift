package import Model

/// Where a share is, as it is written in stacks/pipeplan.yml or on the command line.
package enum ShareLocation: Hashable, Sendable {
    case s3(bucket: String, prefix: String, region: String?, profile: String?)
    /// An absolute path.
    case directory(String)

    /// Reads `s3://bucket/prefix`, with `?region=…&profile=…` where they are not those of the command, or a path.
    ///
    /// - Parameter folder: what a relative path starts from.
    /// - Throws: `Problem` (exit code 4) for what names no place.
    package init(_ text: String, relativeTo folder: String) throws(Problem) {
        func bad(_ why: String) -> Problem {
            Problem(
                .badInput, "bad-share", "\(JSONValue.quoted(text)) names no share",
                detail: "\(why). Write s3://bucket/prefix, or the path of a folder.")
        }
        guard !text.isEmpty else { throw bad("It is empty") }
        guard text.contains("://") else {
            let path = text.hasPrefix("/") ? text : "\(folder)/\(text)"
            self = .directory(Self.cleaned(path))
            return
        }
        guard text.hasPrefix("s3://") else { throw bad("Only s3:// is known") }
        let parts = text.dropFirst("s3://".count).split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let place = parts[0].split(separator: "/", omittingEmptySubsequences: true)
        guard let bucket = place.first else { throw bad("The bucket is missing") }
        var settings: [String: String] = [:]
        for setting in parts.count > 1 ? parts[1].split(separator: "&") : [] {
            let pair = setting.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2, ["region", "profile"].contains(pair[0]) else {
                throw bad("Only region=… and profile=… may follow the `?`")
            }
            settings[pair[0]] = pair[1]
        }
        let prefix = place.dropFirst().map { $0 + "/" }.joined()
        self = .s3(bucket: String(bucket), prefix: prefix, region: settings["region"], profile: settings["profile"])
    }

    /// An absolute path without `.` and `..`, so that a place has one name.
    private static func cleaned(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// The place alone: two that are written differently and mean the same have the same name.
    package var name: String {
        switch self {
        case .s3(let bucket, let prefix, _, _): "s3://\(bucket)/\(prefix)"
        case .directory(let path): path
        }
    }
}
