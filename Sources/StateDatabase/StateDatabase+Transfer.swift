package import Foundation
package import Model
import OrderedCollections

/// The whole log as lines of JSON, to be kept or read elsewhere, and to be taken in again.
///
/// The first line tells the format and the lineage; each further one is a `RecordBundle`, a record with those of its texts that no line
/// before has; the last one counts them, so that a file which was cut off is noticed.
extension StateDatabase {
    private static let format = "pipeplan-history"

    /// - Parameter write: is given each line with its end.
    package func export(_ write: (Data) throws -> Void) throws {
        func line(_ json: JSONValue) throws { try write(Data((json.canonicalText + "\n").utf8)) }
        try line(["format": .string(Self.format), "formatVersion": 1, "lineage": lineage.map(JSONValue.string) ?? .null])
        var written: Set<Digest> = []
        var count = 0
        for address in try recordedAddresses() {
            for record in try portableRecords(of: address) {
                let bodies = try bodies(of: record).filter { !written.contains($0.key) }
                written.formUnion(bodies.keys)
                try write(RecordBundle(record, bodies: bodies).bytes + Data("\n".utf8))
                count += 1
            }
        }
        try line(["records": .number(String(count))])
    }

    /// Takes in what `export` wrote, into a log that is empty or has the same lineage. Records that are here already are passed over.
    ///
    /// All of it is checked before anything is written: read, recorded in a place of its own, and verified there.
    /// - Parameter name: what messages call the file.
    /// - Returns: how many records are in the file, and how many of them were new here.
    /// - Throws: `Problem`: (exit code 1) damage, with the line; (exit code 3) another lineage, or a record that is another one here.
    package static func importHistory(
        _ data: Data, name: String, in folder: String, context: Context
    ) throws -> (records: Int, new: Int) {
        let file = try HistoryFile(data, name: name)
        let here = try open(folder: folder, access: .readOnly, context: context)
        if let lineage = here.lineage, lineage != file.lineage, try here.count(DeploymentFilter()) > 0 {
            throw Problem(
                .refused, "other-lineage", "\(name) is of another log",
                detail: "It has the lineage \(file.lineage), and the one here \(lineage). Two histories are never merged. "
                    + "Name another state folder with PIPEPLAN_STATE.")
        }
        let trial = NSTemporaryDirectory() + "/pipeplan-import-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: trial) }
        let copy = try open(folder: trial, access: .readWrite, context: context)
        try copy.adopt(lineage: file.lineage)
        try copy.insert(file.records, bodies: file.bodies)
        if let fault = try copy.verify().faults.first {
            throw PortableRecord.damaged(name, "\(fault.address.map { "\($0) " } ?? "")\(fault.summary)")
        }
        try copy.close()

        let target = try open(folder: folder, access: .readWrite, context: context)
        let before = try target.recordCount
        try target.adopt(lineage: file.lineage)
        try target.insert(file.records, bodies: file.bodies)
        let new = try target.recordCount - before
        try target.close()
        return (file.records.count, new)
    }

    /// Intents and outcomes.
    private var recordCount: Int {
        get throws { try deployments().reduce(0) { $0 + ($1.status.isOpen ? 1 : 2) } }
    }
}

/// What a file of an exported log holds.
private struct HistoryFile {
    let lineage: String
    private(set) var records: [PortableRecord] = []
    private(set) var bodies: [Digest: String] = [:]

    init(_ data: Data, name: String) throws(Problem) {
        let lines = data.split(separator: UInt8(ascii: "\n"))
        let header = lines.first.flatMap { JSONText.document(Data($0)) }
        guard let header, header["format"] == "pipeplan-history" else {
            throw Problem(
                .badInput, "no-history", "\(name) is no exported history", detail: "`pipeplan history export` writes them.")
        }
        guard header["formatVersion"] == 1 else {
            throw Problem(
                .failed, "history-newer", "\(name) is in a form that this program does not know",
                detail: "A newer pipeplan wrote it. Nothing was taken in. Install the newer pipeplan.")
        }
        guard let lineage = header["lineage"]?.scalarText else {
            throw Problem(.badInput, "empty-history", "\(name) holds nothing", detail: "It was exported where nothing was recorded.")
        }
        self.lineage = lineage
        for (index, line) in lines.dropFirst().dropLast().enumerated() {
            let bundle = try RecordBundle(Data(line), name: "in line \(index + 2) of \(name)")
            records.append(bundle.record)
            bodies.merge(bundle.bodies) { first, _ in first }
        }
        let end = lines.count > 1 ? lines.last.flatMap { JSONText.document(Data($0)) } : nil
        guard end?["records"]?.scalarText == String(records.count) else {
            throw PortableRecord.damaged(name, "It does not end as an exported history does: it was cut off, or lines are missing")
        }
    }
}
