import Foundation
import Model
import Templates
import Testing

@Suite struct `Reading YAML` {
    private func json(_ text: String) -> String {
        let reading = Document.read(text, file: "t.yml")
        return reading.value.map { $0.root.json.compactText } ?? shown(reading.findings)
    }

    @Test(arguments: [
        ("a", #""a""#), ("'5'", #""5""#), ("\"a\\n\\x41\\u00e9\"", #""a\nAé""#), ("!!str 5", #""5""#), ("! 5", #""5""#),
        ("5", "5"), ("-5", "-5"), ("+5", #""+5""#), ("1.10", "1.10"), ("1e3", "1e3"), ("012", #""012""#), (".5", #"".5""#),
        ("5.", #""5.""#),
        ("-", #"[null]"#), ("--5", #""--5""#), ("+-5", #""+-5""#), (".", #"".""#), ("1.2.3", #""1.2.3""#), ("0x1F", #""0x1F""#),
        ("2012-10-17", #""2012-10-17""#), ("12:30:45", #""12:30:45""#), ("1_000", #""1_000""#), (".inf", #"".inf""#),
        ("true", "true"), ("True", "true"), ("TRUE", "true"), ("tRUE", #""tRUE""#), ("yes", "true"), ("No", "false"), ("on", "true"),
        ("OFF", "false"), ("y", #""y""#), ("n", #""n""#), ("~", "null"), ("null", "null"), ("NULL", "null"), ("nULL", #""nULL""#),
        ("'yes'", #""yes""#), ("off-by-one", #""off-by-one""#),
    ])
    func `a scalar has the type that YAML 1 1 gives it`(_ scalar: String, _ value: String) {
        #expect(json(scalar) == value)
    }

    @Test(arguments: [
        ("|\n  a\n   b\n\n  c\n", #"{"x":"a\n b\n\nc\n"}"#),
        ("|-\n  a\n  b\n", #"{"x":"a\nb"}"#),
        ("|+\n  a\n\n", #"{"x":"a\n\n"}"#),
        ("|2\n   a\n", #"{"x":" a\n"}"#),
        (">\n  a\n  b\n\n  c\n", #"{"x":"a b\nc\n"}"#),
        (">-\n  a\n  b\n", #"{"x":"a b"}"#),
        ("a\n  b\n", #"{"x":"a b"}"#),
        ("\"a\n  b\\\n  c\"", #"{"x":"a bc"}"#),
        ("'it''s\n  b'", #"{"x":"it's b"}"#),
        ("|\n  a\r\n  b\r\n", #"{"x":"a\nb\n"}"#),
    ])
    func `a string may take several lines`(_ text: String, _ value: String) {
        #expect(json("x: \(text)") == value)
    }

    @Test(arguments: [
        ("!Ref No", #"{"Ref":"No"}"#), ("!Ref 'a'", #"{"Ref":"a"}"#), ("!Condition On", #"{"Condition":"On"}"#),
        ("!Sub 5", #"{"Fn::Sub":"5"}"#),
        ("!GetAtt a.b.c", #"{"Fn::GetAtt":["a","b.c"]}"#), ("!GetAtt [a, b]", #"{"Fn::GetAtt":["a","b"]}"#),
        ("!GetAtt a", #"{"Fn::GetAtt":"a"}"#),
        ("!GetAZs", #"{"Fn::GetAZs":""}"#), ("!Base64 {Ref: a}", #"{"Fn::Base64":{"Ref":"a"}}"#),
        ("!Base64\n  Fn::Sub: a", #"{"Fn::Base64":{"Fn::Sub":"a"}}"#), ("!Sub |\n  a\n", #"{"Fn::Sub":"a\n"}"#),
        ("!Join\n- ''\n- - a\n  - !Ref b", #"{"Fn::Join":["",["a",{"Ref":"b"}]]}"#),
        ("!Transform {Name: a}", #"{"Fn::Transform":{"Name":"a"}}"#),
    ])
    func `a short form is read as its long form`(_ text: String, _ value: String) {
        #expect(json(text) == value)
    }

    @Test(arguments: [
        "And", "Base64", "Cidr", "Contains", "EachMemberEquals", "EachMemberIn", "Equals", "FindInMap", "GetAZs", "If", "ImportValue",
        "Join",
        "Length", "Not", "Or", "RefAll", "Select", "Split", "Sub", "ToJsonString", "Transform", "ValueOf", "ValueOfAll",
    ])
    func `every function has a short form`(_ name: String) {
        #expect(json("!\(name) [a]") == #"{"Fn::\#(name)":["a"]}"#)
    }

    @Test(arguments: [
        ("[&a {x: 1}, *a]", #"[{"x":1},{"x":1}]"#),
        ("[&a !Ref x, *a]", #"[{"Ref":"x"},{"Ref":"x"}]"#),
        ("[&a b, {*a : c}]", #"["b",{"b":"c"}]"#),
        ("[&a {x: 1, y: 2}, {<<: *a, y: 3, z: 4}]", #"[{"x":1,"y":2},{"y":3,"z":4,"x":1}]"#),
        ("[&a {x: 1}, &b {x: 2, y: 2}, {<<: [*a, *b]}]", #"[{"x":1},{"x":2,"y":2},{"x":1,"y":2}]"#),
        ("[{<<: {x: 1}}]", #"[{"x":1}]"#),
        ("[{'<<': {x: 1}}]", #"[{"<<":{"x":1}}]"#),
        ("[&a 1, &a 2, *a]", "[1,2,2]"),
    ])
    func `an alias or a merge stands for what it names`(_ text: String, _ value: String) {
        #expect(json(text) == value)
    }

    @Test func `every node knows where it stands, counted in characters`() throws {
        let text = "# ☕ über\nä: {ö: [👩‍👩‍👧, !Ref x]}\n'y z': |\n  text\n"
        let root = try #require(Document.read(text, file: "t.yml").value?.root)
        func place(_ span: Span?) -> String { span.map { "\($0.start.line):\($0.start.column)-\($0.end.line):\($0.end.column)" } ?? "" }
        let first = try #require(root.members?.first)
        let inner = try #require(first.value.members?.first)
        #expect(
            [first.keySpan, first.value.span, inner.keySpan, inner.value.items?[0].span, inner.value.items?[1].span].map(place)
                == ["2:1-2:2", "2:4-2:24", "2:5-2:6", "2:9-2:14", "2:16-2:22"])
        #expect(place(root.members?.last?.keySpan) == "3:1-3:6")
    }

    @Test(arguments: [
        (
            "a:\n\tb: 1",
            """
            bad-yaml t.yml:2:1
            \tb: 1
            ^
            Bad YAML: while scanning for the next token, found character that cannot start any token
            A tab can't indent YAML, and @ ` % need quotes.
            """
        ),
        (
            "a: [1, 2",
            """
            bad-yaml t.yml:1:9
            a: [1, 2
                    ^
            Bad YAML: while parsing a flow sequence, did not find expected ',' or ']'
            """
        ),
        (
            "a: 'über",
            """
            bad-yaml t.yml:1:9
            a: 'über
                    ^
            Bad YAML: while scanning a quoted scalar, found unexpected end of stream
            """
        ),
        (
            "a: 1\nü: {b: 1, b: 2}\na: 2",
            """
            duplicate-key t.yml:2:11
            ü: {b: 1, b: 2}
                      ^
            The key "b" is there twice
            One of the two would silently be lost. Remove or rename one.

            duplicate-key t.yml:3:1
            a: 2
            ^
            The key "a" is there twice
            One of the two would silently be lost. Remove or rename one.
            """
        ),
        (
            "a: !Reff b\nc: !Nonsense d",
            """
            unknown-tag t.yml:1:4
            a: !Reff b
               ^
            Unknown tag !Reff
            Did you mean !Ref?

            unknown-tag t.yml:2:4
            c: !Nonsense d
               ^
            Unknown tag !Nonsense
            CloudFormation does not know it.
            """
        ),
        (
            "a: *b",
            """
            unknown-anchor t.yml:1:4
            a: *b
               ^
            No anchor is named b
            """
        ),
        (
            "a: 1\n---\nb: 2",
            """
            several-documents t.yml:2:1
            ---
            ^
            The file holds more than one YAML document
            CloudFormation reads one. Remove everything from this --- on.
            """
        ),
        (
            "? [a, b]\n: c",
            """
            bad-key t.yml:1:3
            ? [a, b]
              ^
            A key must be a string, not a list
            """
        ),
        (
            "<<: text",
            """
            bad-merge t.yml:1:5
            <<: text
                ^
            A merge key << takes a map or a list of maps
            """
        ),
        (
            "# nothing\n\n",
            """
            empty-document t.yml:1:1
            # nothing
            ^
            The file is empty
            It holds nothing but white space and comments.
            """
        ),
    ])
    func `bad YAML is shown with its place`(_ text: String, _ report: String) {
        #expect(shown(Document.read(text, file: "t.yml").findings) == report)
    }

    @Test(arguments: [
        ("a: x\u{85}b: [", "bad-yaml t.yml:2:5\nb: [\n    ^\n"), ("a: x\rb: [", "bad-yaml t.yml:2:5\nb: [\n    ^\n"),
        ("a: \"\u{2028}\u{2029}x\"\nb: [", "bad-yaml t.yml:4:5\nb: [\n    ^\n"), ("a: x\r\nb: [", "bad-yaml t.yml:2:5\nb: [\n    ^\n"),
        ("ü: \u{0}", "bad-yaml t.yml:1:4\nü: \u{0}\n   ^\n"), ("a: 1\nb: \u{7}", "bad-yaml t.yml:2:4\nb: \u{7}\n   ^\n"),
    ])
    func `the line shown is the line counted`(_ text: String, _ start: String) {
        #expect(shown(Document.read(text, file: "t.yml").findings).hasPrefix(start))
    }

    @Test func `aliases and merges are expanded in what is sent, and nothing else is touched`() throws {
        let plain = "Resources: {A: {Type: T}} # as it is\n"
        #expect(Template.read(plain, file: "t.yml").value?.body == plain)
        let aliased = "Resources:\n  A: &a\n    Type: T\n    Properties: {V: 1.10, W: !GetAtt B.Arn}\n  B: *a\n"
        let template = try #require(Template.read(aliased, file: "t.yml").value)
        let resource = #"{"Type":"T","Properties":{"V":1.10,"W":{"Fn::GetAtt":["B","Arn"]}}}"#
        #expect(
            Document.read(template.body, file: "t.json").value?.root.json.compactText
                == #"{"Resources":{"A":\#(resource),"B":\#(resource)}}"#)
    }

    @Test(arguments: [
        ("Resources: {A: {Type: é}}", "Resources: {A: {Type: é}}", true),
        ("Resources: {A: {Type: é}}", "Resources: {A: {Type: e\u{301}}}", false),
        ("Resources: {A: {Type: T}}", "Resources: {A: {Type: T}}\n", false),
        (
            "Transform: AWS::LanguageExtensions\nResources: {A: {Type: T}}",
            "Transform: AWS::LanguageExtensions\nResources: {A: {Type: T}}", false
        ),
    ])
    func `a template need not be read again from the very bytes it was read from, unless loops may differ`(
        _ text: String, _ other: String, _ isSame: Bool
    ) {
        #expect(Template.read(text, file: "t.yml").value?.isReading(of: other) == isSame)
    }

    @Test func `a byte order mark is skipped`() {
        for text in ["a: 1", #"{"a": 1}"#] {
            #expect(Document.read(Data("\u{FEFF}\(text)".utf8), file: "t.yml").value?.root.json == ["a": 1])
            #expect(Document.read("\u{FEFF}\(text)", file: "t.yml").value?.root.json == ["a": 1])
        }
    }
}
