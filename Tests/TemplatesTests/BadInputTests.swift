import Foundation
import Model
import Templates
import Testing

@Suite struct `Bad input` {
    private func codes(_ text: String, file: String = "t.yml") -> [String] { Template.read(text, file: file).findings.map(\.code) }

    @Test(arguments: [
        (String(repeating: "[", count: 10_000), "t.yml"), (String(repeating: "{a: ", count: 10_000), "t.yml"),
        (String(repeating: "- ", count: 10_000) + "a", "t.yml"), (String(repeating: "? ", count: 10_000) + "a", "t.yml"),
        ((0..<2_000).map { String(repeating: " ", count: $0) + "a:" }.joined(separator: "\n"), "t.yml"),
        (String(repeating: "!Not [", count: 10_000), "t.yml"), (String(repeating: "[", count: 10_000), "t.json"),
        (String(repeating: #"{"a":"#, count: 10_000), "t.json"), (String(repeating: #"{"a":["#, count: 10_000), "t.template"),
    ])
    func `a document nested 10,000 deep is refused`(_ text: String, _ file: String) {
        #expect(codes(text, file: file) == ["too-deep"])
    }

    @Test func `a document as deep as it may be is read, checked and evaluated`() throws {
        let depth = 120
        let expressions = [
            String(repeating: "!Base64 [", count: depth) + "1" + String(repeating: "]", count: depth),
            String(repeating: "!If [C, 1, ", count: depth) + "!Ref R" + String(repeating: "]", count: depth),
            String(repeating: "{a: ", count: depth) + "1" + String(repeating: "}", count: depth),
            String(repeating: "!Sub ['${a}', {a: ", count: depth / 2) + "!Ref R" + String(repeating: "}]", count: depth / 2),
        ]
        for expression in expressions {
            let text = "Conditions: {C: !Equals [a, a]}\nResources: {R: {Type: T, Properties: {X: \(expression)}}}"
            var mutator = TemplateMutator(seed: 1)
            #expect(Template.read(text, file: "t.yml").value != nil)
            #expect(TemplateExercise.violations(Data(text.utf8), file: "t.yml", &mutator) == [])
        }
    }

    @Test(arguments: [
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
            + zip("bcdefghij", "abcdefghi").map { "\($0): &\($0) [\(Array(repeating: "*\($1)", count: 9).joined(separator: ", "))]\n" }
            .joined(),
        "a: &a {x: 1, y: 2}\n"
            + zip("bcdefghijklmnopqrstuvw", "abcdefghijklmnopqrstuv").map { "\($0): &\($0) {p: *\($1), q: *\($1)}\n" }.joined(),
        // The text is what grows here, not the number of values.
        "a: &a '\(String(repeating: "x", count: 100_000))'\nb: [\(Array(repeating: "*a", count: 1_000).joined(separator: ", "))]\n",
    ])
    func `an alias bomb is refused`(_ text: String) {
        let clock = ContinuousClock()
        let elapsed = clock.measure { #expect(codes(text) == ["too-many-nodes"]) }
        #expect(elapsed < .seconds(5))
    }

    @Test func `aliases can't nest deeper than the document may`() {
        let deep = String(repeating: "[", count: 100)
        let close = String(repeating: "]", count: 100)
        let text = "a: &a \(deep)x\(close)\n" + zip("bcdefgh", "abcdefg").map { "\($0): &\($0) \(deep)*\($1)\(close)\n" }.joined()
        #expect(codes(text) == ["too-deep"])
    }

    @Test(arguments: [
        ("", "empty-document"), ("   \n\n", "empty-document"), ("# a\n# b", "empty-document"), ("---\n", "not-a-template"),
        ("null", "not-a-template"),
        ("text", "not-a-template"), ("5", "not-a-template"), ("[]", "not-a-template"), ("&a [*a]", "unknown-anchor"),
        ("a: &a {b: *a}", "unknown-anchor"),
        ("{}", "no-resources"), ("Resources: {}", "no-resources"), ("a: \u{0}", "bad-yaml"), ("%YAML 9.9\n---\na: b", "bad-yaml"),
        ("a: !<", "bad-yaml"), ("!", "not-a-template"), ("*a", "unknown-anchor"), ("\u{FEFF}", "empty-document"),
    ])
    func `what is no template is refused`(_ text: String, _ code: String) {
        #expect(codes(text) == [code])
    }

    @Test(
        arguments: [
            ([0x61, 0x0A, 0xC3, 0xA9, 0xFF], "not-utf8 2:2 The file is not UTF-8 text"),
            ([0xFF, 0xFE, 0x61, 0x00], "not-utf8 1:1 The file is not UTF-8 text"),
            ([0x61, 0xC3], "not-utf8 1:2 The file is not UTF-8 text"), ([0xED, 0xA0, 0x80], "not-utf8 1:1 The file is not UTF-8 text"),
        ] as [([UInt8], String)])
    func `bytes that are no UTF-8 are refused at their place`(_ bytes: [UInt8], _ finding: String) {
        let findings = Template.read(Data(bytes), file: "t.yml").findings
        #expect(brief(findings) == [finding])
        #expect(findings[0].excerpt?.isEmpty == false)
    }

    @Test func `a line of 5 MB is read`() {
        let long = String(repeating: "x", count: 5 << 20)
        #expect(Template.read("Resources: {R: {Type: T, Properties: {X: '\(long)'}}}", file: "t.yml").value?.resources.count == 1)
        #expect(
            Template.read(#"{"Resources": {"R": {"Type": "T", "Properties": {"X": "\#(long)"}}}}"#, file: "t.json").value?.resources.count
                == 1)
    }

    @Test func `a file of more than 16 MiB or a million values is refused`() {
        #expect(Template.read(Data(count: 16 << 20 + 1), file: "t.yml").findings.map(\.code) == ["document-too-large"])
        let list = "[" + String(repeating: "1,", count: 1_000_000) + "1]"
        #expect(codes(list, file: "t.yml") == ["too-many-nodes"])
        #expect(codes(list, file: "t.json") == ["too-many-nodes"])
    }

    /// Null, a list, a number and a function in every place of a template: findings, never a trap.
    @Test(arguments: TemplateMutator.seeds)
    func `anything may stand anywhere without a crash`(_ seed: String) throws {
        let root = try #require(Document.read(seed, file: "t.yml").value?.root.json)
        var mutator = TemplateMutator(seed: 7)
        var violations: [String] = []
        var tried = 0
        for intruder: JSONValue in [nil, [], .object([:]), 5, "text", true, ["Ref": "Topic"], ["Fn::If": ["IsProd", nil, []]], [nil]] {
            root.forEachReplacement(by: intruder) { changed in
                tried += 1
                violations += TemplateExercise.violations(Data(changed.compactText.utf8), file: "t.json", &mutator)
            }
        }
        #expect(violations == [])
        #expect(tried > 100)
    }

    /// How many spoilt templates are tried: 2,000, or what PIPEPLAN_FUZZ_TEMPLATES says.
    private static let count = ProcessInfo.processInfo.environment["PIPEPLAN_FUZZ_TEMPLATES"].flatMap { UInt64($0) } ?? 2_000

    @Test(arguments: 0..<20)
    func `spoilt templates are read, checked, bound and evaluated`(_ part: UInt64) throws {
        for seed in part * Self.count / 20..<(part + 1) * Self.count / 20 {
            var mutator = TemplateMutator(seed: seed)
            let (data, file) = mutator.next()
            #expect(TemplateExercise.violations(data, file: file, &mutator) == [], "seed \(seed)")
        }
    }
}

extension JSONValue {
    /// Calls `visit` with a copy of this for every place in it, in which `intruder` has that place.
    fileprivate func forEachReplacement(by intruder: JSONValue, _ visit: (JSONValue) -> Void) {
        visit(intruder)
        switch self {
        case .array(let items):
            for (index, item) in items.enumerated() {
                item.forEachReplacement(by: intruder) { changed in
                    var copy = items
                    copy[index] = changed
                    visit(.array(copy))
                }
            }
        case .object(let members):
            for (key, value) in members {
                value.forEachReplacement(by: intruder) { changed in
                    var copy = members
                    copy[key] = changed
                    visit(.object(copy))
                }
            }
        default: break
        }
    }
}
