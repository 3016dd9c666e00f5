import Foundation
import Model
import Testing

@Suite struct `The vocabulary` {
    @Test(
        arguments: [
            ("Resorces", "Resources"), ("resources", "Resources"), ("Outptus", "Outputs"), ("Otputs", "Outputs"),
            ("Parameter", "Parameters"),
            ("Banana", nil), ("", nil), (String(repeating: "x", count: 300), nil), ("Ressourcen", "Resources"),
        ] as [(String, String?)])
    func `a misspelt name is met by the nearest known one`(_ name: String, _ nearest: String?) {
        #expect(nearestName(to: name, in: ["Parameters", "Resources", "Outputs"]) == nearest)
    }

    @Test func `of two as near names the first is suggested`() {
        #expect(nearestName(to: "Tobic", in: ["Topic", "Tobik"]) == "Topic")
        #expect(nearestName(to: "a", in: []) == nil)
    }

    @Test(
        arguments: [
            ("app", StackAddress(stack: "app")), ("app:prod", StackAddress(stack: "app", environment: "prod")), ("", nil), (":", nil),
            ("app:", nil),
            (":prod", nil), ("a:b:c", nil),
        ] as [(String, StackAddress?)])
    func `an address is a stack and perhaps an environment`(_ text: String, _ address: StackAddress?) {
        #expect(StackAddress(text) == address)
        if let address { #expect(address.description == text) }
    }

    @Test func `addresses sort by stack, then by environment`() {
        let sorted = ["b", "a:x", "a", "a:b", "ab"].compactMap { StackAddress($0) }.sorted().map(\.description)
        #expect(sorted == ["a", "a:b", "a:x", "ab", "b"])
    }

    @Test(arguments: [
        ("CREATE_IN_PROGRESS", "in progress"), ("CREATE_COMPLETE", "success, updatable"), ("CREATE_FAILED", "failure"),
        ("ROLLBACK_IN_PROGRESS", "in progress, rollback"), ("ROLLBACK_COMPLETE", "rollback"), ("ROLLBACK_FAILED", "failure, rollback"),
        ("UPDATE_COMPLETE", "success, updatable"), ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "in progress"),
        ("UPDATE_ROLLBACK_COMPLETE", "rollback, updatable"), ("UPDATE_ROLLBACK_FAILED", "failure, rollback"),
        ("DELETE_COMPLETE", "success"),
        ("IMPORT_COMPLETE", "success, updatable"), ("IMPORT_ROLLBACK_COMPLETE", "rollback, updatable"),
        ("REVIEW_IN_PROGRESS", "in progress"),
    ])
    func `a status tells what it means`(_ name: String, _ meaning: String) {
        let status = StackStatus(rawValue: name)
        let found = [
            (status.isInProgress, "in progress"), (status.isFailure, "failure"), (status.isSuccess, "success"),
            (status.isRollback, "rollback"),
            (status.acceptsUpdate, "updatable"),
        ]
        #expect(found.filter(\.0).map(\.1).joined(separator: ", ") == meaning)
    }

    @Test func `a problem reads as its findings, one a line`() {
        let range = SourceRange(file: "t.yml", start: SourcePosition(line: 3, column: 5), end: SourcePosition(line: 3, column: 9))
        let problem = Problem(.badInput, [Finding("a", "First", detail: "Because.", at: range), Finding("b", .warning, "Second")])
        #expect("\(problem)" == "t.yml:3:5: First. Because.\nSecond")
        #expect(problem.status.rawValue == 4)
    }

    @Test func `a finding survives being stored`() throws {
        let range = SourceRange(file: "t.yml", start: SourcePosition(line: 3, column: 5), end: SourcePosition(line: 3, column: 9))
        for finding in [
            Finding("a", .error, "First", detail: "d", at: range, excerpt: "text", excerptColumn: 7), Finding("b", .note, "Second"),
        ] {
            #expect(try JSONDecoder().decode(Finding.self, from: JSONEncoder().encode(finding)) == finding)
        }
    }

    @Test func `places are ordered by line, then by column`() {
        let places = [(2, 1), (1, 9), (1, 10)].map { SourcePosition(line: $0.0, column: $0.1) }
        #expect(places.sorted() == [places[1], places[2], places[0]])
    }
}
