import Foundation
import Model
import PipeplanCommands

CoreDumps.forbid()
let context = Context.system()
context.interruption.watchSignals()
let status = await Pipeplan.run(Array(CommandLine.arguments.dropFirst()), in: context)
HiddenInput.end()
// A question that was left may still wait for its answer on another thread, and has standard input locked, which exit() would wait for.
if context.interruption.count > 0 { _exit(status) }
exit(status)
