import Foundation
import Model

/// What an action answers, before it is written as XML.
indirect enum Answer: Hashable, Sendable {
    case text(String)
    /// Members in the order they are written.
    case structure([Member])
    /// Items, each written as `<member>`.
    case list([Answer])

    struct Member: Hashable, Sendable {
        var name: String
        var value: Answer
    }
}

extension Answer {
    /// A structure of those members that have a value.
    static func of(_ members: KeyValuePairs<String, Answer?>) -> Answer {
        .structure(members.compactMap { name, value in value.map { Member(name: name, value: $0) } })
    }

    static func text(_ value: String?) -> Answer? { value.map { .text($0) } }
    static func flag(_ value: Bool) -> Answer { .text(value ? "true" : "false") }
    static func flag(_ value: Bool?) -> Answer? { value.map { flag($0) } }
    static func count(_ value: Int) -> Answer { .text(String(value)) }
    static func time(_ value: Date) -> Answer { .text(value.queryText) }
    static func time(_ value: Date?) -> Answer? { value.map { time($0) } }
    static func texts(_ values: some Sequence<String>) -> Answer { .list(values.map { .text($0) }) }

    static let empty = Answer.structure([])
}

extension Date {
    /// The time as the query protocol writes it: `2026-11-24T03:40:20.123Z`.
    var queryText: String {
        let milliseconds = Int64((timeIntervalSince1970 * 1000).rounded())
        let (seconds, fraction) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        let text = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
        let digits = String(abs(fraction))
        return text.dropLast() + "." + String(repeating: "0", count: 3 - digits.count) + digits + "Z"
    }
}

/// Writes the XML of AWS's query protocol.
enum QueryXML {
    /// The answer of an action that succeeded.
    static func success(action: String, result: Answer, requestID: String, namespace: String) -> String {
        var text = #"<\#(action)Response xmlns="\#(namespace)">"#
        write(result, as: "\(action)Result", to: &text)
        text += "<ResponseMetadata><RequestId>\(escaped(requestID))</RequestId></ResponseMetadata></\(action)Response>\n"
        return text
    }

    /// The answer of an action that was refused.
    static func failure(_ failure: APIFailure, requestID: String, namespace: String) -> String {
        var text = #"<ErrorResponse xmlns="\#(namespace)">"#
        write(
            .of(["Type": .text(failure.type), "Code": .text(failure.code), "Message": .text(failure.message)]), as: "Error", to: &text)
        text += "<RequestId>\(escaped(requestID))</RequestId></ErrorResponse>\n"
        return text
    }

    /// Writes one element with everything in it.
    static func write(_ answer: Answer, as name: String, to text: inout String) {
        text += "<\(name)>"
        switch answer {
        case .text(let value): text += escaped(value)
        case .structure(let members): for member in members { write(member.value, as: member.name, to: &text) }
        case .list(let items): for item in items { write(item, as: "member", to: &text) }
        }
        text += "</\(name)>"
    }

    /// Text as XML 1.0 can carry it; characters it has no form for become U+FFFD.
    static func escaped(_ value: String) -> String {
        var text = ""
        text.reserveCapacity(value.utf8.count)
        for scalar in value.unicodeScalars {
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            case "\r": text += "&#xD;"
            case "\n", "\t": text.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: text += "\u{FFFD}"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
