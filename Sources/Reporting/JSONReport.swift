import Foundation

/// Writes report values as JSON: pretty, with keys in a fixed order, times in RFC 3339.
package enum JSONReport {
    package static func render(_ report: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(TimeText.rfc3339(date))
        }
        return String(decoding: try encoder.encode(report), as: UTF8.self) + "\n"
    }
}
