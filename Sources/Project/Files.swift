import Foundation
import Model
import Templates

/// Reads the project's files; what goes wrong is told as a finding that names the file as the user would.
struct Files: Sendable {
    /// Where shown paths start from.
    var workingDirectory: String

    /// Far more than any file a stack is made of; keeps a mistaken path from filling memory.
    static let largestSize = 32 << 20

    func shown(_ path: String) -> String { Paths.relative(path, to: workingDirectory) }

    /// The bytes of a regular file.
    /// - Parameters:
    ///   - path: absolute.
    ///   - place: where the file is named, if it is.
    ///   - largest: the most bytes it may have.
    func read(_ path: String, namedAt place: Place? = nil, largest: Int = Files.largestSize) throws(Problem) -> Data {
        // Without waiting: opening a pipe that nobody writes to would never return.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(errno, path, place) }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(errno, path, place) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw problem("not-a-file", "\(shown(path)) is a folder", "A file is expected here.", place)
        default: throw problem("not-a-file", "\(shown(path)) is no regular file", "Pipes and devices are not read.", place)
        }
        guard status.st_size <= largest else {
            throw problem(
                "file-too-large", "\(shown(path)) is larger than \(largest >> 20) MiB", "Is it the file you meant?", place)
        }
        do {
            return try handle.readToEnd() ?? Data()
        } catch {
            throw problem("unreadable-file", "Can't read \(shown(path))", "\(error.systemReason).", place)
        }
    }

    /// The templates that a template nests by their paths, at any depth.
    /// - Parameter folder: of the template itself, absolute.
    /// - Returns: the templates by their paths from that folder, and a finding for each that can't be read.
    func templates(nestedIn template: Template, from folder: String) -> Reading<[String: Template]> {
        template.readNested { path in
            let file = Paths.absolute(path, from: folder)
            return (try? read(file)).map { NamedFile(name: shown(file), data: $0) }
        }
    }

    func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    /// Whether something has that name, be it a link to nothing: whoever put it there wants to hear that it can't be read.
    func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// The names in a folder, sorted.
    func names(in folder: String) throws(Problem) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        } catch {
            throw problem("unreadable-folder", "Can't read the folder \(shown(folder))", "Check its permissions.", nil)
        }
    }

    private func failure(_ code: Int32, _ path: String, _ place: Place?) -> Problem {
        let reason = String(cString: strerror(code))
        guard code == ENOENT || code == ENOTDIR else {
            let advice = code == EACCES ? "Check its permissions and those of the folders above it." : ""
            return problem("unreadable-file", "Can't read \(shown(path)): \(reason)", advice, place)
        }
        guard !exists(path) else {
            return problem("missing-file", "\(shown(path)) is a link to nothing", "Correct the link, or remove it.", place)
        }
        let folder = Paths.parent(of: path)
        guard isFolder(folder) else {
            return problem("missing-file", "There is no file \(shown(path))", "There is no folder \(shown(folder)) either.", place)
        }
        let neighbours = (try? names(in: folder)) ?? []
        let advice = nearestName(to: Paths.name(of: path), in: neighbours).map { "Did you mean \($0)?" }
        return problem("missing-file", "There is no file \(shown(path))", advice ?? "Create it, or correct the path.", place)
    }

    private func problem(_ code: String, _ summary: String, _ detail: String, _ place: Place?) -> Problem {
        let finding = place?.finding(code, summary, detail: detail) ?? Finding(code, summary, detail: detail)
        return Problem(.badInput, [finding])
    }
}

/// Names for an error message: all of a few, the first of many.
func listed(_ names: some Collection<String>) -> String {
    let most = 20
    let shown = names.prefix(most).joined(separator: ", ")
    return names.count > most ? "\(shown) and \(names.count - most) more" : shown
}

/// What to do about an unknown name: the nearest known one, or all of them.
func advice(for name: String, among known: some Collection<String>) -> String {
    if let nearest = nearestName(to: name, in: known) { return "Did you mean \(nearest)?" }
    return known.isEmpty ? "" : "Known are \(listed(known))."
}
