import Foundation

extension XMLElement {
    /// The text of a child that AWS always writes. Throws where it is missing or empty.
    func required(_ name: String) throws(UnreadableAnswer) -> String {
        guard let text = text(name) else { throw UnreadableAnswer("\(self.name) has no \(name)") }
        return text
    }

    func requiredTime(_ name: String) throws(UnreadableAnswer) -> Date {
        let text = try required(name)
        guard let date = Timestamp.date(text) else { throw UnreadableAnswer("\(name) is \(text.prefix(40)), not a time") }
        return date
    }

    /// The members of a list, each read; unlike `map`, it keeps the type of what is thrown.
    func list<Value>(_ name: String, _ read: (XMLElement) throws(UnreadableAnswer) -> Value) throws(UnreadableAnswer) -> [Value] {
        var values: [Value] = []
        for member in list(name) { values.append(try read(member)) }
        return values
    }

    /// A list of keys and values as a dictionary; of equal keys the last.
    func dictionary(_ name: String, key: String, value: String) -> [String: String] {
        Dictionary(list(name).compactMap { member in member.text(key).map { ($0, member.value(value) ?? "") } }) { _, last in last
        }
    }
}
