package import Foundation

/// Times and durations as they are printed.
package enum TimeText {
    /// RFC 3339 in UTC, to the second: `2026-11-24T03:02:34Z`.
    package static func rfc3339(_ date: Date) -> String {
        let seconds = Int(date.timeIntervalSince1970.rounded(.down))
        let (days, second) = seconds.quotientAndRemainderRoundingDown(by: 86_400)
        let (year, month, day) = civil(daysSinceEpoch: days)
        return "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))T\(clock(second))Z"
    }

    /// `2026-11-24 03:02:34`, in UTC, for a table.
    package static func table(_ date: Date) -> String {
        String(rfc3339(date).dropLast()).replacing("T", with: " ")
    }

    /// `03:02:34`, in UTC, for a line of progress.
    package static func timeOfDay(_ date: Date) -> String {
        String(rfc3339(date).dropLast().suffix(8))
    }

    /// `0.4s`, `12s`, `3m 05s`, `2h 03m`.
    package static func duration(_ seconds: TimeInterval) -> String {
        let seconds = max(0, seconds)
        if seconds < 9.95 { return "\((seconds * 10).rounded() / 10)s" }
        let whole = Int(min(seconds, 1e9).rounded())
        if whole < 60 { return "\(whole)s" }
        if whole < 3600 { return "\(whole / 60)m \(pad(whole % 60, 2))s" }
        return "\(whole / 3600)h \(pad(whole % 3600 / 60, 2))m"
    }

    private static func clock(_ second: Int) -> String {
        "\(pad(second / 3600, 2)):\(pad(second % 3600 / 60, 2)):\(pad(second % 60, 2))"
    }

    private static func pad(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }

    /// The Gregorian date of a day, counted from 1970-01-01 (Howard Hinnant's algorithm). A calendar from Foundation would
    /// load a locale for it, which costs more than a whole plan.
    private static func civil(daysSinceEpoch: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = daysSinceEpoch + 719_468
        let (era, dayOfEra) = shifted.quotientAndRemainderRoundingDown(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}

extension Int {
    fileprivate func quotientAndRemainderRoundingDown(by divisor: Int) -> (Int, Int) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
