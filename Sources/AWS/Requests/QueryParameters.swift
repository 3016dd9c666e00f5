import Foundation
import Model

/// The body of a request of AWS's query protocol: a form whose names spell the path of each value.
///
/// https://smithy.io/2.0/aws/protocols/aws-query-protocol.html has the rules. Values may be secrets: a body is never printed.
struct QueryParameters: Sendable {
    private var bytes: [UInt8] = []
    /// The secrets among the values, which an error may quote.
    private(set) var secrets: [Secret] = []

    init(action: String, version: String) {
        set("Action", action)
        set("Version", version)
    }

    /// The form as it is sent.
    var body: Data { Data(bytes) }

    /// Adds a member; nothing where the value is `nil`.
    mutating func set(_ name: String, _ value: String?) {
        guard let value else { return }
        if !bytes.isEmpty { bytes.append(UInt8(ascii: "&")) }
        PercentEncoding.appendToForm(name, to: &bytes)
        bytes.append(UInt8(ascii: "="))
        PercentEncoding.appendToForm(value, to: &bytes)
    }

    mutating func set(_ name: String, _ value: Secret) {
        secrets.append(value)
        set(name, value.reveal())
    }

    mutating func set(_ name: String, _ value: Bool?) {
        set(name, value.map { $0 ? "true" : "false" })
    }

    mutating func set(_ name: String, _ value: Int?) {
        set(name, value.map { String($0) })
    }

    /// Adds a list, each item by its own call with the prefix of its names. An empty list is sent as such, which
    /// CloudFormation reads as "none", where a list that is not sent means "as before".
    mutating func setList<Item>(_ name: String, _ items: [Item]?, _ add: (inout QueryParameters, String, Item) -> Void) {
        guard let items else { return }
        if items.isEmpty { set(name, "") }
        for (index, item) in items.enumerated() { add(&self, "\(name).member.\(index + 1)", item) }
    }

    mutating func setList(_ name: String, _ items: [String]?) {
        setList(name, items) { $0.set($1, $2) }
    }

    /// Adds a map, sorted by key.
    mutating func setMap(_ name: String, _ entries: [String: String]) {
        for (index, entry) in entries.sorted(by: { $0.key < $1.key }).enumerated() {
            set("\(name).entry.\(index + 1).key", entry.key)
            set("\(name).entry.\(index + 1).value", entry.value)
        }
    }
}
