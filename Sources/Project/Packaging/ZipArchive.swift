import CZlib
import Foundation

/// A zip archive (PKWARE's APPNOTE 6.3) in memory, of the same bytes whenever the same is added in the same order: every time is the
/// earliest there is, and of permissions only the executable bit is kept.
struct ZipArchive {
    private var bytes = Data()
    private var directory = Data()
    private var count: UInt16 = 0

    private static let unix: UInt16 = 3 << 8
    private static let version: UInt16 = 20
    private static let namesAreUTF8: UInt16 = 1 << 11
    /// 1 January 1980.
    private static let date: UInt16 = 1 << 5 | 1

    /// - Parameter contents: below 4 GiB, as is the archive.
    mutating func add(_ name: String, _ contents: Data, isExecutable: Bool) {
        let deflated = Self.deflated(contents)
        let isDeflated = deflated.map { $0.count < contents.count } ?? false
        let stored = isDeflated ? deflated ?? contents : contents
        let mode: UInt32 = 0o100000 | (isExecutable ? 0o755 : 0o644)
        var entry = Data()
        entry.append(Self.version)
        entry.append(Self.namesAreUTF8)
        entry.append(UInt16(isDeflated ? 8 : 0))
        entry.append(UInt16(0))
        entry.append(Self.date)
        entry.append(Self.checksum(contents))
        entry.append(UInt32(truncatingIfNeeded: stored.count))
        entry.append(UInt32(truncatingIfNeeded: contents.count))
        entry.append(UInt16(truncatingIfNeeded: name.utf8.count))
        entry.append(UInt16(0))

        directory.append(UInt32(0x0201_4B50))
        directory.append(Self.unix | Self.version)
        directory.append(entry)
        directory.append(UInt16(0))
        directory.append(UInt16(0))
        directory.append(UInt16(0))
        directory.append(mode << 16)
        directory.append(UInt32(truncatingIfNeeded: bytes.count))
        directory.append(contentsOf: name.utf8)

        bytes.append(UInt32(0x0403_4B50))
        bytes.append(entry)
        bytes.append(contentsOf: name.utf8)
        bytes.append(stored)
        count &+= 1
    }

    func finished() -> Data {
        var archive = bytes
        archive.append(directory)
        archive.append(UInt32(0x0605_4B50))
        archive.append(UInt16(0))
        archive.append(UInt16(0))
        archive.append(count)
        archive.append(count)
        archive.append(UInt32(truncatingIfNeeded: directory.count))
        archive.append(UInt32(truncatingIfNeeded: bytes.count))
        archive.append(UInt16(0))
        return archive
    }

    /// Whether a file that starts like this is an archive, be it an empty one.
    static func isArchive(_ start: Data) -> Bool { start.starts(with: [0x50, 0x4B, 3, 4]) || start.starts(with: [0x50, 0x4B, 5, 6]) }

    private static func checksum(_ contents: Data) -> UInt32 {
        let sum = contents.withUnsafeBytes { crc32_z(0, $0.bindMemory(to: UInt8.self).baseAddress, $0.count) }
        return UInt32(truncatingIfNeeded: sum)
    }

    /// The contents as a raw deflate stream; `nil` where there is no memory for it.
    private static func deflated(_ contents: Data) -> Data? {
        var stream = z_stream()
        // A negative window means no header and no checksum around the stream.
        let code = deflateInit2_(
            &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard code == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        var packed = Data(count: Int(deflateBound(&stream, uLong(contents.count))))
        let end = packed.withUnsafeMutableBytes { target in
            contents.withUnsafeBytes { source in
                stream.next_in = UnsafeMutablePointer(mutating: source.bindMemory(to: UInt8.self).baseAddress)
                stream.avail_in = uInt(truncatingIfNeeded: source.count)
                stream.next_out = target.bindMemory(to: UInt8.self).baseAddress
                stream.avail_out = uInt(truncatingIfNeeded: target.count)
                return deflate(&stream, Z_FINISH)
            }
        }
        guard end == Z_STREAM_END else { return nil }
        return packed.prefix(Int(stream.total_out))
    }
}

extension Data {
    /// Appends a number, its lowest byte first.
    fileprivate mutating func append(_ number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}
