import Model
import Testing

@testable import PipeplanCommands

@Suite struct `What a lease tells of the command` {
    @Test(arguments: [
        ("apply web:prod --auto-approve --allow s3cretXYZ", "pipeplan apply web:prod --auto-approve --allow …"),
        ("apply web --env=prod --lock-timeout 900", "pipeplan apply web --env=… --lock-timeout …"),
        ("apply s3cret.plan", "pipeplan apply …"), ("state mv web:prod s3cret", "pipeplan state mv web:prod …"),
        ("drift accept web:prod Topic --reason s3cret", "pipeplan drift accept web:prod … --reason …"),
        ("rollback web:prod --to 3", "pipeplan rollback web:prod --to …"), ("", "pipeplan"),
    ])
    func `is what it is called, the stack, and the names of options`(typed: String, told: String) {
        let arguments = typed.split(separator: " ").map(String.init)
        #expect(Workspace.publicCommand(for: StackAddress(stack: "web", environment: "prod"), arguments) == told)
    }
}
