/// A line of progress: what, how much of it, how fast, and how long it still takes.
struct ProgressLine: Sendable, Equatable {
    let snapshot: ProgressSnapshot
    let rate: Double?
    let timeLeft: Duration?
    private let share: Share?
    private let amount: String
    /// The unit once, where it is the same: `8.7/32.7 MiB`.
    private let shortAmount: String
    private let pace: String?

    var stage: String { snapshot.stage }
    private var file: ProgressSnapshot.File? { snapshot.file.flatMap { $0.count > 1 ? $0 : nil } }

    init(_ snapshot: ProgressSnapshot, rate: Double?, timeLeft: Duration?) {
        (self.snapshot, self.rate, self.timeLeft) = (snapshot, rate, timeLeft)
        share = snapshot.total.map { Share(snapshot.done, of: $0) }
        let isBytes = snapshot.unit == .bytes
        let shown = { (count: Int64) in isBytes ? Shown.bytes(count) : Shown.count(count) }
        let done = shown(snapshot.done)
        if let total = snapshot.total.map(shown) {
            // Wide enough for both, so that the text after it stays in place.
            let width = max(total.count, isBytes ? 10 : 0)
            amount = "\(done.rightAligned(in: width))/\(total)"
            let unit = total.drop { $0 != " " }
            let number = done.hasSuffix(unit) ? String(done.dropLast(unit.count)) : done
            let room = number == done ? total.count : total.count - unit.count
            shortAmount = "\(number.rightAligned(in: room))/\(total)"
        } else {
            amount = done.rightAligned(in: 10)
            shortAmount = done
        }
        pace = rate.map { rate in
            (isBytes ? Shown.rate(rate) : Shown.count(Int64(min(rate, 1e18))) + "/s")
                .rightAligned(in: 11)
        }
    }

    /// All of it, for a log.
    var text: String { text(stage, Parts(bar: 0)) }

    /// What fits into this many columns, with a bar. The rate and the time left come last: they stay
    /// as long as possible, and the name is cut.
    func text(width: Int) -> String {
        for parts in Parts.choices {
            let rest = text("", parts).columns
            let room = max(width - rest, 0)
            if stage.columns <= room || room >= parts.leastName {
                return text(name(in: room), parts).truncated(to: width)
            }
        }
        return stage.truncated(to: width)
    }

    /// The verb goes first.
    private func name(in room: Int) -> String {
        guard stage.columns > room, let verb = stage.firstIndex(of: " ") else { return stage }
        return String(stage[stage.index(after: verb)...]).cut(to: room)
    }

    private func text(_ stage: String, _ parts: Parts) -> String {
        var head = stage
        if let file, parts.file != .none { head += " " + words(file, parts.file) }
        let words = [
            head, parts.bar > 0 ? share?.bar(parts.bar) : nil, share?.percent,
            parts.hasAmount || share == nil ? (parts.file == .long ? amount : shortAmount) : nil,
            pace,
            parts.hasSource ? snapshot.source : nil,
            timeLeft.map { Shown.duration($0) + " left" },
        ]
        return words.compactMap { $0 }.joined(separator: "  ")
    }

    private func words(_ file: ProgressSnapshot.File, _ form: Parts.FileForm) -> String {
        if form == .short { return "(\(file.number)/\(file.count))" }
        let percent = file.total.map { ", \(Share(file.done, of: $0).part(of: 100))%" }
        return "(file \(file.number) of \(file.count)\(percent ?? ""))"
    }

    /// Which parts are shown; the first choice is everything.
    private struct Parts {
        enum FileForm { case long, short, none }

        var bar = 10
        var file = FileForm.long
        var hasAmount = true
        var hasSource = true
        /// With less room for the name than this, the next choice is better.
        var leastName = Int.max

        static let choices = [
            Parts(bar: 20), Parts(), Parts(hasSource: false),
            Parts(hasSource: false, leastName: 24),
            Parts(file: .short, hasSource: false, leastName: 8),
            Parts(bar: 0, file: .short, hasSource: false, leastName: 12),
            Parts(bar: 0, file: .short, hasAmount: false, hasSource: false, leastName: 8),
            Parts(bar: 0, file: .none, hasAmount: false, hasSource: false, leastName: 1),
        ]
    }
}

/// How much of something is done.
struct Share: Sendable, Equatable {
    private let done: Int64
    private let total: Int64

    init(_ done: Int64, of total: Int64) { (self.done, self.total) = (max(done, 0), total) }

    /// Rounded down, so all of it means done.
    func part(of steps: Int) -> Int {
        done >= total ? steps : Int(UInt128(done) * UInt128(steps) / UInt128(total))
    }

    var percent: String { "\(part(of: 100))%".rightAligned(in: 4) }

    func bar(_ width: Int) -> String {
        let full = part(of: width)
        return "[" + String(repeating: "#", count: full)
            + String(repeating: "-", count: width - full) + "]"
    }
}

extension String {
    /// Without as much of its middle as does not fit: the end of a file's name says more than the
    /// middle.
    fileprivate func cut(to width: Int) -> String {
        if columns <= width { return self }
        guard width > 7 else { return truncated(to: width) }
        let end = (width - 1) / 2
        let tail = String(
            String(unicodeScalars.reversed().map(Character.init)).truncated(to: end)
                .unicodeScalars.reversed().map(Character.init))
        return truncated(to: width - 1 - tail.columns) + "…" + tail
    }
}
