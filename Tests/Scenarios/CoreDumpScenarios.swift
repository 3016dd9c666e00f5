import TestSupport
import Testing

@Suite struct CoreDumpScenarios {
    @Test func `a crash leaves no core, whatever the shell allows`() throws {
        let folder = try TemporaryFolder()
        // A program that pipeplan starts has pipeplan's own limit.
        try folder.write("[default]\nregion = eu-west-1\ncredential_process = ulimit -c > '\(folder.path)/limit'; exit 1\n", to: "config")
        let line = "ulimit -S -c \"$(ulimit -H -c)\"; ulimit -c > before; exec '\(Repository.program)' whoami"
        let result = try run(
            "/bin/sh", ["-c", line], in: folder.path,
            environment: ["AWS_CONFIG_FILE": "config", "AWS_SHARED_CREDENTIALS_FILE": "none", "AWS_EC2_METADATA_DISABLED": "true"])
        #expect(result.errors.contains("credential-process-failed"), "\(result.errors)")
        let allowed = try folder.read("before")
        #expect(try folder.read("limit") == "0\n", "the shell allowed \(allowed)")
    }
}
