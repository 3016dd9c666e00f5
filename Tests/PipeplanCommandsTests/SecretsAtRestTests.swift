import Foundation
import Model
import StateDatabase
import TestSupport
import Testing

@testable import PipeplanCommands

/// A secret on every way that leads to the disk.
@Suite struct `A secret that is deployed` {
    private static let marker = "geheimnis-4711-marker"
    private static let unused = "unbenutzt-4712-marker"
    private static let nested = "verschachtelt-4713-marker"

    @Test func `is in no byte below the state folder, compressed or not, nor in what is printed`() async throws {
        let folder = try TemporaryFolder()
        try folder.write(
            """
            Parameters:
              Token: {Type: String, NoEcho: true, Default: \(Self.unused)}
              Key:
                Type: String
                NoEcho: true
                Default: "\(Self.nested)"
            Resources:
              Whole: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Ref Token}}
              Part: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Sub "https://x:${Token}@host/${Key}"}}
              Topic:
                Type: AWS::SNS::Topic
                Properties: {DisplayName: !Join ["-", [a, !Ref Token]], Tags: [{Key: k, Value: !Ref Token}]}
              Reference: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: "{{resolve:secretsmanager:shop:SecretString:key}}"}}
            Outputs:
              Whole: {Value: !Ref Token}
              Part: {Value: !Sub "t=${Token}"}

            """, to: "stacks/shop/template.yml")
        try folder.write("region: us-east-1\nparameters: {Token: {env: TOKEN}}\ntags: {team: delivery}\n", to: "stacks/shop/stack.yml")
        var printed = ""
        func run(_ line: String, token: String = Self.marker) async -> Int32 {
            let typed = TypedTerminal()
            let context = Context.test(
                in: folder.path, typed, environment: ["PIPEPLAN_SANDBOX": "1", "TOKEN": token])
            let status = await Pipeplan.run(line.split(separator: " ").map(String.init), in: context)
            printed += typed.output + typed.errors
            return status
        }
        #expect(await run("plan --out saved.plan") == 0)
        #expect(await run("apply saved.plan") == 0, "\(printed)")
        #expect(await run("apply shop --auto-approve", token: Self.marker + "2") == 0, "\(printed)")
        for line in [
            "history", "history show shop 1", "history show shop 2 --json", "history diff shop 1 2", "history blame shop",
            "history parameters shop 1", "history template shop 1", "history plan shop 1", "history events shop 1",
            "state show shop", "state show shop/Part", "state show shop/Whole --json", "outputs shop", "state verify", "state backup",
            "rollback shop --to 1 --auto-approve",
        ] { #expect(await run(line) == 0, "\(line): \(printed.suffix(600))") }

        let secrets = [Self.marker, Self.unused, Self.nested]
        for secret in secrets { #expect(!printed.contains(secret), "printed \(secret)") }
        for (name, bytes) in try folder.contents() where !name.hasPrefix("stacks/") {
            for secret in secrets { #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(name) has \(secret)") }
        }
        // Compressed texts hide what is in them from a search of bytes.
        let database = try StateDatabase.open(
            folder: folder.path + "/state/sandbox", access: .readOnly, context: .test(in: folder.path))
        for deployment in try database.deployments() {
            let texts = [try database.template(of: deployment), try database.plan(of: deployment)].compactMap(\.self)
            #expect(texts.count == 2)
            for text in texts + (try database.resources(of: deployment)).compactMap({ $0.properties?.compactText }) {
                for secret in secrets { #expect(!text.contains(secret)) }
            }
        }
        let first = try #require(try database.deployment(StackAddress(stack: "shop"), serial: 1))
        let part = try database.resources(of: first).first { $0.resource.logicalID == "Part" }?.properties
        #expect(part == ["Type": "String", "Value": "****"])
        let reference = try database.resources(of: first).first { $0.resource.logicalID == "Reference" }?.properties
        #expect(reference?["Value"] == "{{resolve:secretsmanager:shop:SecretString:key}}")
        #expect(try database.outputs(of: first).map(\.value).allSatisfy { $0.contains("****") })
        #expect(await run("plan --detailed-exitcode shop") == 0, "a hidden default is no change: \(printed.suffix(900))")
    }

    @Test func `is taken out of what CloudFormation gives as a reason, live and recorded, on the ways out of a failure too`() async throws {
        let folder = try TemporaryFolder()
        func write(_ name: String) throws {
            try folder.write(
                """
                Parameters:
                  Token: {Type: String, NoEcho: true}
                Resources:
                  First: {Type: AWS::SNS::Topic, Properties: {DisplayName: \(name)}}
                  Second: {Type: AWS::SNS::Topic, DependsOn: First, Properties: {DisplayName: \(name)}}

                """, to: "stacks/shop/template.yml")
        }
        func fail(_ moments: [(String, String)]) throws {
            let faults = moments.map { #"{"logicalId": "\#($0.0)", "on": "\#($0.1)", "message": "bad value \#(Self.marker) here"}"# }
            try folder.write(#"{"resources": [\#(faults.joined(separator: ", "))]}"#, to: "state/sandbox/faults.json")
        }
        try folder.write("region: us-east-1\nparameters: {Token: {env: TOKEN}}\n", to: "stacks/shop/stack.yml")
        var printed = ""
        func run(_ line: String) async -> Int32 {
            let typed = TypedTerminal()
            let context = Context.test(in: folder.path, typed, environment: ["PIPEPLAN_SANDBOX": "1", "TOKEN": Self.marker])
            let status = await Pipeplan.run(line.split(separator: " ").map(String.init), in: context)
            printed += typed.output + typed.errors
            return status
        }
        try write("one")
        #expect(await run("apply shop --auto-approve") == 0, "\(printed)")
        try write("two")
        try fail([("Second", "update"), ("First", "rollback")])
        #expect(await run("apply shop --auto-approve") == 1)
        #expect(await run("recover shop --auto-approve") == 1)
        try fail([("Second", "delete")])
        #expect(await run("recover shop --auto-approve") == 0, "\(printed)")
        #expect(await run("destroy shop --auto-approve") == 1)
        for line in ["history", "history events shop", "history show shop 3 --json"] { #expect(await run(line) == 0) }
        #expect(printed.contains("bad value **** here") && !printed.contains(Self.marker), "\(printed)")
        for (name, bytes) in try folder.contents() where name.hasPrefix("state/") && !name.hasSuffix("faults.json") {
            // The sandbox's own database is CloudFormation's, which says what it says.
            if name.hasPrefix("state/sandbox/sandbox.sqlite") { continue }
            #expect(bytes.range(of: Data(Self.marker.utf8)) == nil, "\(name)")
        }
    }
}
