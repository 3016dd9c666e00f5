import Foundation
import Model
import Project
import Testing

@Suite struct `Files that can't be read` {
    private func lines(_ body: () throws -> Void) -> [String]? {
        guard let problem = problem(body) else { return nil }
        #expect(problem.status == .badInput)
        return problem.lines
    }

    @Test func `every missing file is named at the place that names it`() throws {
        let temporary = try TemporaryProject([
            "stacks/app/stack.yml": """
            template: tempalte.yml
            parameters: values/prod.json
            stackPolicy: policy.json
            environments: {a: {parameters: {K: {file: key.txt}}}}
            """,
            "stacks/app/template.yml": "Resources: {}", "stacks/app/values/prd.json": "{}",
        ])
        #expect(
            lines { _ = try temporary.configuration("app:a") } == [
                "stacks/app/stack.yml:2:13 missing-file: There is no file stacks/app/values/prod.json | Did you mean prd.json?",
                "stacks/app/stack.yml:3:14 missing-file: There is no file stacks/app/policy.json | Create it, or correct the path.",
                "stacks/app/stack.yml:4:33 missing-file: There is no file stacks/app/key.txt | Create it, or correct the path.",
            ])
        try temporary.write("template: tempalte.yml", to: "stacks/app/stack.yml")
        let configuration = try temporary.configuration()
        #expect(
            configuration.loadTemplate().findings.map(\.line) == [
                "stacks/app/stack.yml:1:11 missing-file: There is no file stacks/app/tempalte.yml | Did you mean template.yml?"
            ])
    }

    @Test func `a missing default template says how to name another`() throws {
        let temporary = try TemporaryProject(["stacks/app/stack.yml": "", "stacks/app/main.yml": ""])
        let findings = try temporary.configuration().loadTemplate().findings
        #expect(
            findings.map(\.line) == [
                "missing-file: There is no file stacks/app/template.yml | It is the template where stack.yml names none. "
                    + "Name yours there: `template: <file>`. Create it, or correct the path."
            ])
    }

    @Test func `a folder in the place of a file is told`() throws {
        let temporary = try TemporaryProject()
        try temporary.makeFolder("stacks/app/stack.yml")
        #expect(
            lines { _ = try temporary.configuration() } == [
                "not-a-file: stacks/app/stack.yml is a folder | A file is expected here."
            ])
        try temporary.makeFolder("stacks/pipeplan.yml")
        #expect(lines { _ = try temporary.find() }?.count == 1)
    }

    @Test func `a pipe is not waited for`() throws {
        let temporary = try TemporaryProject(["stacks/app/stack.yml": "parameters: {A: {file: pipe}}"])
        try #require(mkfifo(temporary.path("stacks/app/pipe"), 0o600) == 0)
        #expect(
            lines { _ = try temporary.configuration() } == [
                "stacks/app/stack.yml:1:14 not-a-file: stacks/app/pipe is no regular file | Pipes and devices are not read."
            ])
    }

    @Test func `a link in a circle is told`() throws {
        let temporary = try TemporaryProject(["stacks/app/readme": ""])
        try FileManager.default.createSymbolicLink(atPath: temporary.path("stacks/app/stack.yml"), withDestinationPath: "stack.yml")
        let project = try temporary.find()
        #expect(
            lines { _ = try project.stackFile(of: "app") } == [
                "unreadable-file: Can't read stacks/app/stack.yml: Too many levels of symbolic links"
            ])
    }

    @Test func `settings that are a link to nothing are not passed over`() throws {
        let temporary = try TemporaryProject(["stacks/app/stack.yml": ""])
        try FileManager.default.createSymbolicLink(atPath: temporary.path("stacks/pipeplan.yml"), withDestinationPath: "shared.yml")
        #expect(
            lines { _ = try temporary.find() } == [
                "missing-file: stacks/pipeplan.yml is a link to nothing | Correct the link, or remove it."
            ])
    }

    @Test(.enabled(if: geteuid() != 0)) func `a file without permission is told`() throws {
        let temporary = try TemporaryProject(["stacks/app/stack.yml": ""])
        try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: temporary.path("stacks/app/stack.yml"))
        #expect(
            lines { _ = try temporary.configuration() } == [
                "unreadable-file: Can't read stacks/app/stack.yml: Permission denied | "
                    + "Check its permissions and those of the folders above it."
            ])
    }

    @Test func `bytes that are no text are told`() throws {
        let temporary = try TemporaryProject()
        try temporary.write(Data([0x61, 0x3A, 0x20, 0xFF]), to: "stacks/app/stack.yml")
        #expect(
            lines { _ = try temporary.configuration() } == [
                "stacks/app/stack.yml:1:4 not-utf8: The file is not UTF-8 text | Save it in UTF-8 and try again."
            ])
        try temporary.write("parameters: {A: {file: key}}", to: "stacks/app/stack.yml")
        try temporary.write(Data([0xFF]), to: "stacks/app/key")
        #expect(lines { _ = try temporary.configuration() }?.first?.contains("not-utf8: stacks/app/key is not UTF-8 text") == true)
    }

    @Test func `a file of nonsense size is not read into memory`() throws {
        let temporary = try TemporaryProject(["stacks/app/stack.yml": ""])
        try #require(truncate(temporary.path("stacks/app/stack.yml"), 1 << 40) == 0)
        #expect(
            lines { _ = try temporary.configuration() } == [
                "file-too-large: stacks/app/stack.yml is larger than 32 MiB | Is it the file you meant?"
            ])
    }
}
