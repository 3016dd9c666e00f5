package import Foundation
import Model

/// A share in a folder that several machines see, such as one on NFS.
///
/// An object is written aside, forced to the disk, and linked to its name: link(2) makes a name where there is none and fails
/// where there is one, on NFS too, where locks and O_EXCL have not always been trustworthy.
package struct DirectoryShareStorage: ShareStorage {
    package let name: String
    private let root: String
    private let randomName: @Sendable () -> String

    /// - Parameters:
    ///   - root: an absolute path.
    ///   - randomName: names that no other process makes up.
    package init(name: String, root: String, randomName: @escaping @Sendable () -> String) {
        self.name = name
        self.root = root
        self.randomName = randomName
    }

    package func createIfAbsent(_ body: Data, at path: String) async throws -> CreationAnswer {
        let aside = try writeAside(body)
        defer { unlink(aside) }
        let target = try preparedPath(path)
        guard link(aside, target) == 0 else {
            guard errno == EEXIST else { throw unavailable("\(path) can't be made", errno) }
            return .exists
        }
        try syncFolder(of: target)
        return .created
    }

    package func get(_ path: String) async throws -> Data? {
        let descriptor = open("\(root)/\(path)", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT {
                try requireRoot()
                return nil
            }
            throw unavailable("\(path) can't be read", errno)
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            return try handle.readToEnd() ?? Data()
        } catch {
            throw unavailable("\(path) can't be read", EIO)
        }
    }

    package func put(_ body: Data, at path: String) async throws {
        let aside = try writeAside(body)
        let target = try preparedPath(path)
        guard rename(aside, target) == 0 else {
            let code = errno
            unlink(aside)
            throw unavailable("\(path) can't be written", code)
        }
        try syncFolder(of: target)
    }

    package func list(_ folder: String, after: String?) async throws -> [ShareEntry] {
        let path = "\(root)/\(folder)"
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch CocoaError.fileReadNoSuchFile, CocoaError.fileNoSuchFile {
            try requireRoot()
            return []
        } catch {
            throw unavailable("\(folder) can't be listed", error.systemCode ?? EIO)
        }
        return names.sorted().compactMap { name in
            var status = stat()
            guard !name.hasPrefix("."), after.map({ $0 < name }) ?? true, stat("\(path)/\(name)", &status) == 0,
                status.st_mode & S_IFMT == S_IFREG
            else { return nil }
            // A rename puts another file in its place.
            return ShareEntry(name: name, tag: "\(status.st_ino)-\(Self.time(status))-\(status.st_size)")
        }
    }

    private static func time(_ status: stat) -> String {
        #if canImport(Glibc)
            "\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
        #else
            "\(status.st_mtimespec.tv_sec).\(status.st_mtimespec.tv_nsec)"
        #endif
    }

    // MARK: Files

    /// A file beside the share's objects that holds `body`, on the disk.
    private func writeAside(_ body: Data) throws -> String {
        let path = "\(root)/.aside/\(randomName())"
        try makeFolder(of: path)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw unavailable("Nothing can be written there", errno) }
        defer { close(descriptor) }
        _ = fchmod(descriptor, 0o600 | groupMode & 0o060)
        var rest = Array(body)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 || errno == EINTR else {
                let code = errno
                unlink(path)
                throw unavailable("Nothing can be written there", code)
            }
            rest = rest.dropFirst(max(0, count))
        }
        guard fsync(descriptor) == 0 else {
            let code = errno
            unlink(path)
            throw unavailable("What was written did not reach the disk", code)
        }
        return path
    }

    private func preparedPath(_ path: String) throws -> String {
        let full = "\(root)/\(path)"
        try makeFolder(of: full)
        return full
    }

    private func makeFolder(of path: String) throws {
        let folder = Self.folder(of: path)
        var status = stat()
        if stat(folder, &status) == 0 { return }
        try requireRoot()
        try makeFolder(of: folder)
        if mkdir(folder, 0o700) == 0 {
            _ = chmod(folder, 0o700 | groupMode)
        } else if errno != EEXIST {
            throw unavailable("A folder can't be made there", errno)
        }
        try syncFolder(of: folder)
    }

    private func syncFolder(of path: String) throws {
        let descriptor = open(Self.folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unavailable("A folder there can't be opened", errno) }
        defer { close(descriptor) }
        // Some file systems have nothing to force for a folder, and say so with EINVAL.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw unavailable("What was written did not reach the disk", errno) }
    }

    /// What the group may do with the share's folder, it may with all in it, whatever the umask of whoever makes that.
    private var groupMode: mode_t {
        var status = stat()
        return stat(root, &status) == 0 ? status.st_mode & 0o2070 : 0
    }

    /// A folder that is not mounted must not look like one in which nothing is.
    private func requireRoot() throws {
        var status = stat()
        guard stat(root, &status) == 0 else { throw unavailable("The folder is not there", errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw unavailable("It is no folder", ENOTDIR) }
    }

    private static func folder(of path: String) -> String { String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) }

    private func unavailable(_ what: String, _ code: Int32) -> ShareUnavailable {
        ShareUnavailable(
            name, Problem(.failed, "share-folder", what, detail: "The system says of \(root): \(String(cString: strerror(code)))."),
            isDenied: [EACCES, EPERM, EROFS, ENOTDIR, ENOSPC, EDQUOT].contains(code))
    }
}
