/// A service that pipeplan talks to.
package enum Service: String, CaseIterable, Sendable {
    case cloudFormation = "CloudFormation"
    case sts = "STS"
    case s3 = "S3"
    case ssm = "SSM"
    case secretsManager = "SecretsManager"
    case cloudControl = "CloudControl"
    case sso = "SSO"
    case ssoOIDC = "SSO OIDC"

    /// The first label of its hosts, and its name in a signature's scope.
    package var hostLabel: String {
        switch self {
        case .cloudFormation: "cloudformation"
        case .sts: "sts"
        case .s3: "s3"
        case .ssm: "ssm"
        case .secretsManager: "secretsmanager"
        case .cloudControl: "cloudcontrolapi"
        case .sso: "portal.sso"
        case .ssoOIDC: "oidc"
        }
    }

    /// Its name in a `services` section.
    var settingsName: String {
        switch self {
        case .secretsManager: "secrets_manager"
        case .cloudControl: "cloudcontrol"
        case .sso: "sso"
        case .ssoOIDC: "sso_oidc"
        default: hostLabel
        }
    }

    /// The end of AWS_ENDPOINT_URL_…
    var variableSuffix: String { settingsName.uppercased() }

    /// The `Version` its query protocol wants; `nil` for services that speak another protocol.
    var queryVersion: String? {
        switch self {
        case .cloudFormation: "2010-05-15"
        case .sts: "2011-06-15"
        case .s3, .ssm, .secretsManager, .cloudControl, .sso, .ssoOIDC: nil
        }
    }

    /// The version of the JSON protocol it speaks.
    var jsonVersion: String { self == .cloudControl ? "1.0" : "1.1" }

    /// What stands before the action in the JSON protocol's `X-Amz-Target`; `nil` for services that speak another protocol.
    var jsonTarget: String? {
        switch self {
        case .ssm: "AmazonSSM"
        case .secretsManager: "secretsmanager"
        case .cloudControl: "CloudApiService"
        case .cloudFormation, .sts, .s3, .sso, .ssoOIDC: nil
        }
    }
}
