import CZlib
import Foundation

/// Bodies as they are stored: a zlib stream (RFC 1950) where that is shorter, and as they are where it is not.
///
/// The length of the original, which is stored beside the body, tells the two apart. This is the convention of SQLite
/// archives, so that the `sqlite3` shell reads bodies with `sqlar_uncompress(body, size)`.
enum Compression {
    static func pack(_ original: Data) -> Data {
        var length = compressBound(uLong(original.count))
        var packed = Data(count: Int(length))
        let code = packed.withUnsafeMutableBytes { target in
            original.withUnsafeBytes { source in
                compress2(
                    target.bindMemory(to: UInt8.self).baseAddress, &length,
                    source.bindMemory(to: UInt8.self).baseAddress, uLong(source.count), Z_DEFAULT_COMPRESSION)
            }
        }
        guard code == Z_OK, length < original.count else { return original }
        return packed.prefix(Int(length))
    }

    /// The original of `stored`; `nil` where that is damaged.
    static func unpack(_ stored: Data, size: Int) -> Data? {
        if size == stored.count { return stored }
        // Deflate shrinks to no less than 1/1032; a size beyond that was never written by `pack`.
        guard size > 0, size / 1032 <= stored.count else { return nil }
        var length = uLong(size)
        var original = Data(count: size)
        let code = original.withUnsafeMutableBytes { target in
            stored.withUnsafeBytes { source in
                uncompress(
                    target.bindMemory(to: UInt8.self).baseAddress, &length,
                    source.bindMemory(to: UInt8.self).baseAddress, uLong(source.count))
            }
        }
        return code == Z_OK && length == size ? original : nil
    }
}
