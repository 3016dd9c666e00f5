package import Model

/// Where a template parameter's value comes from.
package enum ParameterSource: Hashable, Sendable {
    /// The value itself; a list's items are joined by commas, as CloudFormation takes them.
    case literal(String)
    /// An environment variable of the process.
    case environment(String)
    /// A parameter in SSM's parameter store.
    case ssm(String)
    /// A secret in Secrets Manager, by name or ARN; with a key, that member of its JSON object.
    case secret(id: String, key: String?)
    /// Another stack's output.
    case output(StackAddress, name: String)
    /// A file's contents; the path is as it was written, relative to the stack's folder.
    case file(String)
    /// What somebody at the terminal answers to this text.
    case prompt(String)
    /// What the stack has now (`UsePreviousValue` in a parameter file).
    case previous
}

extension ParameterSource: CustomStringConvertible {
    /// The source in a message, without any value: `ssm /path`.
    package var description: String {
        switch self {
        case .literal: "a value in the file"
        case .environment(let name): "environment variable \(name)"
        case .ssm(let path): "SSM parameter \(path)"
        case .secret(let id, nil): "secret \(id)"
        case .secret(let id, let key?): "key \(key) of secret \(id)"
        case .output(let stack, let name): "output \(name) of stack \(stack)"
        case .file(let path): "file \(path)"
        case .prompt: "a question at the terminal"
        case .previous: "the stack's previous value"
        }
    }
}
