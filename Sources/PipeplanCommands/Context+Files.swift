import Foundation
import Model

extension Context {
    /// The file that a path means which somebody typed: from the working folder, where it is not absolute.
    func url(of path: String) -> URL {
        URL(fileURLWithPath: path, relativeTo: URL(fileURLWithPath: workingDirectory, isDirectory: true))
    }

    /// Puts other contents into a file at once: whatever happens, it has the old or the new ones. Where the path is a link, it stays
    /// one; permissions and a byte order mark stay too.
    /// - Parameter path: absolute.
    static func rewrite(_ path: String, with text: String) throws {
        let file = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        let before = try Data(contentsOf: file)
        let mark = Data([0xEF, 0xBB, 0xBF])
        let permissions = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions]
        try ((before.starts(with: mark) ? mark : Data()) + Data(text.utf8)).write(to: file, options: .atomic)
        if let permissions { try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: file.path) }
    }

    func isFile(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: url(of: path).path, isDirectory: &isFolder) && !isFolder.boolValue
    }
}
