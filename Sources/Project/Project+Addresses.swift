package import Model

extension Project {
    /// The stacks a command line means.
    ///
    /// - No argument means all stacks, each in all its environments. Where an environment is chosen, it means that environment of
    ///   each stack that has it, and the stacks without environments.
    /// - `network` means the stack in the chosen environment, or in all of its environments where none is chosen.
    /// - `network:prod` means that one, whatever is chosen.
    /// - Parameters:
    ///   - arguments: as typed.
    ///   - environment: what `--env` chooses; `nil` leaves it to `PIPEPLAN_ENV`.
    /// - Returns: addresses in the order of the arguments, each once.
    /// - Throws: `Problem` with a finding for each argument that names nothing.
    package func addresses(_ arguments: [String], environment: String? = nil) throws(Problem) -> [StackAddress] {
        let chosen = environment ?? defaultEnvironment
        if arguments.isEmpty { return try allAddresses(chosen: chosen) }
        var addresses: [StackAddress] = []
        var findings: [Finding] = []
        for argument in arguments {
            do {
                for address in try self.addresses(of: argument, chosen: chosen) where !addresses.contains(address) {
                    addresses.append(address)
                }
            } catch {
                findings += error.findings
            }
        }
        guard findings.isEmpty else { throw Problem(.badInput, findings) }
        return addresses
    }

    private func allAddresses(chosen: String?) throws(Problem) -> [StackAddress] {
        let names = try stackNames()
        guard !names.isEmpty else { throw noStacks }
        var addresses: [StackAddress] = []
        var seen: [String] = []
        var findings: [Finding] = []
        for name in names {
            do {
                let environments = try self.environments(of: name)
                seen += environments
                if environments.isEmpty {
                    addresses.append(StackAddress(stack: name))
                } else {
                    addresses += environments.filter { chosen == nil || $0 == chosen }.map { StackAddress(stack: name, environment: $0) }
                }
            } catch {
                findings += error.findings
            }
        }
        guard findings.isEmpty else { throw Problem(.badInput, findings) }
        if let chosen, !seen.contains(chosen) {
            throw Problem(
                .badInput, "unknown-environment", "No stack has an environment \(chosen)",
                detail: advice(for: chosen, among: Set(seen).sorted()))
        }
        return addresses
    }

    private func addresses(of argument: String, chosen: String?) throws(Problem) -> [StackAddress] {
        guard let address = StackAddress(argument: argument) else {
            throw Problem(
                .badInput, "bad-stack-address", "\(JSONValue.quoted(argument)) is no stack", detail: StackAddress.form)
        }
        let environments = try environments(ofKnown: address.stack)
        if address.environment == nil, chosen == nil, !environments.isEmpty {
            return environments.map { StackAddress(stack: address.stack, environment: $0) }
        }
        if address.environment == nil, environments.isEmpty { return [address] }
        let full = StackAddress(stack: address.stack, environment: address.environment ?? chosen)
        if let finding = unknownEnvironment(full, among: environments) { throw Problem(.badInput, [finding]) }
        return [full]
    }

    /// The stack and environment that stack.yml of `origin` means by `reference`: without an environment of its own, that of `origin`.
    /// - Throws: `Problem` where there is no such stack or environment.
    func resolve(_ reference: StackAddress, from origin: StackAddress) throws(Problem) -> StackAddress {
        let environments = try environments(ofKnown: reference.stack)
        if environments.isEmpty, reference.environment == nil { return reference }
        let full = StackAddress(stack: reference.stack, environment: reference.environment ?? origin.environment)
        if let finding = unknownEnvironment(full, among: environments) { throw Problem(.badInput, [finding]) }
        return full
    }

    /// The environments of a stack that somebody named.
    /// - Throws: `Problem` with the nearest name where there is no such stack.
    private func environments(ofKnown stack: String) throws(Problem) -> [String] {
        if hasStack(stack) { return try environments(of: stack) }
        let names = try stackNames()
        guard !names.isEmpty else { throw noStacks }
        let folder = folder(of: stack)
        let detail =
            isFolderName(stack) && files.isFolder(folder)
            ? "The folder \(shown(folder)) has no stack.yml." : advice(for: stack, among: names)
        throw Problem(.badInput, "unknown-stack", "There is no stack \(stack)", detail: detail)
    }

    private var noStacks: Problem {
        Problem(
            .badInput, "no-stacks", "There is no stack in \(shown(stacksFolder))",
            detail: "A stack is a folder with a stack.yml and a template: \(shown("\(stacksFolder)/<name>/stack.yml")).")
    }

    /// What is wrong with the environment of an address, whose stack exists; `nil` where nothing is.
    func unknownEnvironment(_ address: StackAddress, among environments: [String]) -> Finding? {
        switch address.environment {
        case let name? where environments.isEmpty:
            return Finding(
                "unknown-environment", "Stack \(address.stack) has no environment \(name)",
                detail: "It has no environments at all. Address it as \(address.stack).")
        case let name? where !environments.contains(name):
            return Finding(
                "unknown-environment", "Stack \(address.stack) has no environment \(name)", detail: advice(for: name, among: environments))
        case nil where !environments.isEmpty:
            return Finding(
                "missing-environment", "Stack \(address.stack) is named without an environment",
                detail: "It has \(listed(environments)). Write \(address.stack):\(environments[0]), for one.")
        default: return nil
        }
    }
}

extension StackAddress {
    /// What an argument names, which may be the path of a stack's folder: `stacks/web/`, as a shell completes it.
    package init?(argument: String) {
        var name = argument[...]
        if name.hasPrefix("./") { name = name.dropFirst(2) }
        if name.hasPrefix("stacks/") { name = name.dropFirst("stacks/".count) }
        if name.hasSuffix("/") { name = name.dropLast() }
        self.init(String(name))
    }
}
