import Foundation
import Model
import PipeplanCommands

exit(await Pipeplan.run(Array(CommandLine.arguments.dropFirst()), in: .system()))
