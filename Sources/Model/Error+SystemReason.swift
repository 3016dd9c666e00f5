import Foundation

extension Error {
    /// Why a file could not be read or written, in the system's words, without a full stop. Foundation's own texts hide most reasons
    /// behind a number.
    package var systemReason: String {
        if let cause = (self as NSError).userInfo[NSUnderlyingErrorKey] as? POSIXError {
            return String(cString: strerror(cause.code.rawValue))
        }
        let text = localizedDescription
        return text.hasSuffix(".") ? String(text.dropLast()) : text
    }
}
