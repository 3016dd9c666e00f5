import Foundation
import Model

/// The files of a folder, or one file alone, as they go into an archive.
struct FileTree: Sendable {
    struct Entry: Sendable {
        /// Below the folder, with slashes.
        var name: String
        /// Absolute.
        var path: String
        var isExecutable: Bool
        /// In bytes.
        var size: Int
    }

    /// By the bytes of their names.
    let entries: [Entry]
    /// As the user would type it.
    let shownPath: String

    /// More than any service takes: Elastic Beanstalk, the most generous of them, stops at 500 MB (developer guide, "Create an
    /// application source bundle").
    static let largestSize = 512 << 20
    /// An archive has two bytes to count them with.
    static let mostEntries = 65_535

    /// - Parameters:
    ///   - path: of a folder, absolute.
    ///   - most: how many files and folders it may have, what a link leads to counted each time.
    /// - Throws: `Problem` (exit code 4) for a link that leads out of the folder or nowhere, what is neither file nor folder, and more than
    ///   can be uploaded.
    init(folder path: String, shownPath: String, most: Int = Self.mostEntries) throws(Problem) {
        var walk = FolderWalk(root: FolderWalk.resolved(path) ?? path, shownPath: shownPath, most: most)
        try walk.visit(path, name: "", inside: [])
        guard !walk.entries.isEmpty else {
            throw Problem(
                .badInput, "empty-artifact", "There is no file in the folder \(shownPath)", detail: "Correct the path, or fill it.")
        }
        entries = walk.entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        self.shownPath = shownPath
        try checkSize()
    }

    /// - Parameter path: of a file, absolute.
    init(file path: String, shownPath: String) throws(Problem) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw Problem(.badInput, "unreadable-file", "Can't read \(shownPath): \(String(cString: strerror(errno)))")
        }
        // To read a pipe would be to wait for whoever writes to it.
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw Problem(
                .badInput, "not-a-file", "\(shownPath) is neither a file nor a folder", detail: "Pipes, sockets and devices are not packed."
            )
        }
        entries = [Entry(name: Paths.name(of: path), path: path, isExecutable: status.isExecutable, size: Int(status.st_size))]
        self.shownPath = shownPath
        try checkSize()
    }

    private func checkSize() throws(Problem) {
        let size = entries.reduce(0) { $0 + $1.size }
        guard size <= Self.largestSize else {
            throw Problem(
                .badInput, "artifact-too-large", "\(shownPath) has \(size >> 20) MiB; \(Self.largestSize >> 20) MiB can be uploaded",
                detail: "No service takes more. Is there something in it that does not belong there?")
        }
    }

    /// Of names, executable bits and contents, not of times, owners or the bytes of an archive: so it is the same on every machine and
    /// with every version of zlib.
    func digest() throws -> Digest {
        var listing = ""
        for entry in entries {
            listing += "\(entry.isExecutable ? "x" : "-") \(try Self.digest(ofFile: entry.path, shownPath: shownPath)) \(entry.name)\0"
        }
        return Digest(of: listing)
    }

    /// The digest of a file's bytes, which are read piece by piece.
    static func digest(ofFile path: String, shownPath: String) throws -> Digest {
        guard let handle = FileHandle(forReadingAtPath: path) else { throw unreadable(path, shownPath) }
        defer { try? handle.close() }
        do {
            return try Digest { try handle.read(upToCount: 1 << 20).flatMap { $0.isEmpty ? nil : $0 } }
        } catch {
            throw unreadable(path, shownPath)
        }
    }

    /// The archive of the files.
    /// - Throws: `Problem` (exit code 3) where they are not what they were when `digest` was made.
    func archive(expecting digest: Digest) throws -> Data {
        var listing = ""
        var archive = ZipArchive()
        for entry in entries {
            guard let contents = FileManager.default.contents(atPath: entry.path) else { throw Self.unreadable(entry.path, shownPath) }
            listing += "\(entry.isExecutable ? "x" : "-") \(Digest(of: contents)) \(entry.name)\0"
            archive.add(entry.name, contents, isExecutable: entry.isExecutable)
        }
        guard Digest(of: listing) == digest else { throw Self.changed(shownPath) }
        return archive.finished()
    }

    static func changed(_ shownPath: String) -> Problem {
        Problem(.refused, "artifact-changed", "\(shownPath) has changed since it was planned", detail: "Plan again, and review that.")
    }

    private static func unreadable(_ path: String, _ shownPath: String) -> Problem {
        Problem(
            .badInput, "unreadable-file", "Can't read \(Paths.name(of: path)), which \(shownPath) holds",
            detail: "Check its permissions, or take it out.")
    }
}

/// Collects the files of a folder; links are followed as long as they stay in it.
private struct FolderWalk {
    /// The folder itself, without links in its path.
    let root: String
    let shownPath: String
    let most: Int
    /// Files and folders that were come by. Links that lead to folders with links make many more of them than there are on the disk.
    var count = 0
    var entries: [FileTree.Entry] = []

    /// - Parameter outer: the folders around, without links in their paths.
    mutating func visit(_ folder: String, name: String, inside outer: [String]) throws(Problem) {
        guard let real = Self.resolved(folder), let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            throw problem("Can't read the folder", name, "Check its permissions.")
        }
        guard !outer.contains(real) else { throw problem("A link leads back to a folder around it:", name, "Remove it.") }
        for child in names {
            try visitChild("\(folder)/\(child)", name: name.isEmpty ? child : "\(name)/\(child)", inside: outer + [real])
        }
    }

    private mutating func visitChild(_ path: String, name: String, inside outer: [String]) throws(Problem) {
        count += 1
        guard count <= most else {
            throw Problem(
                .badInput, "artifact-too-large", "\(shownPath) has more than \(most) files and folders, and an archive takes no more",
                detail: "Is there something in it that does not belong there? What a link leads to counts each time.")
        }
        var status = stat()
        guard lstat(path, &status) == 0 else { throw problem("Can't read", name, "Check its permissions.") }
        if status.st_mode & S_IFMT == S_IFLNK {
            guard let target = Self.resolved(path), stat(path, &status) == 0 else {
                throw problem("A link leads to nothing:", name, "Correct it, or remove it.")
            }
            guard target == root || target.hasPrefix(root + "/") else {
                throw problem(
                    "A link leads out of the folder:", name, "What it points to would be packed unseen. Put a copy there instead.")
            }
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: try visit(path, name: name, inside: outer)
        case S_IFREG:
            entries.append(FileTree.Entry(name: name, path: path, isExecutable: status.isExecutable, size: Int(status.st_size)))
        default: throw problem("What is neither file nor folder can't be packed:", name, "Remove it.")
        }
    }

    private func problem(_ summary: String, _ name: String, _ detail: String) -> Problem {
        let path = name.isEmpty ? shownPath : "\(shownPath)/\(name)"
        return Problem(.badInput, "unreadable-artifact", "\(summary) \(path)", detail: detail)
    }

    /// The path without links; `nil` where it leads to nothing.
    static func resolved(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}

extension stat {
    /// Whether anybody may execute the file.
    fileprivate var isExecutable: Bool { st_mode & 0o111 != 0 }
}
