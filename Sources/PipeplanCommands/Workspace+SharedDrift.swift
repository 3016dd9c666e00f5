import Foundation
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
            for address in addresses { try await exchangeDrift(of: address, share) }
        } catch {
            let why = explained(error)?.description ?? "\(error)"
            context.terminal.writeError("\(Style.error(context).yellow("Share:")) Drift reports were not exchanged: \(why)\n")
        }
    }

    private func exchangeDrift(of address: StackAddress, _ share: Share) async throws {
        let here = try database.driftReports(address).reduce(into: [:]) { $0[Self.name(of: $1)] = $1 }
        let there = Set(try await share.driftReports(of: address))
        for (name, report) in here where !there.contains(name) {
            try await share.putDriftReport(try JSONEncoder().encode(report), of: address, name: name)
        }
        for name in there where here[name] == nil {
            guard let data = try await share.driftReport(name, of: address) else { continue }
            guard let report = try? JSONDecoder().decode(DriftReport.self, from: data), report.address == address,
                Self.name(of: report) == name
            else { throw share.damaged("The drift report \(name) of \(address)", "It is not what its name says") }
            try database.record(report)
        }
    }

    /// The time in milliseconds, so that names are in the order of time, and what tells two reports of one instant apart.
    private static func name(of report: DriftReport) -> String {
        let time = Int64(exactly: (report.checkedAt.timeIntervalSince1970 * 1000).rounded()).map(String.init) ?? "never"
        return String(repeating: "0", count: max(0, 15 - time.count)) + time + "-" + Digest(of: report.id).hex.prefix(16)
    }
}
