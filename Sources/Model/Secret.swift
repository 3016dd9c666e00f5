import Crypto
import CryptoExtras
package import Foundation

/// A value that must not be printed, logged or stored. Reading it takes a call that a reviewer can search for.
package struct Secret: Hashable, Sendable {
    private let value: String
    package init(_ value: String) { self.value = value }

    /// What stands in the place of a secret where text is kept or sent on, as in CloudFormation's own answers.
    package static let mask = "****"

    /// The value itself, for the one request that needs it.
    package func reveal() -> String { value }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "(sensitive)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension String {
    /// Shorter ones would take letters out of every word.
    static let shortestSecret = 4

    /// The text with `****` for every one of the secrets in it.
    package func hiding(_ secrets: [Secret]) -> String {
        // A longer one may hold a shorter one, whose stars would leave the rest of it.
        secrets.map { $0.reveal() }.sorted { $0.utf8.count > $1.utf8.count }.reduce(self) { text, secret in
            secret.utf8.count >= Self.shortestSecret ? text.replacing(secret, with: Secret.mask) : text
        }
    }
}

/// A salted slow digest of a secret: tells whether a value is the recorded one, and is of no use for finding it out.
///
/// The algorithm is scrypt (RFC 7914) with N = 2¹², r = 8, p = 1: 4 MiB and half of the 50 ms that a plan may take.
package struct SecretDigest: Hashable, Sendable, Codable {
    package var salt: Data
    package var hash: Data
    package var rounds: Int

    private static let defaultRounds = 1 << 12
    private static let maximumRounds = 1 << 17
    private static let length = 32

    /// The digest of `secret` under a salt of 16 random bytes, which the caller draws.
    package init(of secret: Secret, salt: Data) {
        self.salt = salt
        rounds = Self.defaultRounds
        hash = Self.derive(secret, salt: salt, rounds: rounds) ?? Data()
    }

    /// Whether `secret` is the value this digest was taken of.
    package func matches(_ secret: Secret) -> Bool {
        Self.derive(secret, salt: salt, rounds: rounds).map { $0 == hash } ?? false
    }

    /// `nil` for rounds that scrypt would refuse, trap on or take gigabytes for: a digest whose stored rounds were tampered
    /// with matches nothing.
    private static func derive(_ secret: Secret, salt: Data, rounds: Int) -> Data? {
        guard (2...maximumRounds).contains(rounds), rounds.nonzeroBitCount == 1 else { return nil }
        let key = try? KDF.Scrypt.deriveKey(
            from: Data(secret.reveal().utf8), salt: salt, outputByteCount: length, rounds: rounds, blockSize: 8, parallelism: 1)
        return key.map { $0.withUnsafeBytes { Data($0) } }
    }
}

/// A SHA-256 digest in lower-case hexadecimal.
package struct Digest: Hashable, Sendable, Codable, CustomStringConvertible {
    package var hex: String

    package init(of bytes: some DataProtocol) { self.init(SHA256.hash(data: bytes)) }

    /// - Parameter next: gives the bytes piece by piece; `nil` at their end.
    package init(ofPieces next: () throws -> Data?) rethrows {
        var hash = SHA256()
        while let piece = try next() { hash.update(data: piece) }
        self.init(hash.finalize())
    }

    private init(_ hash: SHA256.Digest) {
        let digits = StaticString("0123456789abcdef")
        hex = String(unsafeUninitializedCapacity: 64) { target in
            var index = 0
            for byte in hash {
                target[index] = digits.utf8Start[Int(byte >> 4)]
                target[index + 1] = digits.utf8Start[Int(byte & 15)]
                index += 2
            }
            return index
        }
    }

    package init(of text: String) { self.init(of: Data(text.utf8)) }
    package init(hex: String) { self.hex = hex }

    package init(from decoder: any Decoder) throws { hex = try decoder.singleValueContainer().decode(String.self) }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex)
    }

    package var description: String { hex }
}
