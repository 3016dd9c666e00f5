import Foundation
import Testing

@testable import AWS

@Suite struct XMLReaderTests {
    @Test func `elements, text, entities and CDATA are read`() throws {
        let text = """
            \u{FEFF}<?xml version="1.0" encoding="UTF-8"?>
            <!-- a comment -->
            <r:Root xmlns:r="http://example.com/" a='<'>
            """.replacing("a='<'", with: "a='>'")
            + "<A>1 &lt; 2 &amp;&#38;&#x26; &quot;é&quot;</A><B/><C><![CDATA[<a> & ]]>b</C>\r\n</r:Root>\n"
        let root = try XMLReader.read(Data(text.utf8))
        #expect(
            root
                == XMLElement(
                    "Root", text: "\n",
                    children: [
                        XMLElement("A", text: "1 < 2 &&& \"é\""), XMLElement("B"), XMLElement("C", text: "<a> & b"),
                    ]))
    }

    @Test func `line ends are read as line feeds, written ones stay`() throws {
        #expect(try XMLReader.read(Data("<A>a\r\nb\rc&#13;</A>".utf8)).text == "a\nb\nc\r")
    }

    @Test(arguments: [
        ("", "no element"), ("text", "text outside of the root element"), ("<A>", "A is not closed"),
        ("<A></B>", "B is closed but not open"),
        ("<A/><B/>", "a second root element"), ("<A/>text", "text outside of the root element"), ("<A", "malformed tag"),
        ("<A b>", "an attribute without a value"), ("<A b=c>", "an attribute's value without quotes"),
        ("<A b='c", "the document ends inside an attribute"), ("<A b='<'/>", "a tag inside an attribute"),
        ("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "a document type is not accepted"), ("<A>&nbsp;</A>", "an unknown entity"),
        ("<A>&#xD800;</A>", "an unknown entity"), ("<A>&amp</A>", "an open entity"), ("<1/>", "malformed name"),
        ("<A><!-- </A>", "the document ends too early"), ("<![CDATA[x]]><A/>", "text outside of the root element"),
        ("<A/b>", "malformed tag"),
    ])
    func `a malformed document is refused`(_ document: String, _ reason: String) {
        let error = #expect(throws: XMLError.self) { try XMLReader.read(Data(document.utf8)) }
        #expect(error?.reason == reason)
    }

    @Test func `bytes that are no UTF-8 are refused`() {
        #expect(throws: XMLError.self) { try XMLReader.read(Data([0x3C, 0x41, 0x3E, 0xFF, 0x3C, 0x2F, 0x41, 0x3E])) }
    }

    @Test func `depth is bounded`() {
        let deep = String(repeating: "<a>", count: 100_000)
        let error = #expect(throws: XMLError.self) { try XMLReader.read(Data(deep.utf8)) }
        #expect(error?.reason == "nested too deep")
    }

    @Test func `no damage to a document crashes the reader`() {
        let good = Array("<?xml version='1.0'?><a b='c'><d>&lt;é&#65;</d><![CDATA[x]]><!-- y --><e/></a>".utf8)
        var random = SplitMix(state: 7)
        for _ in 0..<20_000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: at)
                default: bytes.insert(good[Int.random(in: 0..<good.count, using: &random)], at: at)
                }
            }
            _ = try? XMLReader.read(Data(bytes))
            _ = try? XMLReader.read(Data(bytes.prefix(Int.random(in: 0...bytes.count, using: &random))))
        }
    }
}

/// Random numbers that are the same in each run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
