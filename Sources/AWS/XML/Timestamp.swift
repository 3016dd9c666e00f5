package import Foundation

/// Times as AWS writes them, without a formatter: events come by the thousand.
package enum Timestamp {
    /// A time by ISO 8601, such as `2026-01-31T12:00:00Z`, `…:00.123Z` or `…+01:00`; `nil` for anything else.
    package static func date(_ text: String) -> Date? {
        var rest = text.utf8[...]
        func number(_ digits: Int) -> Int? {
            let run = rest.prefix(digits)
            guard run.count == digits, run.allSatisfy(isDigit) else { return nil }
            rest = rest.dropFirst(digits)
            return run.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        }
        func mark(_ allowed: Character...) -> Character? {
            guard let byte = rest.first, allowed.contains(Character(Unicode.Scalar(byte))) else { return nil }
            rest = rest.dropFirst()
            return Character(Unicode.Scalar(byte))
        }
        guard let year = number(4), mark("-") != nil, let month = number(2), mark("-") != nil, let day = number(2),
            mark("T", " ") != nil, let hour = number(2), mark(":") != nil, let minute = number(2), mark(":") != nil,
            let second = number(2), (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
        else { return nil }
        var fraction = 0.0
        if mark(".") != nil {
            let run = rest.prefix(while: isDigit)
            guard !run.isEmpty else { return nil }
            fraction = Double("0.\(String(decoding: run, as: UTF8.self))") ?? 0
            rest = rest.dropFirst(run.count)
        }
        var offset = 0
        // MiniStack and others leave the zone out; it is UTC.
        if let zone = mark("Z", "+", "-"), zone != "Z" {
            guard let hours = number(2) else { return nil }
            _ = mark(":")
            guard let minutes = number(2) else { return nil }
            offset = (hours * 60 + minutes) * (zone == "-" ? -60 : 60)
        }
        guard rest.isEmpty else { return nil }
        let seconds = days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset
        return Date(timeIntervalSince1970: Double(seconds) + fraction)
    }

    /// A time as HTTP's `Date` header has it: `Sat, 31 Jan 2026 12:00:00 GMT`; `nil` for anything else.
    package static func http(_ text: String) -> Date? {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let words = text.split(separator: " ").map(String.init)
        guard words.count == 6, words[5] == "GMT", let month = months.firstIndex(of: words[2]) else { return nil }
        return date("\(words[3])-\(month < 9 ? "0" : "")\(month + 1)-\(words[1])T\(words[4])Z")
    }

    /// The form people read: `2015-08-30 12:36:00 UTC`.
    package static func readable(_ date: Date) -> String {
        text(date).replacing("T", with: " ").replacing("Z", with: " UTC")
    }

    /// The form people and files of AWS's tools have: `2015-08-30T12:36:00Z`.
    package static func text(_ date: Date) -> String {
        let digits = Array(signing(date))
        let (day, time) = (digits.prefix(8), digits.dropFirst(9).prefix(6))
        func joined(_ parts: [Array<Character>.SubSequence], _ separator: String) -> String {
            parts.map { String($0) }.joined(separator: separator)
        }
        return joined([day.prefix(4), day.dropFirst(4).prefix(2), day.dropFirst(6)], "-") + "T"
            + joined([time.prefix(2), time.dropFirst(2).prefix(2), time.dropFirst(4)], ":") + "Z"
    }

    /// The form SigV4 wants: `20150830T123600Z`.
    package static func signing(_ date: Date) -> String {
        let total = Int(date.timeIntervalSince1970.rounded(.down))
        let (day, time) = total.quotientAndRemainder(dividingBy: 86400)
        let (year, month, dayOfMonth) = civil(days: time < 0 ? day - 1 : day)
        let second = time < 0 ? time + 86400 : time
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return padded(year, 4) + padded(month, 2) + padded(dayOfMonth, 2) + "T" + padded(second / 3600, 2)
            + padded(second / 60 % 60, 2) + padded(second % 60, 2) + "Z"
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// Days from 1970-01-01 in the Gregorian calendar, counting years from March so that the leap day comes last.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        return (
            yearOfEra + era * 400 + (month < 10 ? 0 : 1), month < 10 ? month + 3 : month - 9,
            dayOfYear - (153 * month + 2) / 5 + 1
        )
    }
}
