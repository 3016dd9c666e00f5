import Foundation
import Model

/// Tells by a request's credential scope which service is meant, and answers it.
actor RequestRouter {
    private let store: CloudStore
    /// How many calls each request fault has met, and how many it has hit.
    private var met: [SandboxFaults.RequestFault: (calls: Int, hits: Int)] = [:]

    init(store: CloudStore) { self.store = store }

    func answer(_ request: WireRequest) async -> WireAnswer {
        let requestID = store.random.uuid()
        let call: ServiceCall
        do {
            call = try ServiceCall(request)
        } catch {
            return .response(failure(error, service: "cloudformation", requestID))
        }
        let fault: SandboxFaults.RequestFault?
        do {
            fault = hit(by: try store.options.faults.merged(withFileIn: store.folder), action: call.action)
        } catch {
            let problem = APIFailure(
                "InternalFailure", "\(SandboxFaults.fileName) can't be read: \(SandboxFaults.reason(error))", status: 500)
            return .response(failure(problem, service: call.caller.service, requestID))
        }
        switch fault?.kind {
        case .throttle:
            return .response(failure(APIFailure("Throttling", "Rate exceeded"), service: call.caller.service, requestID))
        case .error:
            let problem = APIFailure(
                fault?.code ?? "InternalFailure", fault?.message ?? "A fault was asked for", status: fault?.status ?? 500)
            return .response(failure(problem, service: call.caller.service, requestID))
        case .dropBefore: return .drop
        case .dropAfter, .late, .garbage, nil: break
        }
        let response = await perform(call, request, requestID)
        switch fault?.kind {
        case .dropAfter: return .drop
        case .garbage: return .raw(Data("\u{1}\u{2}this is no answer\r\n".utf8))
        case .late: try? await store.clock.sleep(.seconds(fault?.seconds ?? 5))
        default: break
        }
        return .response(response)
    }

    private func hit(by faults: SandboxFaults, action: String) -> SandboxFaults.RequestFault? {
        for fault in faults.requests ?? [] where fault.action == nil || fault.action == action {
            var count = met[fault] ?? (0, 0)
            count.calls += 1
            let isHit = count.calls.isMultiple(of: max(1, fault.every ?? 1)) && count.hits < fault.times ?? .max
            if isHit { count.hits += 1 }
            met[fault] = count
            if isHit { return fault }
        }
        return nil
    }

    private func perform(_ call: ServiceCall, _ request: WireRequest, _ requestID: String) async -> WireResponse {
        let region = call.caller.region
        do {
            return try await store.transaction { cloud in
                switch call.caller.service {
                case "s3": try StorageService(cloud: cloud, region: region, requestID: requestID).answer(request)
                case "ssm": try ParameterStoreService(cloud: cloud, region: region, requestID: requestID).answer(request)
                case "ecr": try RegistryService(cloud: cloud, region: region, requestID: requestID).answer(request, action: call.action)
                case "sts": try Self.identity(call, cloud, requestID)
                case "cloudformation": try Self.cloudFormation(call, request, cloud, requestID)
                case "cloudcontrolapi": try CloudControlService(cloud: cloud, region: region, requestID: requestID).answer(request)
                case "secretsmanager": throw APIFailure("UnsupportedOperation", "The sandbox has no Secrets Manager: it keeps no secrets.")
                default: throw APIFailure("UnknownService", "The sandbox has no service \(call.caller.service)", status: 404)
                }
            }
        } catch {
            return failure(error, service: call.caller.service, requestID)
        }
    }

    private static func cloudFormation(_ call: ServiceCall, _ request: WireRequest, _ cloud: Cloud, _ requestID: String) throws
        -> WireResponse
    {
        let host = request.headers["host"]?.split(separator: ":").first.map(String.init)
        let service = CloudFormationService(cloud: cloud, region: call.caller.region, ownAddresses: Set([host].compactMap { $0 }))
        let result = try service.perform(call.action, call.form)
        return WireResponse(
            contentType: "text/xml",
            text: QueryXML.success(
                action: call.action, result: result, requestID: requestID, namespace: CloudFormationService.namespace),
            requestID: requestID)
    }

    private static let identityNamespace = "https://sts.amazonaws.com/doc/2011-06-15/"

    private static func identity(_ call: ServiceCall, _ cloud: Cloud, _ requestID: String) throws -> WireResponse {
        guard call.action == "GetCallerIdentity" else {
            throw APIFailure("InvalidAction", "Could not find operation \(call.action) for version 2011-06-15")
        }
        let result = Answer.of([
            "Arn": .text("arn:aws:iam::\(cloud.accountID):user/sandbox"), "UserId": .text("AIDASANDBOXSANDBOX00"),
            "Account": .text(cloud.accountID),
        ])
        return WireResponse(
            contentType: "text/xml",
            text: QueryXML.success(action: call.action, result: result, requestID: requestID, namespace: identityNamespace),
            requestID: requestID)
    }

    private nonisolated func failure(_ error: any Error, service: String, _ requestID: String) -> WireResponse {
        let failure = error as? APIFailure ?? APIFailure("InternalFailure", "The sandbox failed: \(error)", status: 500)
        if ["ssm", "secretsmanager", "ecr", "cloudcontrolapi"].contains(service) {
            let body: JSONValue = ["__type": .string(failure.code), "message": .string(failure.message)]
            return WireResponse(
                status: failure.status, contentType: "application/x-amz-json-1.\(service == "cloudcontrolapi" ? 0 : 1)",
                text: body.compactText, requestID: requestID)
        }
        let namespace = service == "sts" ? Self.identityNamespace : CloudFormationService.namespace
        return WireResponse(
            status: failure.status, contentType: "text/xml",
            text: QueryXML.failure(failure, requestID: requestID, namespace: namespace), requestID: requestID)
    }
}

/// A request with its service and action told apart.
struct ServiceCall: Sendable {
    var caller: Caller
    /// `CreateChangeSet`, `PutObject`, `GetParameter` …
    var action: String
    var form = QueryForm([:])

    init(_ request: WireRequest) throws(APIFailure) {
        let query = QueryForm(encoded: Data(request.query.utf8))
        caller = try Caller(authorization: request.headers["authorization"], presignedCredential: query?["X-Amz-Credential"])
        switch caller.service {
        case "s3":
            let isObject = request.path.dropFirst().contains("/") && !request.path.hasSuffix("/")
            action = request.method.prefix(1) + request.method.dropFirst().lowercased() + (isObject ? "Object" : "Bucket")
        case "ssm", "secretsmanager", "ecr", "cloudcontrolapi":
            action = request.headers["x-amz-target"]?.split(separator: ".").last.map(String.init) ?? ""
        default:
            let encoded = request.method == "POST" ? request.body : Data(request.query.utf8)
            guard let form = QueryForm(encoded: encoded) else {
                throw APIFailure("MalformedInput", "The request body is no application/x-www-form-urlencoded text")
            }
            guard let action = form["Action"], !action.isEmpty else {
                throw APIFailure("MissingAction", "The request must contain the parameter Action")
            }
            guard action.utf8.allSatisfy({ Character(UnicodeScalar($0)).isLetter }), action.utf8.count < 100 else {
                throw APIFailure("InvalidAction", "The action or operation requested is invalid.")
            }
            self.form = form
            self.action = action
        }
    }
}
