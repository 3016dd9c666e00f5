import Foundation
import Model

/// The ends of chains that this clone has seen, in a text file beside the database: a line for each settled deployment,
/// `<lineage> <serial> <hash> <stack>[:<environment>]`.
///
/// Whoever writes the database anew, or puts another in its place, has to think of this file too; a table in the database
/// would be written anew along with it. It is a memory and no part of the log: where it can't be written or read, nothing fails.
struct SeenHeads {
    struct Head: Hashable {
        var lineage: String
        var address: StackAddress
        var serial: Int
        var hash: Digest

        var line: String { "\(lineage) \(serial) \(hash.hex) \(address)\n" }

        init(lineage: String, address: StackAddress, serial: Int, hash: Digest) {
            self.lineage = lineage
            self.address = address
            self.serial = serial
            self.hash = hash
        }

        init?(_ line: Substring) {
            let parts = line.split(separator: " ", maxSplits: 3).map(String.init)
            guard parts.count == 4, let serial = Int(parts[1]), let address = StackAddress(parts[3]) else { return nil }
            self.init(lineage: parts[0], address: address, serial: serial, hash: Digest(hex: parts[2]))
        }
    }

    private let path: String
    /// A line more is cheap; that many of them are written anew with the last of each stack only.
    private static let longest = 256 << 10

    init(beside file: DatabaseFile) { path = file.folder + "/heads" }

    /// The last head of each stack in each log, in the order they were seen.
    var heads: [Head] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        var last: [String: (index: Int, head: Head)] = [:]
        for (index, line) in String(decoding: data, as: UTF8.self).split(separator: "\n").enumerated() {
            guard let head = Head(line) else { continue }
            let key = "\(head.lineage) \(head.address)"
            if let known = last[key], known.head.serial > head.serial { continue }
            last[key] = (index, head)
        }
        return last.values.sorted { $0.index < $1.index }.map(\.head)
    }

    func remember(_ head: Head) {
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return }
        // One write of a line is not mixed with another process's.
        let bytes = Array(head.line.utf8)
        _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        var status = stat()
        let isLong = fstat(descriptor, &status) == 0 && status.st_size > Self.longest
        close(descriptor)
        if isLong { replace(with: heads) }
    }

    /// Goes back to an earlier end of one stack's chain, whose last record is about to be given up for another one.
    /// - Parameter head: `nil` where there is none before.
    func goBack(_ address: StackAddress, in lineage: String, to head: Head?) {
        let known = heads
        let others = known.filter { $0.lineage != lineage || $0.address != address }
        guard others.count < known.count else { return }
        replace(with: others + [head].compactMap(\.self))
    }

    /// Forgets all others.
    func replace(with heads: [Head]) {
        let text = heads.map(\.line).joined()
        let temporary = "\(path).\(getpid())"
        guard FileManager.default.createFile(atPath: temporary, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600]) else {
            return
        }
        if rename(temporary, path) != 0 { unlink(temporary) }
    }
}
