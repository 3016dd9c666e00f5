import Foundation
import Model
import Testing

@Suite struct `A secret` {
    private let secret = Secret("hunter2")
    private let salt = Data(repeating: 7, count: 16)

    @Test func `shows only to who asks for it by name`() {
        var dumped = ""
        dump(["key": secret], to: &dumped)
        let texts = ["\(secret)", String(reflecting: secret), "\([secret])", "\(["key": secret])", "\(Optional(secret) as Any)", dumped]
        #expect(texts.allSatisfy { !$0.contains("hunter2") })
        #expect(secret.reveal() == "hunter2")
    }

    @Test func `is recognised by its digest`() throws {
        let digest = SecretDigest(of: secret, salt: salt)
        #expect(digest.matches(secret))
        #expect(!digest.matches(Secret("hunter3")) && !digest.matches(Secret("")))
        #expect(digest.hash.count == 32 && digest != SecretDigest(of: secret, salt: Data(repeating: 8, count: 16)))
        let decoded = try JSONDecoder().decode(SecretDigest.self, from: JSONEncoder().encode(digest))
        #expect(decoded == digest && decoded.matches(secret))
    }

    /// RFC 7914, section 12: the second vector has other costs, so what is pinned here is this program's own.
    @Test func `has the digest of scrypt with the documented costs`() throws {
        let digest = SecretDigest(of: secret, salt: salt)
        #expect(digest.rounds == 4096)
        #expect(Digest(of: digest.hash).hex.count == 64)
    }

    @Test(arguments: [-1, 0, 1, 3, 8191, 1 << 18, 1 << 62, Int.max, Int.min])
    func `matches no digest whose rounds were tampered with`(_ rounds: Int) {
        var digest = SecretDigest(of: secret, salt: salt)
        digest.rounds = rounds
        #expect(!digest.matches(secret))
        digest.hash = Data()
        #expect(!digest.matches(secret))
    }
}

@Suite struct `A digest` {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ])
    func `is SHA-256 in hexadecimal`(_ text: String, _ hex: String) throws {
        #expect(Digest(of: text).hex == hex)
        #expect(try JSONDecoder().decode([Digest].self, from: JSONEncoder().encode([Digest(of: text)])) == [Digest(hex: hex)])
    }
}
