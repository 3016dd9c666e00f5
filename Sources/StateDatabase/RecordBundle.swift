package import Foundation
package import Model
import OrderedCollections

/// A record with some or all of the texts that belong to it, as one line of JSON.
package struct RecordBundle: Hashable, Sendable {
    package var record: PortableRecord
    package var bodies: [Digest: String]

    package init(_ record: PortableRecord, bodies: [Digest: String]) {
        self.record = record
        self.bodies = bodies
    }

    package var bytes: Data {
        let texts = bodies.sorted { $0.key.hex < $1.key.hex }.map { ($0.key.hex, JSONValue.string($0.value)) }
        let json: JSONValue = [
            "record": record.json, "bodies": .object(OrderedDictionary(texts, uniquingKeysWith: { first, _ in first })),
        ]
        return Data(json.canonicalText.utf8)
    }

    /// Reads a bundle, and checks that it is whole: the record, and each text against its digest.
    ///
    /// - Parameter name: what messages call the place that it was read from.
    /// - Throws: `Problem` (exit code 1) that names it.
    package init(_ bytes: Data, name: String) throws(Problem) {
        guard let json = JSONText.document(bytes), let record = json["record"], case .object(let texts)? = json["bodies"] else {
            throw PortableRecord.damaged(name, "It is no record with its texts")
        }
        self.init(try PortableRecord(record, name: name), bodies: [:])
        for (hex, text) in texts {
            guard case .string(let text) = text, Digest(of: text).hex == hex else {
                throw PortableRecord.damaged(name, "The text \(hex) is not what its digest says")
            }
            bodies[Digest(hex: hex)] = text
        }
        guard self.bytes == bytes else { throw PortableRecord.damaged(name, "It is not written as pipeplan writes it") }
    }
}
