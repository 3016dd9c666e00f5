import Foundation
import Model
import Testing

@testable import AWS

@Suite struct ContainerEndpointTests {
    private func url(_ environment: [String: String]) throws -> String? {
        try ContainerEndpoint(environment: environment).map {
            HTTPRequest(.get, $0.endpoint, path: $0.path, query: $0.query).url
        }
    }

    @Test func `a path is one of ECS's agent, and wins`() throws {
        #expect(try url([:]) == nil)
        #expect(
            try url(["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/1-2?id=a"])
                == "http://169.254.170.2/v2/credentials/1-2?id=a")
        #expect(
            try url(["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/"])
                == "http://169.254.170.2/v2")
    }

    @Test(arguments: [
        "http://127.0.0.1:8080/get", "http://127.8.7.6/", "http://localhost/x", "http://[::1]:1/x", "http://169.254.170.2/x",
        "http://169.254.170.23/v1/credentials", "http://[fd00:ec2::23]/v1/credentials", "https://example.com/x?a=b",
    ])
    func `this machine, AWS's agents and TLS may be asked`(_ address: String) throws {
        #expect(try url(["AWS_CONTAINER_CREDENTIALS_FULL_URI": address]) == address)
    }

    @Test(arguments: [
        "http://example.com/x", "http://127.0.0.1.example.com/", "http://127.1/", "http://169.254.169.254/x", "http://[fd00:ec2::254]/",
        "http://user@127.0.0.1/", "ftp://127.0.0.1/", "127.0.0.1/x", "http://", "http://0x7f.0.0.1/", "http://127.0.0.+1/",
    ])
    func `nobody else may`(_ address: String) {
        let problem = #expect(throws: Problem.self) { try url(["AWS_CONTAINER_CREDENTIALS_FULL_URI": address]) }
        #expect(problem?.findings.first?.code == "bad-container-endpoint")
        #expect(problem?.findings.first?.summary.hasPrefix("AWS_CONTAINER_CREDENTIALS_FULL_URI") == true)
    }

    @Test func `the instance's address is chosen by its mode`() throws {
        func url(_ environment: [String: String]) throws -> String {
            try InstanceMetadata(environment: environment, profile: [:]).endpoint.url
        }
        #expect(try url([:]) == "http://169.254.169.254")
        #expect(try url(["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"]) == "http://[fd00:ec2::254]")
        #expect(
            try url(["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1/", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "x"])
                == "http://127.0.0.1:1")
        #expect(throws: Problem.self) { try url(["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "ipv5"]) }
        #expect(throws: Problem.self) { try url(["AWS_EC2_METADATA_SERVICE_ENDPOINT": "169.254.169.254"]) }
        #expect(throws: Problem.self) { try url(["AWS_METADATA_SERVICE_TIMEOUT": "0"]) }
    }
}
