import Foundation
import Model
import Testing

@testable import Templates

@Suite struct `Values written into a template` {
    private func edit(_ text: String, _ wishes: (path: String, value: JSONValue?)...) throws -> TemplateEdit {
        let template = try Template.read(text, file: "template.yml").get()
        return TemplateEdit(wishes.map { .init(logicalID: "T", path: $0.path, value: $0.value) }, in: template)
    }

    private func yaml(_ properties: String) -> String {
        "# top\nResources:\n  T:   # it\n    Type: A::B::C\n    Properties:\n" + properties
    }

    @Test(arguments: [
        ("      Name: old   # why\n", "Name", "new", "      Name: new   # why\n"),
        ("      Name: 'old'\n", "Name", "it's", "      Name: 'it''s'\n"),
        ("      Name: \"old\"  # q\n", "Name", "a\"b", "      Name: \"a\\\"b\"  # q\n"),
        ("      Name: old\n", "Name", "true", "      Name: \"true\"\n"),
        ("      Name: old\n", "Name", "a: b # c", "      Name: \"a: b # c\"\n"),
        ("      Name: old\n", "Name", "", "      Name: \"\"\n"),
        ("      { A: [ 1, old ], B: {x.y: old} }\n", "B.x.y", "z,w", "      { A: [ 1, old ], B: {x.y: \"z,w\"} }\n"),
        ("      { A: [ 1, old ] }\n", "A[1]", "new", "      { A: [ 1, new ] }\n"),
        (
            "      Tags:\n        - {Key: a, Value: 1}\n        - {Key: b, Value: old}\n", "Tags[b].Value", "new",
            "      Tags:\n        - {Key: a, Value: 1}\n        - {Key: b, Value: new}\n"
        ),
        ("      Ü: ä\n      Name: öld # é\n", "Name", "nëw", "      Ü: ä\n      Name: nëw # é\n"),
    ])
    func `a literal is replaced in its own style, and all else stays`(before: String, path: String, value: String, after: String) throws {
        let edit = try edit(yaml(before), (path, .string(value)))
        #expect(edit.text == yaml(after), "\(edit.advice)")
        #expect(edit.done.count == 1 && edit.advice.isEmpty)
    }

    @Test func `a number stays one, and several edits are made together`() throws {
        let edit = try edit(yaml("      A: 1\n      B: yes\n"), ("A", .number("25")), ("A", "26"), ("B", false))
        #expect(edit.text == yaml("      A: 26\n      B: false\n"))
    }

    @Test func `where another value stands than was looked for, nothing is overwritten`() throws {
        let template = try Template.read(yaml("      A: [one, two]\n"), file: "template.yml").get()
        let moved = TemplateEdit([.init(logicalID: "T", path: "A[0]", expected: .null, value: "new")], in: template)
        let edited = TemplateEdit([.init(logicalID: "T", path: "A[0]", expected: "zero", value: "new")], in: template)
        for edit in [moved, edited] {
            #expect(edit.done.isEmpty && edit.advice.first?.text.hasPrefix("It was added or moved") == true)
        }
    }

    @Test func `JSON stays JSON`() throws {
        let edit = try edit(
            #"{"Resources": {"T": {"Type": "A::B::C", "Properties": {"A": "old", "N": 1}}}}"#, ("A", "x\ny"), ("N", .number("2")))
        #expect(edit.text == #"{"Resources": {"T": {"Type": "A::B::C", "Properties": {"A": "x\ny", "N": 2}}}}"#)
    }

    @Test(arguments: [
        ("      Name: !Ref P\n", "Name", "It comes from P: change that, or write the value here"),
        ("      Name: !Sub \"${P}\"\n", "Name", "It is worked out by a function: change what that takes"),
        ("      Name: !FindInMap [M, a, b]\n", "Name", "It comes from the mapping M: change it there"),
        ("      Name: |\n        several\n        lines\n", "Name", "It is written over several lines"),
        ("      Name: {A: b}\n", "Name", "It is no single value: change it here"),
        ("      Name: x\n", "Other", "The template does not set it here"),
    ])
    func `what is no literal is left to a person, with what to do`(properties: String, path: String, advice: String) throws {
        let parts = "Parameters: {P: {Type: String}}\nMappings: {M: {a: {b: c}}}\n" + yaml(properties)
        let edit = try edit(parts, (path, "new"))
        #expect(edit.text == parts)
        #expect(edit.advice.map(\.text) == [advice])
        #expect(edit.advice.first?.location?.file == "template.yml")
    }

    @Test func `a value that others share by an alias is not touched`() throws {
        let shared = "Resources:\n  S: {Type: A::B::C, Properties: {Name: &n old}}\n  T: {Type: A::B::C, Properties: {Name: *n}}\n"
        let edit = try edit(shared, ("Name", "new"))
        #expect(edit.text == shared)
        #expect(edit.advice.map(\.text) == ["The template uses aliases, so that it may stand for others too: change it here"])
    }
}
