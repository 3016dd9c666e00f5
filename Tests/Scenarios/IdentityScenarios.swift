import Foundation
import TestSupport
import Testing

/// Who the program says it is, and who the AWS CLI says it is, with the same files at moto's STS.
@Suite struct IdentityScenarios {
    private static let config = """
        [profile dev]
        role_arn = arn:aws:iam::111122223333:role/dev
        role_session_name = somebody
        source_profile = base
        [profile chain]
        role_arn = arn:aws:iam::444455556666:role/chain
        role_session_name = somebody
        source_profile = dev
        [profile web]
        role_arn = arn:aws:iam::111122223333:role/web
        role_session_name = somebody
        web_identity_token_file = token

        """

    @Test func `whoami is who the AWS CLI is`() throws {
        let moto = try RunningServer.moto()
        // A home of its own, since the AWS CLI keeps the credentials of roles there.
        let home = try TemporaryFolder()
        let session = try Session(
            endpoint: moto.endpoint,
            environment: [
                "HOME": home.path, "AWS_CONFIG_FILE": "config", "AWS_SHARED_CREDENTIALS_FILE": "keys",
                "AWS_EC2_METADATA_DISABLED": "true", "AWS_DEFAULT_REGION": "us-east-1",
            ])
        try session.folder.write(Self.config, to: "config")
        try session.folder.write("[base]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n", to: "keys")
        try session.folder.write("token", to: "token")
        for (options, name) in [
            ("", ":user/moto"), ("--profile dev", ":assumed-role/dev/"), ("--profile chain", ":assumed-role/chain/"),
            ("--profile web", ":assumed-role/web/"),
        ] {
            let ours = try session.json("whoami \(options)")
            let theirs = try session.awsCLI("sts get-caller-identity --output json \(options)")
            #expect(ours["arn"] as? String == theirs["Arn"] as? String)
            #expect(ours["account"] as? String == theirs["Account"] as? String)
            #expect((ours["arn"] as? String)?.contains(name) == true, "\(ours) \(theirs)")
            #expect(ours["regionSource"] as? String == "AWS_REGION")
        }
    }

    /// Starts a program at a terminal of its own, types a line when it is asked for a code, and prints what is on the screen.
    private static let typist = """
        import os, pty, sys
        child, screen = pty.fork()
        if child == 0:
            os.execv(sys.argv[2], sys.argv[2:])
        shown, typed = b"", False
        while True:
            try:
                piece = os.read(screen, 4096)
            except OSError:
                break
            if not piece:
                break
            shown += piece
            if b"MFA code for" in shown and not typed:
                typed = os.write(screen, sys.argv[1].encode() + b"\\n") > 0
        print(shown.decode(), end="")
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        """

    @Test(arguments: [("987123", 0), ("000000", 1), ("", 4)]) func `an MFA code is asked for at a terminal`(_ code: String, _ status: Int32)
        throws
    {
        let script = "\(Repository.root)/Tests/AWSTests/Peers/credentials.py"
        let server = try RunningServer(Repository.python("python")) { ["-B", script, "--port", "\($0)"] }
        let folder = try TemporaryFolder()
        try folder.write(
            """
            [profile mfa]
            role_arn = arn:aws:iam::123456789012:role/mfa
            source_profile = base
            mfa_serial = arn:aws:iam::123456789012:mfa/me
            region = eu-west-1
            [profile base]
            aws_access_key_id = AKIDBASE
            aws_secret_access_key = secret/AKIDBASE

            """, to: ".aws/config")
        let result = try run(
            Repository.python("python"), ["-c", Self.typist, code, Repository.program, "whoami", "--profile", "mfa"], in: folder.path,
            environment: ["HOME": folder.path, "AWS_ENDPOINT_URL": server.endpoint, "TERM": "dumb"])
        #expect(result.status == status, "\(result.output)\(result.errors)")
        #expect(result.output.contains("Enter MFA code for arn:aws:iam::123456789012:mfa/me: "))
        #expect(result.output.contains("arn:aws:sts::123456789012:assumed-role/mfa/") == (status == 0))
    }
}

extension Session {
    /// What the AWS CLI answers in the same surroundings.
    fileprivate func awsCLI(_ line: String) throws -> [String: Any] {
        let result = try TestSupport.run(
            Repository.python("aws"), line.split(separator: " ").map(String.init), in: folder.path, environment: surroundings)
        return try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any] ?? [:]
    }
}
