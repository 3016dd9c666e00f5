import Foundation
import Model
import Testing

@testable import StateDatabase

@Suite struct `Secrets at rest` {
    @Test func `a secret in any text is stored nowhere`() throws {
        let folder = try TemporaryFolder()
        let database = try folder.open()
        let token = #"ghp_"made/up"Token42"#
        let secrets = [Secret(token)]
        var intent = DeploymentIntent.sample(
            kind: .create, template: "Resources: {} # \(token)",
            parameters: ["Plain": .plain("x\(token)"), "Token": .secret(SecretDigest(of: Secret(token), salt: Data(count: 16)))],
            tags: ["note": token], plan: JSONValue.object(["after": .string(token)]).compactText, plannedAgainst: nil)
        intent.commandLine = "pipeplan apply --set token=\(token)"
        intent.git?.remote = "https://ada:\(token)@github.com/example/delivery.git"
        let deployment = try database.begin(intent, secrets: secrets)
        try database.append([.sample(1, reason: "Invalid token \(token)")], to: deployment, secrets: secrets)
        var contents = StackContents.sample(outputs: [StackOutput(key: "Hint", value: "t=\(token)", description: token)])
        contents.resources?[0].properties = ["Deep": [["Token": .string("a \(token) b")]], "\(token)": 1]
        contents.resources?[0].resource.statusReason = token
        contents.resources?[0].resource.physicalID = "hook-\(token)"
        let outcome = DeploymentOutcome(
            status: .failed, effect: .applied(contents), finishedAt: .second(5), failure: DeploymentFailure(message: "bad \(token)"))
        let finished = try database.finish(deployment, outcome, secrets: secrets)

        #expect(finished.commandLine == "pipeplan apply --set token=****")
        #expect(finished.git?.remote == "https://github.com/example/delivery.git")
        #expect(finished.failure?.message == "bad ****")
        #expect(try database.plan(of: finished) == #"{"after":"****"}"#)
        #expect(try database.events(of: finished).map(\.statusReason) == ["Invalid token ****"])
        #expect(try database.outputs(of: finished) == [StackOutput(key: "Hint", value: "t=****", description: "****")])

        let needles = [token, "made/up", #"ghp_\"made"#].map { Data($0.utf8) }
        for (name, bytes) in try folder.contents() {
            for needle in needles { #expect(bytes.range(of: needle) == nil, "\(name)") }
        }
        try database.close()
        #expect(try folder.bytes().range(of: needles[1]) == nil)
        // Compressed bodies hide text from a search of bytes.
        let stored = try folder.open(.readOnly)
        #expect(try stored.template(of: finished) == "Resources: {} # ****")
    }

    @Test(arguments: [
        ("abc", "abcabc", "abcabc"),
        ("abcd", "xabcdabcdx", "x********x"),
        ("aaaa", "aaaaaa", "****aa"),
        ("пароль", "e: пароль\u{301}!", "e: ****\u{301}!"),
        ("1234", "", ""),
    ])
    func `free text is masked from four characters on`(secret: String, text: String, expected: String) {
        #expect(SecretMask([Secret(secret)]).text(text) == expected)
    }

    @Test func `names and documents are masked from eight characters on`() {
        let mask = SecretMask([Secret("prod"), Secret("longer-secret")])
        #expect(mask.name("image-pipeline-prod") == "image-pipeline-prod")
        #expect(mask.name("x-longer-secret") == "x-****")
    }

    @Test func `a secret that is part of another leaves no rest of it`() {
        #expect(SecretMask([Secret("word"), Secret("password-word")]).text("password-word") == "****")
    }

    @Test func `a number that is a secret is masked as text`() {
        #expect(SecretMask([Secret("4711")]).document(["Pin": 4711, "Port": 80]) == ["Pin": "****", "Port": 80])
    }

    @Test(arguments: [
        ("https://token@github.com/a/b.git", "https://github.com/a/b.git"),
        ("https://user:p@ss@host/a@b", "https://host/a@b"),
        ("git@github.com:a/b.git", "git@github.com:a/b.git"),
        ("/srv/git/a@b", "/srv/git/a@b"),
    ])
    func `a remote's credentials are dropped`(remote: String, expected: String) {
        #expect(remote.withoutURLCredentials == expected)
    }
}
