import Foundation
import Model
import PipeplanCommands

CoreDumps.forbid()
exit(await Pipeplan.run(Array(CommandLine.arguments.dropFirst()), in: .system()))
