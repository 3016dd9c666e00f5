import Foundation
import Model

extension Context {
    /// The file that a path means which somebody typed: from the working folder, where it is not absolute.
    func url(of path: String) -> URL {
        URL(fileURLWithPath: path, relativeTo: URL(fileURLWithPath: workingDirectory, isDirectory: true))
    }

    func isFile(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: url(of: path).path, isDirectory: &isFolder) && !isFolder.boolValue
    }
}
