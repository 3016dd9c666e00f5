import Foundation
import Model
import Testing

@Suite struct `A JSON value` {
    private let value: JSONValue = ["z": [1, .number("1.10"), true, nil], "a": ["b": "c\"d"], "e": [], "f": .object([:])]

    @Test func `is written on one line, sorted, or over many lines`() {
        #expect(value.compactText == #"{"z":[1,1.10,true,null],"a":{"b":"c\"d"},"e":[],"f":{}}"#)
        #expect(value.canonicalText == #"{"a":{"b":"c\"d"},"e":[],"f":{},"z":[1,1.10,true,null]}"#)
        #expect(
            value.prettyText == #"""
                {
                  "z": [
                    1,
                    1.10,
                    true,
                    null
                  ],
                  "a": {
                    "b": "c\"d"
                  },
                  "e": [],
                  "f": {}
                }
                """#)
    }

    @Test(arguments: [
        ("", #""""#), ("a", #""a""#), ("\"\\/", #""\"\\/""#), ("\n\r\t", #""\n\r\t""#), ("\u{0}\u{1f}\u{8}", #""\u0000\u001f\u0008""#),
        ("é👩‍👩‍👧\u{2028}", "\"é👩‍👩‍👧\u{2028}\""), ("\r\n", #""\r\n""#),
    ])
    func `text is quoted so that it reads back the same`(_ text: String, _ quoted: String) throws {
        #expect(JSONValue.quoted(text) == quoted)
        #expect(try JSONDecoder().decode([String].self, from: Data("[\(quoted)]".utf8)) == [text])
    }

    @Test(arguments: [
        ("0", true), ("-0", true), ("10", true), ("1.5", true), ("1e5", true), ("1E+5", true), ("-1.5e-5", true),
        ("", false), ("-", false), ("01", false), ("+1", false), (".5", false), ("5.", false), ("1e", false), ("1e+", false),
        ("1_0", false),
        ("0x1", false), ("1 ", false), ("é", false), ("٣", false), ("Infinity", false),
    ])
    func `a number is what JSON's grammar says`(_ text: String, _ isNumber: Bool) {
        #expect(JSONValue.isJSONNumber(text) == isNumber)
        // What is none must not spoil the document it is written to.
        #expect(JSONValue.number(text).compactText == (isNumber ? text : JSONValue.quoted(text)))
    }

    @Test func `objects are equal whatever the order of their keys, lists are not`() {
        let one: JSONValue = ["a": 1, "b": ["c": 2, "d": 3]]
        let other: JSONValue = ["b": ["d": 3, "c": 2], "a": 1]
        #expect(one == other && one.hashValue == other.hashValue && one.canonicalText == other.canonicalText)
        #expect(JSONValue.array([1, 2]) != [2, 1])
        #expect(JSONValue.number("1") != .string("1") && JSONValue.number("1.0") != .number("1.00"))
    }

    @Test func `a scalar has the text that CloudFormation passes on`() {
        let values: [JSONValue] = ["a", .number("1.10"), true, false, nil, [], .object([:])]
        #expect(values.map(\.scalarText) == ["a", "1.10", "true", "false", nil, nil, nil])
    }

    @Test(
        arguments: [
            (JSONValue.null, JSONValue.null), (true, true), (5, 5), (-7, -7), (.number("2.5"), .number("2.5")), ("text", "text"),
            ([1, [nil]], [1, [nil]]),
            (.object([:]), .object([:])),
            // An encoder would write these as other numbers: 1.1, 123, and the nearest that a Double can hold.
            (.number("1.10"), "1.10"), (.number("0123"), "0123"), (.number("12345678901234567890"), "12345678901234567890"),
            (.number("1e999"), "1e999"),
        ] as [(JSONValue, JSONValue)])
    func `coding keeps the value, or at least its text`(_ value: JSONValue, _ result: JSONValue) throws {
        #expect(try JSONDecoder().decode([JSONValue].self, from: JSONEncoder().encode([value])) == [result])
    }
}
