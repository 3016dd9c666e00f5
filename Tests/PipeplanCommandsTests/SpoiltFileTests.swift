import Foundation
import Model
import TestSupport
import Testing

@testable import PipeplanCommands

@Suite struct `Whatever a project's files hold, a command ends with a reason` {
    private static let good: [String: String] = [
        "stacks/shop/template.yml": "Resources: {Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: one}}}\n",
        "stacks/shop/stack.yml": "region: us-east-1\nparameters: parameters.json\n",
        "stacks/shop/parameters.json": "[]", "stacks/pipeplan.yml": "region: us-east-1\n",
    ]

    private static let spoilt: [String: Data] = {
        let texts: [String: String] = [
            "empty": "", "NUL": "region: us\0east\n", "byte order mark alone": "\u{FEFF}", "CRLF": "a:\r\n  b: c\r\n",
            "deep YAML": "a: " + String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000),
            "deep JSON": String(repeating: #"{"a":"#, count: 5000) + "1" + String(repeating: "}", count: 5000),
            "enormous numbers": "Resources: 99999999999999999999999999999999999\nregion: 1e999\nparameters: -1e400\n", "list": "- a\n- b\n",
            "scalar": "hello\n", "null": "~\n", "tab": "\tregion: x\n", "twice": "region: a\nregion: b\n",
            "alias of itself": "a: &a [*a]\n",
            "several documents": "--- a\n--- b\n", "cut off": #"{"Resources": {"A": {"Type": "AWS::SN"#,
            "binary tag": "!!binary aGVsbG8=\n",
            "escape": #"region: "\x1b[31mred""#,
        ]
        var spoilt = texts.mapValues { Data($0.utf8) }
        spoilt["invalid UTF-8"] = Data([0x72, 0x3A, 0x20, 0xFF, 0xFE, 0x0A])
        spoilt["UTF-16"] = "region: us-east-1\n".data(using: .utf16)
        spoilt["binary"] = Data((0..<3000).map { UInt8(truncatingIfNeeded: $0 &* 197 &+ $0 / 7) })
        return spoilt
    }()

    private func run(_ line: String, in folder: TemporaryFolder) async -> (status: Int32, text: String) {
        let typed = TypedTerminal()
        let context = Context.test(in: folder.path, typed, environment: ["PIPEPLAN_SANDBOX": "1"])
        let status = await Pipeplan.run(line.split(separator: " ").map(String.init), in: context)
        return (status, typed.output + typed.errors)
    }

    @Test(arguments: good.keys.sorted()) func `be it the contents of the file`(name: String) async throws {
        for (kind, data) in Self.spoilt.sorted(by: { $0.key < $1.key }) {
            let folder = try TemporaryFolder()
            for (name, text) in Self.good { try folder.write(text, to: name) }
            try data.write(to: URL(fileURLWithPath: "\(folder.path)/\(name)"))
            for line in ["plan", "validate", "apply --auto-approve", "drift adopt shop", "destroy shop --auto-approve"] {
                let (status, text) = await run(line, in: folder)
                #expect([0, 1, 2, 3, 4].contains(status), "\(kind): \(line)")
                #expect(!text.contains("\u{1B}") && !text.contains("NSCocoaErrorDomain"), "\(kind): \(text)")
                guard status == 4, line == "plan" else { continue }
                #expect(text.contains(/stacks\/[^ :]*:[0-9]+:[0-9]+/), "\(kind): \(text)")
            }
            #expect(await run("state verify", in: folder).status == 0 || name == "stacks/pipeplan.yml", "\(kind)")
        }
    }

    @Test(arguments: good.keys.sorted()) func `be it a folder`(name: String) async throws {
        let folder = try TemporaryFolder()
        for (name, text) in Self.good { try folder.write(text, to: name) }
        try FileManager.default.removeItem(atPath: "\(folder.path)/\(name)")
        try FileManager.default.createDirectory(atPath: "\(folder.path)/\(name)", withIntermediateDirectories: false)
        for line in ["plan", "validate", "apply --auto-approve"] {
            let (status, text) = await run(line, in: folder)
            #expect(status == 4, "\(line): \(text)")
            #expect(text.contains("\(name) is a folder"), "\(line): \(text)")
        }
    }

    @Test func `what the system says is told in its words, and what was typed does not steer the terminal`() async throws {
        let folder = try TemporaryFolder()
        for (name, text) in Self.good { try folder.write(text, to: name) }
        #expect(await run("diff stacks/shop stacks/shop/template.yml", in: folder).text.contains("Is a directory. Name a file"))
        #expect(await run("diff stacks/pipeplan.yml/x stacks/shop/template.yml", in: folder).text.contains("Not a directory."))
        #expect(await run("plan shop --out stacks", in: folder).text.contains("Is a directory."))
        let (status, text) = await run("state who \u{1B}[31m", in: folder)
        #expect(status == 4 && !text.contains("\u{1B}") && text.contains(#"\u{1b}[31m"#), "\(text)")
    }

    @Test func `faults that can't be read are told with their place`() async throws {
        let folder = try TemporaryFolder()
        for (name, text) in Self.good { try folder.write(text, to: name) }
        try folder.write(#"{"drift": {"seconds": "soon"}}"#, to: "state/sandbox/faults.json")
        let (status, text) = await run("apply --auto-approve", in: folder)
        #expect(status == 1, "\(text)")
        #expect(text.contains("faults.json can't be read: drift/seconds: "), "\(text)")
    }
}
