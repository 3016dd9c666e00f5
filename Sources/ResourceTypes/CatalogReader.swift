/// The bytes of a catalog are not what `scripts/make-catalog.py` writes.
package struct MalformedCatalog: Error, CustomStringConvertible {
    /// What was being read.
    package var place: String

    package var description: String { "The catalog of resource types is damaged: \(place) is out of range" }
}

/// Reads one record or node from front to back. Every step is checked against the end of the bytes.
struct CatalogReader {
    let data: CatalogData
    private var position: Int

    init(_ data: CatalogData, at position: Int) {
        self.data = data
        self.position = position
    }

    /// A LEB128 number of at most five bytes.
    mutating func number() throws(MalformedCatalog) -> Int {
        var value = 0
        for shift in stride(from: 0, to: 35, by: 7) {
            let byte = try data.byte(at: position)
            position += 1
            value |= Int(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw MalformedCatalog(place: "a number")
    }

    mutating func string() throws(MalformedCatalog) -> String {
        try data.string(number())
    }

    mutating func strings() throws(MalformedCatalog) -> [String] {
        try list { (reader) throws(MalformedCatalog) in try reader.string() }
    }

    mutating func path() throws(MalformedCatalog) -> PropertyPath {
        PropertyPath(try strings())
    }

    mutating func paths() throws(MalformedCatalog) -> [PropertyPath] {
        try list { (reader) throws(MalformedCatalog) in try reader.path() }
    }

    /// A count and that many elements. Each takes at least a byte, so a wrong count runs into the end of the bytes.
    mutating func list<Element>(
        _ element: (inout CatalogReader) throws(MalformedCatalog) -> Element
    ) throws(MalformedCatalog) -> [Element] {
        let count = try number()
        guard count <= data.count - position else { throw MalformedCatalog(place: "a count") }
        var elements: [Element] = []
        for _ in 0..<count { elements.append(try element(&self)) }
        return elements
    }
}
