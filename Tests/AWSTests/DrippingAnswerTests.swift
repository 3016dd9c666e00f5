import Foundation
import Model
import Testing

@testable import AWS

/// Answers that come byte by byte: characters, entities and tokens are cut wherever they can be.
@Suite struct DrippingAnswerTests {
    private func session(_ body: String) throws -> (Peer, AWSSession) {
        let peer = try Peer("drip.py", body)
        return (peer, try AWSSession(context: .example(["AWS_ENDPOINT_URL": peer.url])))
    }

    @Test func `the query protocol's XML is read whole`() async throws {
        let (peer, session) = try session(
            """
            <?xml version="1.0"?><GetTemplateResponse xmlns="x"><GetTemplateResult><TemplateBody>é&#x1F680;&amp;amp; <![CDATA[<🚀]]]>]&gt;
            </TemplateBody></GetTemplateResult></GetTemplateResponse>
            """)
        #expect(try await session.cloudFormation().getTemplate(stack: "s") == "é🚀&amp; <🚀]]>\n")
        withExtendedLifetime(peer) {}
    }

    @Test func `the JSON protocol's objects are read whole`() async throws {
        let (peer, session) = try session(#"{"SecretString": "é🚀\ud83d\ude80\"\\", "More": [{"Deep": 1.5e3}]}"#)
        #expect(try await session.secretsManager().getSecretValue("s") == .text(Secret("é🚀🚀\"\\")))
        withExtendedLifetime(peer) {}
    }

    @Test func `S3's objects and listings are read whole`() async throws {
        let listing = "<ListBucketResult><Contents><Key>é🚀&lt;</Key><Size>1</Size></Contents></ListBucketResult>"
        let (peer, session) = try session(listing)
        let client = try session.s3()
        #expect(try await client.listObjects(bucket: "b", prefix: "").map(\.key) == ["é🚀<"])
        #expect(try await client.getObject(bucket: "b", key: "k")?.body == Data(listing.utf8))
        withExtendedLifetime(peer) {}
    }
}
