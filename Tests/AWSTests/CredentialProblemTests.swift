import Foundation
import Model
import Testing

@testable import AWS

/// What is said of settings that lead nowhere.
@Suite struct CredentialProblemTests {
    private static let cases: [(config: String, environment: [String: String], told: String)] = [
        (
            "role_arn = r",
            [:],
            "Nothing says with which credentials the role of the profile a is taken on. The profile a in ~/.aws/config has role_arn: add source_profile (another profile) or credential_source (Environment, EcsContainer, Ec2InstanceMetadata)."
        ),
        (
            "role_arn = r\nsource_profile = b\ncredential_source = Environment", [:],
            "The profile a has both source_profile and credential_source. The profile a in ~/.aws/config may have only one of them: remove the other."
        ),
        (
            "role_arn = r\nsource_profile = bb", [:],
            "There is no AWS profile bb. source_profile of the profile a in ~/.aws/config names it. Did you mean b?"
        ),
        (
            "role_arn = r\nsource_profile = b", [:],
            "The source_profile of the profile b in ~/.aws/config leads back to the profile a. The chain is a → b → a. It must end at a profile with credentials of its own."
        ),
        (
            "role_arn = r\nsource_profile = c", [:],
            "The profile c has no credentials. source_profile of the profile a in ~/.aws/config names it. Give it keys, credential_process, SSO settings or a role of its own."
        ),
        (
            "role_arn = r\nsource_profile = b\nduration_seconds = 1h", [:],
            "duration_seconds of the profile a is \"1h\". In the profile a in ~/.aws/config it must be a whole number of seconds, such as 3600."
        ),
        (
            "role_arn = r\ncredential_source = environment", [:],
            "There is no credential_source environment. The profile a in ~/.aws/config names it. Known are Environment, EcsContainer, Ec2InstanceMetadata. Did you mean Environment?"
        ),
        (
            "role_arn = r\ncredential_source = EcsContainer", [:],
            "credential_source of the profile a has no credentials. The profile a in ~/.aws/config takes them from EcsContainer, but neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set."
        ),
        (
            "sso_role_name = Admin\nsso_session = crop", [:],
            "There is no SSO session crop. The profile a in ~/.aws/config names it, but ~/.aws/config has no section [sso-session crop]. Did you mean corp?"
        ),
        (
            "sso_role_name = Admin\nsso_session = corp", [:],
            "The SSO settings of the profile a are incomplete. The profile a in ~/.aws/config lacks sso_account_id, sso_region. `aws configure sso` sets all of them."
        ),
        (
            "sso_role_name = Admin\nsso_session = corp\nsso_start_url = https://b", [:],
            "sso_start_url differs between the profile a and its SSO session. The profile a in ~/.aws/config has https://b, [sso-session corp] has https://a. Remove it from the profile."
        ),
        (
            "web_identity_token_file = t", [:],
            "The role to take on by web identity is not named. web_identity_token_file of the profile a in ~/.aws/config names a token, but nothing names a role: set role_arn in the profile a."
        ),
        (
            "login_session = x", [:],
            "Credentials of `aws login` are not supported. The profile a in ~/.aws/config has login_session. `eval \"$(aws configure export-credentials --format env)\"` hands them over in the environment."
        ),
    ]

    @Test(arguments: cases.indices) func `what leads nowhere is told with file, profile and what to do`(_ index: Int) throws {
        let (config, environment, told) = Self.cases[index]
        let files = SharedFiles(
            config: try SharedFile(
                path: "~/.aws/config",
                text:
                    "[profile a]\n\(config)\n[profile b]\nrole_arn = r\nsource_profile = a\n[profile c]\nregion = x\n[sso-session corp]\nsso_start_url = https://a\n"
            ),
            credentials: SharedFile(missing: "~/.aws/credentials"))
        let configuration = try AWSConfiguration(environment: environment, files: files, profile: "a")
        let problem = #expect(throws: Problem.self) { try configuration.credentials.get() }
        #expect(problem?.description == told)
        #expect(problem?.status == .badInput)
    }
}
