import Foundation
package import Model

/// The right of one process to work on one stack with this database.
///
/// The system takes it back when the process ends, however it ends: so whoever comes next can tell a deployment that is under way
/// from one whose process has died.
package final class StackHold: Sendable {
    private let descriptor: Int32

    fileprivate init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }
}

extension StateDatabase {
    /// Takes hold of a stack for as long as the result lives; `nil` where somebody else has it.
    /// - Throws: `Problem` where it can't be locked.
    package func hold(_ address: StackAddress) throws -> StackHold? { try file.hold(address) }

    /// The same, where it is to be refused otherwise.
    /// - Throws: `RecordingRefusal.held` with the deployment that is under way.
    package func requireHold(_ address: StackAddress) throws -> StackHold {
        if let hold = try hold(address) { return hold }
        throw RecordingRefusal.held(address, by: try openDeployment(address), process: file.holder(of: address))
    }

    /// An open deployment whose process has died, to be gone on with by who holds its stack now.
    /// - Throws: `RecordingRefusal.alreadySettled` where it is not as it was seen any more.
    package func takeUp(_ interrupted: Deployment) throws -> Deployment {
        guard let current = try deployment(interrupted.address, serial: interrupted.serial), current == interrupted,
            current.status.isOpen
        else { throw RecordingRefusal.alreadySettled(try deployment(interrupted.address, serial: interrupted.serial) ?? interrupted) }
        return current
    }
}

extension DatabaseFile {
    private var lockFolder: String { folder + "/locks" }

    /// The lock is on a file in `locks/` beside the database, which stays there: taking it away would let two hold the same name.
    /// Whoever has it writes down which process it is.
    fileprivate func hold(_ address: StackAddress) throws -> StackHold? {
        if mkdir(lockFolder, 0o700) != 0, errno != EEXIST { throw systemProblem("could not be locked", errno) }
        let descriptor = Foundation.open(lockFile(of: address), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw systemProblem("could not be locked", errno) }
        let hold = StackHold(descriptor)
        // A file system without locks can't tell; the database itself still lets only one deployment of a stack begin.
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK { return nil }
        let process = Array("\(getpid())\n".utf8)
        if ftruncate(descriptor, 0) == 0 { _ = process.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) } }
        return hold
    }

    private func lockFile(of address: StackAddress) -> String {
        let name = address.description.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(.init(charactersIn: "-_.:")))
        return "\(lockFolder)/\(name ?? Digest(of: address.description).hex).lock"
    }

    /// The process that holds a stack, or held it last; `nil` where it has not written that down.
    func holder(of address: StackAddress) -> Int? {
        let text = FileManager.default.contents(atPath: lockFile(of: address)).map { String(decoding: $0, as: UTF8.self) }
        return text.flatMap { Int($0.prefix { $0 != "\n" }) }
    }

    /// Takes hold of stacks, and of every other one that was ever worked on here, whether the database can still tell of it or not.
    /// - Throws: `RecordingRefusal.held` where somebody is at work on one of them.
    func holdAll(_ known: some Sequence<StackAddress>, openDeployment: (StackAddress) -> Deployment?) throws -> [StackHold] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: lockFolder)) ?? []
        let locked = names.compactMap { name in
            name.hasSuffix(".lock") ? String(name.dropLast(5)).removingPercentEncoding.flatMap(StackAddress.init) : nil
        }
        return try Set(known).union(locked).sorted().map { address in
            guard let hold = try hold(address) else {
                throw RecordingRefusal.held(address, by: openDeployment(address), process: holder(of: address))
            }
            return hold
        }
    }
}
