import Foundation

extension Error {
    /// The system's number of what a file failed for, which Foundation's errors have inside; `nil` where that is something else.
    package var systemCode: Int32? { ((self as NSError).userInfo[NSUnderlyingErrorKey] as? POSIXError)?.code.rawValue }

    /// Why a file could not be read or written, in the system's words, without a full stop. Foundation's own texts hide most reasons
    /// behind a number.
    package var systemReason: String {
        if let systemCode { return String(cString: strerror(systemCode)) }
        let text = localizedDescription
        return text.hasSuffix(".") ? String(text.dropLast()) : text
    }
}
