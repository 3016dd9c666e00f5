import Foundation
import Testing

@testable import AWS

@Suite struct TextFormatTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0.0), ("2015-08-30T12:36:00Z", 1_440_938_160), ("2015-08-30T12:36:00.250Z", 1_440_938_160.25),
        ("2024-02-29T23:59:59+00:00", 1_709_251_199), ("2015-08-30T14:36:00+02:00", 1_440_938_160),
        ("2015-08-30T07:06:00-0530", 1_440_938_160), ("2015-08-30 12:36:00", 1_440_938_160), ("1969-12-31T23:59:59Z", -1),
        ("2000-03-01T00:00:00Z", 951_868_800),
    ])
    func `a time is read`(_ text: String, _ seconds: Double) {
        #expect(Timestamp.date(text)?.timeIntervalSince1970 == seconds)
    }

    @Test(arguments: [
        "", "2015", "2015-13-01T00:00:00Z", "2015-08-30T25:00:00Z", "2015-08-30T12:36:00.Z", "2015-08-30T12:36:00Zx",
        "1440938160",
    ])
    func `what is no time is not read`(_ text: String) {
        #expect(Timestamp.date(text) == nil)
    }

    @Test func `every day of four centuries has the name Foundation gives it`() {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        for day in stride(from: -10_000, to: 140_000, by: 7) {
            let date = Date(timeIntervalSince1970: Double(day) * 86400)
            let parts = calendar.dateComponents([.year, .month, .day], from: date)
            let digits = [(parts.year ?? 0, 4), (parts.month ?? 0, 2), (parts.day ?? 0, 2)].map { number, width in
                String(repeating: "0", count: width - String(number).count) + String(number)
            }
            #expect(Timestamp.signing(date) == digits.joined() + "T000000Z")
            #expect(Timestamp.date(digits.joined(separator: "-") + "T00:00:00Z") == date)
        }
    }

    @Test(arguments: [
        ("abcXYZ019-._~", "abcXYZ019-._~"), ("a b+c&d=e/f", "a%20b%2Bc%26d%3De%2Ff"), ("é\n", "%C3%A9%0A"), ("*", "%2A"),
    ])
    func `text is percent-encoded and decoded`(_ plain: String, _ encoded: String) {
        #expect(PercentEncoding.encode(plain) == encoded)
        #expect(PercentEncoding.decode(encoded) == plain)
    }

    @Test func `a path keeps its slashes`() {
        #expect(PercentEncoding.encode("a/b c", keepingSlashes: true) == "a/b%20c")
    }

    @Test(arguments: ["%", "%2", "%2x", "%é"])
    func `malformed encoding is refused`(_ text: String) {
        #expect(PercentEncoding.decode(text) == nil)
    }

    @Test(arguments: [
        ("https://Example.COM/", "https://example.com"), ("http://127.0.0.1:4566", "http://127.0.0.1:4566"),
        ("https://example.com:443/a/b/", "https://example.com/a/b"), ("http://[::1]:4566", "http://[::1]:4566"),
    ])
    func `an endpoint's address is read`(_ text: String, _ url: String) {
        #expect(Endpoint(url: text, origin: nil)?.url == url)
    }

    @Test(arguments: [
        "", "localhost:4566", "ftp://example.com", "file:///etc/passwd", "https://", "http://user:secret@example.com",
        "http://a?b=c", "http://a:99999",
    ])
    func `what is no endpoint's address is refused`(_ text: String) {
        #expect(Endpoint(url: text, origin: nil) == nil)
    }
}
