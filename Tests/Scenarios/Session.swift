import Foundation
import TestSupport
import Testing

/// A project in a folder of its own, and the program run in it as a user would.
final class Session: Sendable {
    let folder: TemporaryFolder
    private let environment: [String: String]
    /// For other programs that are to see the same.
    var surroundings: [String: String] { environment }

    /// - Parameters:
    ///   - stacks: a copy of these folders of the repository's `stacks/`.
    ///   - endpoint: an AWS endpoint; `nil` uses the embedded sandbox.
    init(stacks: [String] = [], endpoint: String? = nil, environment: [String: String] = [:]) throws {
        folder = try TemporaryFolder()
        var variables = ["TZ": "UTC", "USER": "tester"]
        if let endpoint {
            variables["AWS_ENDPOINT_URL"] = endpoint
            variables["AWS_ACCESS_KEY_ID"] = "test"
            variables["AWS_SECRET_ACCESS_KEY"] = "test"
            variables["AWS_REGION"] = "us-east-1"
            variables["AWS_CONFIG_FILE"] = "/dev/null"
            variables["AWS_SHARED_CREDENTIALS_FILE"] = "/dev/null"
        } else {
            variables["PIPEPLAN_SANDBOX"] = "1"
        }
        self.environment = variables.merging(environment) { _, given in given }
        try FileManager.default.createDirectory(atPath: "\(folder.path)/stacks", withIntermediateDirectories: true)
        for stack in stacks {
            try FileManager.default.copyItem(atPath: "\(Repository.root)/stacks/\(stack)", toPath: "\(folder.path)/stacks/\(stack)")
        }
    }

    /// Runs `pipeplan` with arguments as they would be typed, separated by spaces.
    func pipeplan(_ line: String, environment: [String: String] = [:], input: String? = nil) throws -> ProcessResult {
        try run(
            Repository.program, line.split(separator: " ").map(String.init), in: folder.path,
            environment: self.environment.merging(environment) { _, given in given }, input: input)
    }

    /// Starts `pipeplan` with arguments as they would be typed.
    func start(_ line: String) throws -> RunningProgram {
        try RunningProgram(
            Repository.program, line.split(separator: " ").map(String.init), in: folder.path, environment: environment)
    }

    /// The deployments that are recorded, newest first: `update succeeded`.
    func history() throws -> [String] {
        (try json("history")["deployments"] as? [[String: Any]] ?? []).map { "\($0["kind"] ?? "") \($0["status"] ?? "")" }
    }

    /// The result of a command with `--json`, as a tree of Foundation's values.
    func json(_ line: String) throws -> [String: Any] {
        let result = try pipeplan(line + " --json")
        let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
        return object as? [String: Any] ?? [:]
    }

    func edit(_ file: String, replacing old: String, with new: String) throws {
        let text = try folder.read(file)
        guard text.contains(old) else { throw EditFailure(file: file, text: old) }
        try folder.write(text.replacing(old, with: new), to: file)
    }

    /// The files that hold `text` anywhere, by path.
    func filesHolding(_ text: String) throws -> [String] {
        try folder.contents().filter { $0.value.range(of: Data(text.utf8)) != nil }.map(\.key).sorted()
    }
}

extension RunningServer {
    /// Runs a script in Python that asks the endpoint, not this project, or does something there by hand: `client('s3')` is boto3's.
    /// - Returns: what it printed.
    @discardableResult func python(_ script: String) throws -> String {
        let head = """
            import boto3
            def client(name): return boto3.client(name, endpoint_url='\(endpoint)', region_name='us-east-1',
                aws_access_key_id='test', aws_secret_access_key='test')

            """
        let result = try run(Repository.python("python"), ["-c", head + script], in: Repository.root)
        #expect(result.status == 0, "\(result.errors)")
        return result.output
    }
}

struct EditFailure: Error, CustomStringConvertible {
    var file: String
    var text: String
    var description: String { "\(file) does not hold \(text)" }
}
