import Foundation
import Model

extension ServiceClient {
    /// Sends a request of the JSON protocol and reads the object that it is answered with.
    ///
    /// An answer may hold secrets: nothing of it is in what is thrown.
    func json<Value>(
        _ action: String, _ input: JSONValue, mayBeRepeated: Bool, read: (JSONValue) throws(UnreadableAnswer) -> Value
    ) async throws -> Value {
        let request = HTTPRequest(
            .post, endpoint,
            headers: [
                HTTPField("Content-Type", "application/x-amz-json-\(service.jsonVersion)"),
                HTTPField("X-Amz-Target", "\(service.jsonTarget ?? "").\(action)"),
            ], body: Data(input.compactText.utf8), mayBeRepeated: mayBeRepeated)
        return try await send(request, action: action) { response throws(UnreadableAnswer) in
            guard let document = try? JSONDecoder().decode(JSONValue.self, from: response.body) else {
                throw UnreadableAnswer("It is no JSON")
            }
            guard document.objectMembers != nil else { throw UnreadableAnswer("It is no JSON object") }
            return try read(document)
        }
    }
}

extension JSONValue {
    /// The text of a member that AWS always writes. Throws where it is missing or no text; the value is not quoted.
    func required(_ name: String) throws(UnreadableAnswer) -> String {
        guard case .string(let text)? = self[name] else { throw UnreadableAnswer("It has no \(name)") }
        return text
    }
}
