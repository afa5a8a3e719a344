struct MirrorLedger {
    private(set) var reports: [MirrorReport]
    private var counted: [Int64]
    private var since = ContinuousClock.now

    init(_ mirrors: [Mirror]) {
        reports = mirrors.map { MirrorReport($0) }
        counted = mirrors.map { _ in 0 }
    }

    subscript(_ mirror: Int) -> MirrorReport {
        get { reports[mirror] }
        set { reports[mirror] = newValue }
    }

    mutating func waste(_ count: Int, _ why: MirrorReport.Waste, _ mirror: Int) {
        reports[mirror].wasted[why, default: 0] += Int64(count)
    }

    func judged(_ mirror: Int) -> (right: Int64, wrong: Int64) {
        (reports[mirror].provenBytes, reports[mirror].wasted[.wrong] ?? 0)
    }

    /// Updates the speeds; each half second counts for a third.
    mutating func measure(_ now: ContinuousClock.Instant) {
        let seconds = (now - since) / .seconds(1)
        guard seconds >= 0.5 else { return }
        for index in reports.indices {
            let rate = Double(reports[index].receivedBytes - counted[index]) / seconds
            let before = reports[index].speed
            reports[index].speed = before == 0 ? rate : before + (rate - before) / 3
            counted[index] = reports[index].receivedBytes
        }
        since = now
    }
}

/// How many bytes may come in: a bucket that fills at the wanted rate.
struct RateAllowance {
    /// Bytes a second; 0 is no limit.
    private(set) var rate: Int64 = 0
    private var bytes: Double = 0
    private var filled = ContinuousClock.now

    var isSpent: Bool { rate > 0 && bytes <= 0 }

    mutating func spend(_ count: Int) {
        if rate > 0 { bytes -= Double(count) }
    }

    mutating func refill(_ now: ContinuousClock.Instant, rate: Int64) {
        self.rate = max(rate, 0)
        let grown = bytes + Double(self.rate) * ((now - filled) / .seconds(1))
        // At most a tenth of a second's worth, so that no flood follows a pause.
        bytes = min(grown, Double(self.rate) / 10)
        filled = now
    }
}
