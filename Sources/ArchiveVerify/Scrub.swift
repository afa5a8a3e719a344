public import DataFolder
public import Disk

/// Which files are due to be proven again, the oldest proof first.
///
/// Every proof leaves a receipt with its time, so a stopped scrub resumes where it was.
public struct Scrub: Sendable {
    /// How long a proof is good for.
    public let interval: Duration
    public let now: UTCTime

    public init(every interval: Duration, now: UTCTime = .now) {
        self.interval = interval
        self.now = now
    }

    /// The targets that are due: first those that were never proven or that were touched since, then
    /// by the age of their proofs. What is missing is not there to be read.
    public func due(_ targets: [Target]) -> [Target] {
        let dated = targets.filter { !$0.isMissing }.map { ($0, ageOfProof($0)) }
        let due = dated.filter { _, age in age.map { $0 >= interval } ?? true }
        return due.enumerated().sorted { a, b in
            switch (a.element.1, b.element.1) {
            case (nil, nil): a.offset < b.offset
            case (nil, _): true
            case (_, nil): false
            case (let first?, let second?):
                first == second ? a.offset < b.offset : first > second
            }
        }.map(\.element.0)
    }

    /// How long ago the current file was proven; nil if never, or in the future, by a wrong clock.
    private func ageOfProof(_ target: Target) -> Duration? {
        guard let receipt = target.receipt, receipt.proves(target.file),
            let identity = try? FileDescriptor(target.path, .reading).identity(),
            receipt.holds(for: identity)
        else { return nil }
        return receipt.age(at: now)
    }
}

extension Verifier {
    /// Verifies what is due, in that order, until the time is over; what was begun by then is brought
    /// to its end.
    ///
    /// - Returns: whether all that was due was verified.
    public func scrub(
        _ targets: [Target], _ scrub: Scrub, within limit: Duration? = nil,
        stop: StopCheck = .never,
        report: @escaping @Sendable (Verification) -> Void
    ) throws -> Bool {
        let due = scrub.due(targets)
        let start = ContinuousClock.now
        let mayBegin: @Sendable () -> Bool = {
            limit.map { ContinuousClock.now - start < $0 } ?? true
        }
        return try run(due, mayBegin: mayBegin, stop: stop, report: report) == due.count
    }
}
