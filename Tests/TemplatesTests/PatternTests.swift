import Testing

@testable import Templates

@Suite struct `Patterns of schemas` {
    private func mayMatch(_ pattern: String, _ text: String) -> Bool {
        var cache = PatternCache()
        let first = cache.mayMatch(pattern, text)
        #expect(cache.mayMatch(pattern, text) == first)
        return first
    }

    @Test(arguments: [
        ("^[a-z0-9-]{3,5}$", ["abc", "a-b-c"], ["ab", "abcdef", "a_b", ""]),
        ("^arn:aws(-[\\w]+)*:s3:::.+$", ["arn:aws:s3:::b", "arn:aws-cn:s3:::b"], ["arn:aws:s3:::", "arn:aw:s3:::b"]),
        // Somewhere in the text, as a schema's pattern is.
        ("[0-9]{2}", ["a12b", "12"], ["1a2"]), ("a|^b$|c$", ["xa", "b", "xc"], ["bb", "cx"]), ("", ["", "x"], []),
        ("^(a|b)*c?$", ["", "abab", "abc"], ["abcc", "d"]), ("^(?:a+)+$", ["aaa"], ["aab"]), ("^a{2}$", ["aa"], ["a", "aaa"]),
        ("^a{,2}$", ["", "aa"], ["aaa"]), ("^a{2,}$", ["aa", "aaaa"], ["a"]), ("^a{x}$", ["a{x}"], ["a"]), ("^[]a]$", ["]", "a"], ["b"]),
        ("^[^a-c]$", ["d", "-"], ["a", "c", ""]), ("^[a\\-z]$", ["-"], ["b"]), ("^[\\w.-]+$", ["a.b-c", "é"], ["a b"]),
        ("^\\d+\\.\\d*$", ["1.", "1.5"], ["1", ".5"]), ("^[\\u0020-\\x7E]*$", ["a ~"], ["\u{7F}", "é"]), ("^\\p{L}+$", ["aé"], ["a1"]),
        ("^[^\\p{C}]*$", ["a"], ["\u{0}"]), ("^.$", ["a"], ["\n", "ab"]), ("(?s)^.$", ["\n"], ["ab"]), ("(?i)^ab$", ["AB", "aB"], ["ac"]),
        ("^a$", ["a", "a\n"], ["a\nb"]), ("^a*?b++$", ["b", "aabb"], ["a"]), ("^(?P<n>a)(?<m>b)$", ["ab"], ["a"]),
        ("\\Aa\\Z", ["a"], ["ba"]),
        ("^[\\s\\S]{1,9}$", ["a\n"], [""]), ("^👩{2}$", ["👩👩"], ["👩"]), ("^e$", ["e"], ["e\u{301}"]),
    ])
    func `refuse what certainly does not match`(_ pattern: String, _ matching: [String], _ others: [String]) {
        for text in matching { #expect(mayMatch(pattern, text), "\(pattern) on \(text.debugDescription)") }
        for text in others { #expect(!mayMatch(pattern, text), "\(pattern) on \(text.debugDescription)") }
    }

    @Test(arguments: [
        // Look-arounds, boundaries and back references may hold.
        ("^(?!aws:).+$", "aws:x"), ("^(?=b)a$", "a"), ("\\ba\\b", "xax"), ("^(a)\\1$", "ab"), ("(?<!x)a", "xa"),
        // What can't be read is not checked.
        ("[a", "b"), ("(a", "b"), ("a)", "b"), ("*a", "b"), ("[a-z&&[^b]]", "b"), ("\\q", "b"), ("[z-a]", "b"), ("\\k<n>", "b"),
        ("a{3,2}", "b"), ("(?#c)", "b"), ("\\p{", "b"), ("\\x", "b"),
        // Whose engines differ.
        ("^\\p{Unheard}$", "a"), ("^[^\\p{Unheard}]$", "a"), ("^\\w$", "é"), ("^[^\\w]$", "é"),
        // A repetition that is too long to be counted is any number.
        ("^.{1,65535}$", "a"), ("^(a{1,1000}){1,1000}$", "aaa"),
    ])
    func `let pass what some engine may take`(_ pattern: String, _ text: String) {
        #expect(mayMatch(pattern, text))
    }

    @Test(arguments: [
        "^(a+)+$", "^(a*)*$", "^(a|a)*$", "^(a|aa)+$", "(.*)(.*)(.*)(.*)(.*)x", "^((a{0,50}){0,50}){0,50}$",
        String(repeating: "(", count: 100_000),
        String(repeating: "(a", count: 49) + String(repeating: ")*", count: 49), String(repeating: "a{1000}", count: 1_000),
    ])
    func `take no more time than pattern and text are long`(_ pattern: String) {
        let clock = ContinuousClock()
        let elapsed = clock.measure {
            _ = mayMatch(pattern, String(repeating: "a", count: 2_000) + "b")
            _ = mayMatch(pattern, String(repeating: "a", count: 200_000) + "b")
        }
        #expect(elapsed < .seconds(20))
    }
}
