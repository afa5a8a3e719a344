internal import Archives
internal import Disk

/// Unpacks an archive that can only be read from front to back. Threads take turns to decompress
/// some members each, and write them in parallel.
///
/// The progress is two numbers: members up to the first are written, and none after the second was
/// begun. A resumed run decompresses from the beginning, but only writes members after the first.
struct StreamUnpacking {
    static let progressLength = 16

    let rule: TargetRule
    let rules: MemberRules
    let threads: Int

    /// The contents of the archive.
    struct Outcome: Sendable {
        var listing = TreeListing()
        var bytes: Int64 = 0
        /// Not hidden.
        var images = 0
    }

    func write(
        to tree: ImageJobs.Tree, _ progress: TreeProgress,
        step: @escaping @Sendable (Int, Int64) throws -> Void
    ) throws -> Outcome {
        // After a power loss nothing is trusted.
        let found = progress.isFromEarlierBoot ? [] : progress.found
        let puller = MemberPuller(rule, rules, tree, .writing, Self.numbers(found))
        let marks = Monitor(Marks(done: puller.written))
        let shared = try Shared(puller, rule.archive)
        if puller.written > 0 { try step(puller.written, 0) }
        try Workers.forEach(threads, threads: threads) { _ in
            let batch = MemberBatch()
            // Inside the lock, so that the file never gets older.
            while try shared.pull(
                batch,
                begin: { first in
                    try marks.update { marks in
                        marks.begin(first)
                        try progress.set(marks.bytes, at: 0)
                    }
                })
            {
                try batch.write(tree, rule)
                try marks.update { marks in
                    marks.end(batch)
                    try progress.set(marks.bytes, at: 0)
                }
                try step(batch.items.count, batch.bytes)
            }
        }
        return shared.outcome
    }

    /// Compares every file of the tree with the archive.
    func check(
        _ tree: ImageJobs.Tree, step: @escaping @Sendable (Int, Int64) throws -> Void
    ) throws -> Outcome {
        let shared = try Shared(
            MemberPuller(rule, rules, tree, .checking, (0, 0)), rule.archive)
        try Workers.forEach(threads, threads: threads) { _ in
            let batch = MemberBatch()
            while try shared.pull(batch, begin: { _ in }) {
                try batch.check(tree, rule)
                try step(batch.items.count, batch.bytes)
            }
        }
        return shared.outcome
    }

    // MARK: Progress

    private struct Marks {
        /// All members up to here are written.
        private var done: Int
        private var begun: Int
        /// The last written member.
        private var last: Int
        /// The first members of unfinished batches.
        private var open: Set<Int> = []

        init(done: Int) {
            (self.done, begun, last) = (done, done, done)
        }

        mutating func begin(_ first: Int) {
            open.insert(first)
            begun = max(begun, first + MemberBatch.mostItems)
        }

        mutating func end(_ batch: MemberBatch) {
            open.remove(batch.first)
            last = max(last, batch.last)
            done = max(done, open.min().map { $0 - 1 } ?? last)
        }

        var bytes: [UInt8] {
            var bytes: [UInt8] = []
            bytes.appendLittleEndian(UInt64(done))
            bytes.appendLittleEndian(UInt64(begun))
            return bytes
        }
    }

    static func written(_ progress: [UInt8]) -> Int { numbers(progress).written }

    private static func numbers(_ bytes: [UInt8]) -> (written: Int, begun: Int) {
        guard bytes.count == progressLength else { return (0, 0) }
        func number(_ part: ArraySlice<UInt8>) -> Int {
            Int(clamping: part.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        }
        return (number(bytes[..<8]), number(bytes[8...]))
    }

    // MARK: Taking turns

    /// The reader, which one thread at a time may use.
    private final class Shared: Sendable {
        private struct State {
            var puller: MemberPuller
            let source: MemberSource
            var isOver = false
        }

        private let state: Monitor<State>

        init(_ puller: MemberPuller, _ archive: Path) throws {
            state = Monitor(State(puller: puller, source: try MemberSource(archive)))
        }

        var outcome: Outcome { state.read { $0.puller.outcome } }

        /// - Parameter begin: gets the first member before any file is touched.
        /// - Returns: false after the last member, and after an error in another thread.
        func pull(_ batch: MemberBatch, begin: (Int) throws -> Void) throws -> Bool {
            try state.update { state in
                if state.isOver { return false }
                state.isOver = true
                let first = try state.puller.skipWritten(from: state.source)
                try begin(first)
                let hasMore = try state.puller.fill(batch, from: state.source)
                state.isOver = !hasMore
                return true
            }
        }
    }
}
