import Model
import Reporting
import StateDatabase
import StateSharing

extension Workspace {
    /// Puts the drift reports on some stacks that the share lacks there, and takes over those that others have made. Reports are no
    /// part of the log: where the share can't be reached they stay here, and the next detection brings them.
    func exchangeDrift(of addresses: [StackAddress], _ aws: AWSOptions, _ context: Context) async {
        do {
            guard let share = try share(aws, context) else { return }
            try await share.exchangeDrift(certain: addresses)
        } catch {
            let why = explained(error)?.description ?? "\(error)"
            context.terminal.writeError("\(Style.error(context).yellow("Share:")) Drift reports were not exchanged: \(why)\n")
        }
    }
}
