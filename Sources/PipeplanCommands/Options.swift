import ArgumentParser
import Model

/// Options that every command takes.
struct CommonOptions: ParsableArguments {
    @Flag(name: .long, help: "Print the result as JSON, in a documented, versioned shape.")
    var json = false

    @Flag(name: .long, help: "Use the embedded sandbox instead of AWS (also PIPEPLAN_SANDBOX=1).")
    var sandbox = false

    @Option(name: [.customLong("env"), .customShort("e")], help: "The environment of stacks that have several (also PIPEPLAN_ENV).")
    var environment: String?
}

/// Options of the commands that talk to AWS.
struct AWSOptions: ParsableArguments {
    @Option(name: .long, help: "The AWS profile; wins over the one in stack.yml and AWS_PROFILE.")
    var profile: String?

    @Flag(name: .shortAndLong, help: "Log each request to AWS on standard error.")
    var verbose = false
}

/// The option of the commands that run hooks.
struct HookOptions: ParsableArguments {
    @Flag(name: .long, help: "Run none of the hooks of stack.yml.")
    var noHooks = false
}

/// Options of the commands that change stacks, for a state that a team shares.
struct ShareOptions: ParsableArguments {
    @Option(name: .long, help: "How many seconds to wait while somebody else deploys the same stack.")
    var lockTimeout = 0

    @Flag(
        name: .long,
        help: "Go on where the share can't be reached, and publish later what was done; stacks/pipeplan.yml must allow it (offlineOk).")
    var offlineOk = false

    func validate() throws {
        guard lockTimeout >= 0 else { throw ValidationError("--lock-timeout takes a number of seconds from 0.") }
    }
}

/// What a signal does to the commands that have CloudFormation at work.
struct InterruptOptions: ParsableArguments {
    @Option(
        name: .long,
        help:
            "What Ctrl-C, SIGTERM and SIGHUP do while CloudFormation is at work: cancel or detach. Without it that is asked at a terminal, and detach elsewhere. Twice is always detach."
    )
    var onInterrupt: OnInterrupt?
}

enum OnInterrupt: String, ExpressibleByArgument, CaseIterable { case cancel, detach }

extension Context {
    /// Whether `--sandbox` or the environment asks for the sandbox.
    func usesSandbox(_ options: CommonOptions) -> Bool {
        options.sandbox || ["1", "true", "yes"].contains(environment["PIPEPLAN_SANDBOX"]?.lowercased())
    }
}
