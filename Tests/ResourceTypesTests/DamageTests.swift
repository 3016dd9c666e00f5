import CResourceCatalog
import ResourceTypes
import Testing

/// Whatever the bytes of a catalog are, reading them ends, with facts or with an error.
struct DamageTests {
    private let sound = Array(UnsafeRawBufferPointer(start: resource_catalog_bytes(), count: resource_catalog_size()))

    @Test func `a copy of the catalog is as good`() throws {
        let types = try ResourceTypeCatalog(bytes: sound)
        #expect(types.typeNames == ResourceTypeCatalog.bundled.typeNames)
        #expect(types["AWS::S3::Bucket"]?.createOnlyPaths == ResourceTypeCatalog.bundled["AWS::S3::Bucket"]?.createOnlyPaths)
    }

    @Test(arguments: [
        [], [0], Array("PPCATLG1".utf8), Array("PPCATLG1".utf8) + Array(repeating: 0xFF, count: 24), Array(repeating: 0, count: 64),
    ])
    func `what is no catalog is refused`(bytes: [UInt8]) {
        #expect(throws: MalformedCatalog.self) { try ResourceTypeCatalog(bytes: bytes) }
    }

    @Test func `a catalog that was cut off is refused or lacks what was cut`() {
        for length in stride(from: 0, to: sound.count, by: sound.count / 40) {
            explore(Array(sound.prefix(length)))
        }
    }

    @Test func `damage anywhere never stops the program`() {
        var random = SplitMix64(state: 20261124)
        for round in 0..<200 {
            var bytes = sound
            // Every other round aims at the header and the indexes, whose damage does the most.
            let range = round.isMultiple(of: 2) ? 0..<2_000 : 0..<bytes.count
            for _ in 0..<Int.random(in: 1...400, using: &random) {
                bytes[Int.random(in: range, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
            }
            explore(bytes, using: &random)
        }
    }

    private func explore(_ bytes: [UInt8]) {
        var random = SplitMix64(state: UInt64(bytes.count))
        explore(bytes, using: &random)
    }

    /// Asks for a few types and walks through their schemas.
    private func explore(_ bytes: [UInt8], using random: inout SplitMix64) {
        guard let types = try? ResourceTypeCatalog(bytes: bytes) else { return }
        let names = ResourceTypeCatalog.bundled.typeNames
        for _ in 0..<8 {
            guard let name = names.randomElement(using: &random), let type = types[name] else { continue }
            _ = type.updateBehavior(at: PropertyPath(["Tags", "*", "Key"]))
            _ = type.attributeProperty("Name")
            _ = type.schema(at: PropertyPath(["A", "*", "B"]))
            var waiting = [type.properties]
            for _ in 0..<300 {
                guard let schema = waiting.popLast() else { break }
                waiting += schema.children.prefix(50)
            }
        }
    }
}

/// The same numbers in every run.
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
