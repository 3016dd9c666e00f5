import ResourceTypes
import Testing

struct PropertyPathTests {
    @Test(
        arguments: [
            ("/properties/A", ["A"]),
            ("/properties/A/*/B", ["A", "*", "B"]),
            ("/properties/A~1B/C~0D/~01", ["A/B", "C~D", "~1"]),
            ("/properties", nil),
            ("/properties/", [""]),
            ("properties/A", nil),
            ("/A", nil),
            ("", nil),
        ] as [(String, [String]?)])
    func `a schema's pointer is read`(pointer: String, expected: [String]?) {
        #expect(PropertyPath(pointer: pointer)?.components == expected)
    }

    @Test(arguments: [["A"], ["A", "*", "B"], ["A/B", "C~D", "~1"]])
    func `a path is written as it is read`(components: [String]) {
        #expect(PropertyPath(pointer: PropertyPath(components).description)?.components == components)
    }

    @Test(
        arguments: [
            (["A"], ["A"], true, false),
            (["A", "B"], ["A"], true, true),
            (["A"], ["A", "B"], false, false),
            (["AB"], ["A"], false, false),
            (["A", "0", "B"], ["A", "*"], true, true),
            (["A", "*", "B"], ["A", "0"], false, true),
            (["A"], [], true, true),
        ] as [([String], [String], Bool, Bool)])
    func `what stands below what is told by whole names`(path: [String], other: [String], isAtOrBelow: Bool, isBelow: Bool) {
        #expect(PropertyPath(path).isAtOrBelow(PropertyPath(other)) == isAtOrBelow)
        #expect(PropertyPath(path).isBelow(PropertyPath(other)) == isBelow)
    }
}
