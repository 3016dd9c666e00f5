import AWS
import Deploying
import Foundation
import Model
import Planning
import Project
import Reporting
import StateDatabase
import Synchronization
import Templates

/// The way into AWS for the stacks of one command, and who goes it.
struct CloudAccess {
    /// Whose terminal is told of the progress, and of requests.
    var context: Context {
        didSet { log.context.withLock { $0 = context } }
    }
    let session: AWSSession
    let identity: CallerIdentity
    private let polling: SharedPollingLimit
    private let uploads: SharedUploads
    private let screen: LiveScreen?
    private let address: StackAddress
    /// Those of the stack that are at hand.
    private let secrets: [Secret]
    private let log: RequestLog
    private let interrupts: InterruptDecisions

    /// Opens a session for a stack and finds out whose it is.
    ///
    /// - Parameters:
    ///   - settings: of the stack; `nil` where its files are gone, and only the project's guardrails are left.
    ///   - recordedAccount: the account that the stack was deployed to last, if any.
    /// - Throws: `Problem` (exit code 3) where the stack must not be touched in that account. Nothing else was asked for then.
    init(
        _ context: Context, _ options: AWSOptions, _ workspace: Workspace, _ address: StackAddress, settings: StackSettings?,
        region: String, recordedAccount: String?
    ) async throws {
        self.context = context
        polling = workspace.polling
        uploads = workspace.uploads
        screen = workspace.screen
        self.address = address
        secrets = settings.map(workspace.knownSecrets) ?? []
        let log = RequestLog(context)
        self.log = log
        interrupts = workspace.interrupts
        // The sandbox knows no profiles, and everybody is the same in it.
        session = try AWSSession(
            context: context, profile: workspace.usesSandbox ? nil : options.profile ?? settings?.profile, region: region,
            assumeRole: workspace.usesSandbox ? nil : settings?.assumeRole, pool: workspace.credentials,
            log: { if options.verbose { log.write($0) } })
        identity = try await session.sts().getCallerIdentity()
        let allowed = settings.map(\.allowedAccounts) ?? workspace.project.settings.guardrails.allowedAccounts
        if let finding = StackSettings.accountFinding(address, accountID: identity.account, allowed: allowed) {
            throw Problem(.refused, [finding])
        }
        if let recordedAccount, recordedAccount != identity.account {
            throw Problem(
                .refused, "account-differs", "\(address) is recorded in account \(recordedAccount), not \(identity.account)",
                detail: "To these credentials the recorded stack would seem to be gone. Check them with `pipeplan whoami \(address)`.")
        }
    }

    var actor: DeploymentActor {
        DeploymentActor(identityArn: identity.arn, user: context.userName, host: context.hostName)
    }

    /// A deployer that reports to the terminal and asks there.
    /// - Parameters:
    ///   - total: how many changes there are, where no plan tells.
    ///   - graph: what in the plan's template needs what.
    ///   - isAlone: whether no other stack is deployed in this run.
    ///   - onInterrupt: what a signal does; `nil` asks where somebody can be asked.
    func deployer(
        _ database: StateDatabase, total: Int, autoApprove: Bool, quiet: Bool, isAlone: Bool = true, plan: Plan? = nil,
        graph: DependencyGraph? = nil, onInterrupt: OnInterrupt? = nil
    ) throws -> Deployer {
        let context = context
        let screen = quiet ? nil : screen
        let work = plan.map { PlannedWork($0, graph) } ?? PlannedWork(count: total)
        // How long things took before is a help, and no reason not to deploy.
        let typical = screen == nil ? nil : try? database.typicalDurations(of: address)
        let name = address.description
        let progress = Mutex(
            ProgressText(
                Style.error(context), address, isLive: screen != nil, work: work, typical: typical ?? TypicalDurations(),
                label: isAlone ? nil : name))
        let shared = SharedProgress(progress)
        return Deployer(
            client: try session.cloudFormation(), artifacts: try session.s3(), database: database, context: context,
            polling: polling, uploads: uploads, secrets: secrets,
            report: { notice in
                guard !quiet else { return }
                let (text, isSettled) = shared.progress.withLock { progress in
                    (progress.text(for: notice, now: context.clock.now()), progress.isSettled)
                }
                context.terminal.writeError(text)
                let block: LiveScreen.Block = { now, columns, rows in
                    shared.progress.withLock { $0.block(now: now, columns: columns, rows: rows) }
                }
                screen?.pin(name, isSettled ? nil : block)
            },
            ask: { question in Consent(context).answer(question, autoApprove: autoApprove, plan: plan) },
            decide: { [interrupts] canCancel in
                interrupts.decision(at: context.interruption.count) { Consent(context).decide(canCancel, onInterrupt) }
            })
    }
}

extension CloudAccess {
    /// Takes away what stands on the screen of the deployment, however it ended.
    func endWatching() { screen?.pin(address.description, nil) }
}

/// Tells of requests where everything else of the stack is told.
private final class RequestLog: Sendable {
    let context: Mutex<Context>

    init(_ context: Context) { self.context = Mutex(context) }

    func write(_ line: RequestLogLine) {
        let context = context.withLock { $0 }
        context.terminal.writeError(Style.error(context).dim(line.text) + "\n")
    }
}

/// What the lines that go past and those that stay are made of, together.
private final class SharedProgress: Sendable {
    let progress: Mutex<ProgressText>

    init(_ progress: consuming sending Mutex<ProgressText>) { self.progress = progress }
}

extension AWSOptions {
    /// What `--verbose` has every request told to.
    func log(_ context: Context) -> @Sendable (RequestLogLine) -> Void {
        guard verbose else { return { _ in } }
        let style = Style.error(context)
        return { line in context.terminal.writeError(style.dim(line.text) + "\n") }
    }
}

extension Workspace {
    /// The settings of a stack that is recorded; `nil` where its files are gone. Files that are there and can't be read are an
    /// error: they may forbid what is asked for.
    func settings(ofRecorded address: StackAddress) throws(Problem) -> StackSettings? {
        guard try project.stackNames().contains(address.stack) else { return nil }
        let environments = try project.environments(of: address.stack)
        guard address.environment.map(environments.contains) ?? environments.isEmpty else { return nil }
        return try project.configuration(of: address)
    }
}

extension RequestLogLine {
    /// One line, without anything secret: `CloudFormation DescribeStacks us-east-1 200 0.04s (request 1b6c…)`.
    fileprivate var text: String {
        let result =
            switch outcome {
            case .success: "\(status.map(String.init) ?? "")"
            case .failure(let code, let wait): "\(status.map { "\($0) " } ?? "")\(code.printable)\(wait == nil ? "" : ", trying again")"
            }
        let attempt = attempt > 1 ? " attempt \(attempt)" : ""
        let id = requestID.map { " (request \($0.printable))" } ?? ""
        return "\(service) \(action) \(region) \(result)\(attempt) \(TimeText.duration(duration.seconds))\(id)"
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

extension Context {
    var userName: String { environment["USER"] ?? environment["LOGNAME"] ?? NSUserName() }

    var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        // ProcessInfo.hostName may ask the network's name service, which can take seconds.
        guard gethostname(&name, name.count - 1) == 0 else { return "unknown" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
