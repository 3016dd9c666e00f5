import AWS
import Foundation
import Model
import StateDatabase
import StateSharing

/// The problem a module's own error stands for; `nil` for an error that is nobody's here.
func explained(_ error: any Error) -> Problem? {
    switch error {
    case let problem as Problem: problem
    case let failure as any RequestFailure: failure.problem
    case let refusal as RecordingRefusal: refusal.problem
    case let failure as ShareUnavailable: failure.problem
    case let error as CocoaError where error.isFileError:
        Problem(
            .failed, "file-failed", "A file could not be read or written",
            detail: [error.filePath.map { "\($0):" }, error.systemReason].compactMap(\.self).joined(separator: " ") + ".")
    default: nil
    }
}

extension CocoaError {
    var isFileError: Bool { code.rawValue >= 4 && code.rawValue < 1024 }
}
