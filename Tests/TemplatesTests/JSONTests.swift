import Foundation
import Model
import Templates
import Testing

@Suite struct `Reading JSON` {
    @Test(arguments: [
        (#"{"a": "\"\\\/\b\f\n\r\t\u0041\u00e9"}"#, "\"\\/\u{8}\u{c}\n\r\tAé"),
        (#"{"a": "\ud83d\ude00"}"#, "😀"), (#"{"a": "\uD83D\uDE00x"}"#, "😀x"), (#"{"a": "é😀"}"#, "é😀"), (#"{"a": ""}"#, ""),
        ("{\"a\": \"\t\"}", "\t"),
    ])
    func `a string has its escapes resolved`(_ text: String, _ value: String) {
        #expect(Document.read(text, file: "t.json").value?.root["a"]?.text == value)
    }

    @Test func `a document keeps its order and the text of its numbers`() {
        let text = #"{"z":1.10,"a":[true,false,null,-0,1e5,"x",[],{}]}"#
        #expect(Document.read(text, file: "t.json").value?.root.json.compactText == text)
    }

    @Test(arguments: [
        (#"{"a": 1,}"#, "bad-json 1:9 A key in double quotes is expected"),
        (#"{"a" 1}"#, #"bad-json 1:6 A colon is expected after the key "a""#),
        (#"{"a": 1 "b": 2}"#, "bad-json 1:9 A comma or } is expected"),
        (#"{a: 1}"#, "bad-json 1:2 A key in double quotes is expected"),
        (#"["é", 01]"#, #"bad-json 1:7 A value is expected, found "01""#),
        (#"["👩‍👩‍👧", nul]"#, #"bad-json 1:11 A value is expected, found "nul""#),
        (#"[1,]"#, #"bad-json 1:4 A value is expected, found "]""#),
        (#"[1"#, "bad-json 1:3 A comma or ] is expected"),
        (#"["#, "bad-json 1:2 The document ends where a value is expected"),
        ("", "bad-json 1:1 The document ends where a value is expected"),
        (#"{"a": "b"#, "bad-json 1:9 A string is not closed"),
        ("[\"a\nb\"]", "bad-json 1:4 A string is not closed"),
        ("[\"a\u{1}b\"]", "bad-json 1:4 A control character in a string must be escaped"),
        (#"["\x"]"#, #"bad-json 1:5 Unknown escape \x"#),
        (#"["\é"]"#, "bad-json 1:4 Only ASCII characters can be escaped with a backslash"),
        (#"["\u12"]"#, #"bad-json 1:5 A \u escape needs four hexadecimal digits"#),
        (#"["\ud83d"]"#, #"bad-json 1:9 An unpaired surrogate in a \u escape"#),
        (#"["\ude00\ud83d"]"#, #"bad-json 1:9 An unpaired surrogate in a \u escape"#),
        (#"["\ud83d\u0041"]"#, #"bad-json 1:15 An unpaired surrogate in a \u escape"#),
        (#"{} x"#, "bad-json 1:4 Text after the end of the document"),
        ("{\"a\": 1,\n \"a\": 2}", #"duplicate-key 2:2 The key "a" is there twice"#),
    ])
    func `bad JSON is found at its place`(_ text: String, _ finding: String) {
        #expect(brief(Document.read(text, file: "t.json").findings) == [finding])
    }

    @Test func `of a text that is neither JSON nor YAML the further reading counts`() {
        #expect(
            brief(Document.read(#"{"a": "\/", "b" 1}"#, file: "t.template").findings) == [
                #"bad-json 1:17 A colon is expected after the key "b""#
            ])
        #expect(brief(Document.read("{a: 1, b: !Ref x, c: [}", file: "t.template").findings).first?.hasPrefix("bad-yaml 1:23") == true)
    }

    @Test func `a flow mapping is YAML whatever it begins with`() {
        #expect(Document.read("{a: !Ref b, c: 'd'}", file: "t.yml").value?.root.json == ["a": ["Ref": "b"], "c": "d"])
    }

    @Test func `of a very long line the part around the place is shown`() throws {
        let filler = String(repeating: "é", count: 10_000)
        let finding = try #require(Document.read(#"{"a": "\#(filler)", "b": x, "c": "\#(filler)"}"#, file: "t.json").findings.first)
        let column = try #require(finding.location?.start.column)
        let excerpt = try #require(finding.excerpt), start = try #require(finding.excerptColumn)
        #expect(column == 10_016)
        #expect(excerpt.utf8.count <= 400 && !excerpt.unicodeScalars.contains("\u{FFFD}"))
        #expect(Array(excerpt.unicodeScalars)[column - start] == "x")
    }

    /// Each finding needs its place in a line of 1.3 MB.
    @Test func `ten thousand findings in one long line are reported in no square of the time`() throws {
        let resources = (0..<10_000).map {
            #""R\#($0)":{"Type":"T","Properties":{"filler":"\#(String(repeating: "x", count: 60))","X":{"Ref":"N\#($0)"}}}"#
        }
        let template = try #require(Template.read(#"{"Resources":{\#(resources.joined(separator: ","))}}"#, file: "t.json").value)
        let findings = template.check().filter { $0.code == "unknown-reference" }
        #expect(findings.count == 10_000)
        #expect(findings.allSatisfy { $0.excerpt?.isEmpty == false })
    }
}
