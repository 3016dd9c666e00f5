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
    ///
    /// The lock is on a file in `locks/` beside the database, which stays there: taking it away would let two hold the same name.
    /// - Throws: `Problem` where the file can't be made.
    package func hold(_ address: StackAddress) throws -> StackHold? {
        let folder = "\(file.folder)/locks"
        if mkdir(folder, 0o700) != 0, errno != EEXIST { throw file.systemProblem("could not be locked", errno) }
        let name = address.description.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(.init(charactersIn: "-_.:")))
        let path = "\(folder)/\(name ?? Digest(of: address.description).hex).lock"
        let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw file.systemProblem("could not be locked", errno) }
        let hold = StackHold(descriptor)
        // A file system without locks can't tell; the database itself still lets only one deployment of a stack begin.
        return flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK ? nil : hold
    }

    /// The same, where it is to be refused otherwise.
    /// - Throws: `RecordingRefusal.held` with the deployment that is under way.
    package func requireHold(_ address: StackAddress) throws -> StackHold {
        if let hold = try hold(address) { return hold }
        throw RecordingRefusal.held(address, by: try openDeployment(address))
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
