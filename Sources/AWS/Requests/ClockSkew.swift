package import Foundation

/// What two clocks said at the time of one answer.
package struct ClockReadings: Hashable, Sendable {
    /// This machine's.
    package var ours: Date
    /// The time that the request was signed for: this machine's, or AWS's where that is known already.
    package var signed: Date
    /// AWS's, by the answer's `Date` header.
    package var theirs: Date

    package init(ours: Date, signed: Date, theirs: Date) {
        self.ours = ours
        self.signed = signed
        self.theirs = theirs
    }

    /// What has to be added to this machine's clock to have AWS's, in seconds.
    package var offset: TimeInterval { theirs.timeIntervalSince(ours) }

    /// A signature further off than this may be refused for its time; the SDKs have the same limit. AWS accepts five
    /// minutes, S3 fifteen.
    static let tolerance: TimeInterval = 240

    /// Whether the time may be why a signature does not count.
    var areApart: Bool { abs(theirs.timeIntervalSince(signed)) >= Self.tolerance }
}

extension AWSError {
    /// Whether signing once more, by AWS's clock, may help: AWS says that the clocks are apart, or refuses the signature,
    /// and they are.
    var callsForClockCorrection: Bool {
        guard let clocks, clocks.areApart else { return false }
        return isClockSkew || isSignatureMismatch || isInvalidKey
    }

    /// What both clocks say; `nil` where the answer had no time.
    var clockExplanation: String? {
        guard let clocks else { return nil }
        let minutes = Int((abs(clocks.offset) / 60).rounded())
        let direction = clocks.offset > 0 ? "behind" : "ahead"
        return "This machine says \(Timestamp.readable(clocks.ours)), AWS \(Timestamp.readable(clocks.theirs)): it is "
            + "\(minutes) minutes \(direction)."
    }
}
