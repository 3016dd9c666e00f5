import CResourceCatalog
import Synchronization

/// The bytes of a catalog with its three indexes: strings, types and nodes (the file's layout is told in `scripts/catalog_format.py`).
///
/// Sendable although it holds a pointer: the bytes are never written after `init`, and live as long as this object does:
/// those of the program for ever, a copy of others until `deinit`. What is decoded from them is kept behind a lock.
final class CatalogData: @unchecked Sendable {
    let typeCount: Int

    private let bytes: UnsafeRawBufferPointer
    private let isCopy: Bool
    private let stringCount: Int
    private let nodeCount: Int
    private let stringIndex: Int
    private let typeIndex: Int
    private let nodeIndex: Int
    private let schemas = Mutex<[Int: PropertySchema]>([:])

    /// The catalog inside this program.
    static func embedded() throws(MalformedCatalog) -> CatalogData {
        try CatalogData(UnsafeRawBufferPointer(start: resource_catalog_bytes(), count: resource_catalog_size()), isCopy: false)
    }

    convenience init(copying source: [UInt8]) throws(MalformedCatalog) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: source.count, alignment: 8)
        copy.copyBytes(from: source)
        try self.init(UnsafeRawBufferPointer(copy), isCopy: true)
    }

    private init(_ bytes: UnsafeRawBufferPointer, isCopy: Bool) throws(MalformedCatalog) {
        self.bytes = bytes
        self.isCopy = isCopy
        let signature = Array("PPCATLG1".utf8)
        var header: [Int] = []
        if bytes.count >= signature.count + 24, bytes.prefix(signature.count).elementsEqual(signature) {
            header = (0..<6).map { Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 + 4 * $0, as: UInt32.self))) }
        } else {
            header = [0, 0, 0, .max, .max, .max]
        }
        (typeCount, stringCount, nodeCount) = (header[0], header[1], header[2])
        (stringIndex, typeIndex, nodeIndex) = (header[3], header[4], header[5])
        let ends = [(stringIndex, 4 * (stringCount + 1)), (typeIndex, 8 * typeCount), (nodeIndex, 4 * nodeCount)]
        guard ends.allSatisfy({ start, size in start <= bytes.count && size <= bytes.count - start }) else {
            throw MalformedCatalog(place: "the header")
        }
    }

    deinit {
        if isCopy { bytes.deallocate() }
    }

    var count: Int { bytes.count }

    func byte(at offset: Int) throws(MalformedCatalog) -> UInt8 {
        guard bytes.indices.contains(offset) else { throw MalformedCatalog(place: "byte \(offset)") }
        return bytes[offset]
    }

    func string(_ number: Int) throws(MalformedCatalog) -> String {
        String(decoding: try stringBytes(number), as: UTF8.self)
    }

    func typeName(_ number: Int) throws(MalformedCatalog) -> String {
        try string(typeEntry(number).name)
    }

    /// A reader of the record of a type, found by binary search; `nil` where there is no such type.
    func record(of typeName: String) throws(MalformedCatalog) -> CatalogReader? {
        let wanted = Array(typeName.utf8)
        var candidates = 0..<typeCount
        while !candidates.isEmpty {
            let middle = candidates.lowerBound + candidates.count / 2
            let entry = try typeEntry(middle)
            let name = try stringBytes(entry.name)
            if name.elementsEqual(wanted) { return CatalogReader(self, at: entry.offset) }
            candidates = name.lexicographicallyPrecedes(wanted) ? middle + 1..<candidates.upperBound : candidates.lowerBound..<middle
        }
        return nil
    }

    /// The property schema in a node.
    func schema(_ node: Int) throws(MalformedCatalog) -> PropertySchema {
        if let known = schemas.withLock({ $0[node] }) { return known }
        guard node < nodeCount else { throw MalformedCatalog(place: "node \(node)") }
        var reader = CatalogReader(self, at: try word(at: nodeIndex + 4 * node))
        let schema = try PropertySchema(&reader)
        schemas.withLock { $0[node] = schema }
        return schema
    }

    private func typeEntry(_ number: Int) throws(MalformedCatalog) -> (name: Int, offset: Int) {
        guard number < typeCount else { throw MalformedCatalog(place: "type \(number)") }
        return (try word(at: typeIndex + 8 * number), try word(at: typeIndex + 8 * number + 4))
    }

    private func stringBytes(_ number: Int) throws(MalformedCatalog) -> Slice<UnsafeRawBufferPointer> {
        guard number < stringCount else { throw MalformedCatalog(place: "string \(number)") }
        let start = try word(at: stringIndex + 4 * number)
        let end = try word(at: stringIndex + 4 * number + 4)
        guard start <= end, end <= bytes.count else { throw MalformedCatalog(place: "string \(number)") }
        return bytes[start..<end]
    }

    private func word(at offset: Int) throws(MalformedCatalog) -> Int {
        guard offset >= 0, offset <= bytes.count - 4 else { throw MalformedCatalog(place: "byte \(offset)") }
        return Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }
}
