internal import Checksums
internal import Disk

/// Reads files for their digests on all cores: several files at once, and each of them by blocks.
///
/// Every thread takes the most urgent job: a digest whose next block has been read (a digest of a
/// whole file takes its bytes in order, so the others wait for it), else the next block of a file,
/// which is hashed by pieces as it is read, else another file. So one file
/// keeps as many cores busy as it has digests, and pieces alone keep all of them busy. Of more files
/// than cores the MD5s, which are the slowest, go side by side in lanes.
///
/// A spinning disk is read one file at a time, because its heads would move between two files all the
/// time. Another file on it is read only while the first waits for its digests. A disk that is faster
/// than heads can be is a virtual disk, or the page cache, and is read like others while it is fast.
final class ReadingCrew: Sendable {
    struct Work: Sendable {
        /// Looks at a file before it is read; nil where there is nothing to read.
        let prepare: @Sendable (Int) -> ReadOrder?
        /// Gets the findings, once for each file that `prepare` has ordered.
        let conclude: @Sendable (Int, ReadFindings) -> Void
        /// The spinning disks that a file is on.
        var disks: @Sendable (Int) -> Set<SpinningDisks.Disk> = { _ in [] }
        /// Bytes a second that no such disk can reach.
        var tooFastForHeads: Double = .infinity
        /// Most files that are read at the same time.
        let atOnce: Int
        /// Whether another file may be begun; asked under the lock.
        let mayBegin: @Sendable () -> Bool
        let stop: StopCheck
        /// Is told how many bytes were just read.
        let wasRead: @Sendable (Int) -> Void
    }

    private enum Job {
        case begin(Int)
        case read(file: Int, ReadOrder, block: Int, BlockBuffer?)
        case digest([DigestStep])
        case conclude(Int, ReadFindings)
    }

    private struct State {
        var waiting: FilesInLine
        /// Files that are looked at before they are read.
        var beginning: Set<Int> = []
        var active: [ActiveRead] = []
        var spare: [BlockBuffer] = []
        /// Disks that were just faster than heads can be.
        var fast: Set<SpinningDisks.Disk> = []
        var stopReason: (any Error)?

        var isStopped: Bool { stopReason != nil }
        var isIdle: Bool { active.isEmpty && beginning.isEmpty }

        func place(of file: Int) -> Int? { active.firstIndex { $0.index == file } }
    }

    private let threads: Int
    private let work: Work
    private let state: Monitor<State>

    private init(_ count: Int, threads: Int, _ work: Work) {
        self.threads = threads
        self.work = work
        state = Monitor(State(waiting: FilesInLine(count, disks: work.disks)))
    }

    /// Reads the files `0..<count`.
    ///
    /// - Returns: how many of them were begun; the first ones, where one is read at a time.
    /// - Throws: the reason of `work.stop`.
    static func run(_ count: Int, threads: Int, _ work: Work) throws -> Int {
        let crew = ReadingCrew(count, threads: threads, work)
        let others = (1..<max(1, threads)).map { _ in Thread { crew.serve() } }
        crew.serve()
        for thread in others { thread.join() }
        let (begun, reason) = crew.state.read { ($0.waiting.taken, $0.stopReason) }
        if let reason { throw reason }
        return begun
    }

    private func serve() {
        // For blocks of which nothing is kept once their pieces are hashed.
        let scratch = BlockBuffer(BlockRead.step)
        while let job = waitForJob() { perform(job, scratch) }
    }

    private func waitForJob() -> Job? { state.wait { state in next(&state) } }

    // Not inlined: the optimizer of Swift 6.3.1 crashes on the loop that it makes of the two.
    @inline(never)
    private func perform(_ job: Job, _ scratch: BlockBuffer) {
        switch job {
        case .begin(let index): begin(index)
        case .read(let file, let order, let block, let buffer):
            read(file, order, block, buffer, scratch)
        case .digest(let steps): digest(steps)
        case .conclude(let index, let findings): work.conclude(index, findings)
        }
    }

    // MARK: What next

    /// The outer nil: nothing yet. The inner: nothing any more.
    private func next(_ state: inout State) -> Job?? {
        if state.isStopped { return .some(nil) }
        if let place = state.active.firstIndex(where: \.isOver) {
            let file = state.active.remove(at: place)
            return .conclude(file.index, file.findings)
        }
        // Beginning a file is little work, and fills the lanes.
        if state.active.count + state.beginning.count < work.atOnce,
            let line = state.waiting.first(without: busyDisks(state))
        {
            if work.mayBegin() {
                let index = state.waiting.take(line)
                state.beginning.insert(index)
                return .begin(index)
            }
            if state.isIdle { return .some(nil) }
        }
        let areLanesUsed = state.active.count { $0.hasMD5 } > threads
        // Lanes without bytes would be wasted: they are filled first.
        if areLanesUsed, let job = nextRead(&state, where: { $0.isStarved }) { return job }
        let steps = nextSteps(&state, inLanes: areLanesUsed)
        if !steps.isEmpty { return .digest(steps) }
        if let job = nextRead(&state, where: { _ in true }) { return job }
        return state.waiting.isEmpty && state.isIdle ? .some(nil) : nil
    }

    /// Spinning disks that are being read, or could be.
    private func busyDisks(_ state: State) -> Set<SpinningDisks.Disk> {
        guard state.waiting.hasDisks else { return [] }
        var busy: Set<SpinningDisks.Disk> = []
        for file in state.beginning { busy.formUnion(work.disks(file)) }
        for file in state.active where canRead(file, state) {
            busy.formUnion(work.disks(file.index))
        }
        return busy.subtracting(state.fast)
    }

    private func canRead(_ file: ActiveRead, _ state: State) -> Bool {
        file.hasMoreBlocks && (!file.keepsBlocks || hasRoom(for: file, state))
    }

    private func nextRead(_ state: inout State, where isMeant: (ActiveRead) -> Bool) -> Job? {
        // Disks that an earlier file can still use.
        var taken: Set<SpinningDisks.Disk> = []
        for place in state.active.indices where canRead(state.active[place], state) {
            let order = state.active[place].order
            let index = state.active[place].index
            if state.waiting.hasDisks {
                let disks = work.disks(index).subtracting(state.fast)
                if !disks.isDisjoint(with: taken) { continue }
                taken.formUnion(disks)
            }
            guard isMeant(state.active[place]) else { continue }
            if !state.active[place].keepsBlocks {
                return .read(file: index, order, block: state.active[place].beginBlock(), nil)
            }
            if let buffer = buffer(for: place, &state) {
                return .read(file: index, order, block: state.active[place].beginBlock(), buffer)
            }
        }
        return nil
    }

    /// The digest that is furthest behind, because others wait for its block; with an MD5, those of
    /// other files too.
    private func nextSteps(_ state: inout State, inLanes: Bool) -> [DigestStep] {
        var best: (place: Int, digest: Int, block: Int)?
        for place in state.active.indices {
            guard let (digest, block) = state.active[place].readyDigest else { continue }
            if best.map({ block < $0.block }) ?? true { best = (place, digest, block) }
        }
        guard let best, let first = state.active[best.place].beginStep(best.digest) else {
            return []
        }
        var steps = [first]
        if inLanes, first.hasher.algorithm == .md5 {
            for place in state.active.indices where steps.count < MD5Lanes.count {
                if let digest = state.active[place].readyMD5,
                    let step = state.active[place].beginStep(digest)
                {
                    steps.append(step)
                }
            }
        }
        return steps
    }

    // MARK: Memory

    /// The most bytes of all blocks together, not counting files of one or two blocks.
    private var memoryLimit: Int { max(64 << 20, threads * 8 << 20) }

    /// Whether its share goes that far. Two blocks at least, whatever their length: one is filled
    /// while the other is hashed.
    private func hasRoom(for file: ActiveRead, _ state: State) -> Bool {
        let share = memoryLimit / max(state.active.count, 1)
        return file.heldBlocks < 2 || (file.heldBlocks + 1) * file.order.blockLength <= share
    }

    /// Memory for the next block of a file.
    private func buffer(for place: Int, _ state: inout State) -> BlockBuffer? {
        guard hasRoom(for: state.active[place], state) else { return nil }
        let length = state.active[place].order.blockLength
        state.active[place].heldBlocks += 1
        if let spare = state.spare.lastIndex(where: { $0.bytes.count == length }) {
            return state.spare.remove(at: spare)
        }
        state.spare = []
        return BlockBuffer(length)
    }

    private func giveBack(_ buffer: BlockBuffer, _ state: inout State) {
        state.spare.append(buffer)
    }

    // MARK: Work

    private func digest(_ steps: [DigestStep]) {
        var hashers = steps.map(\.hasher)
        if hashers.count == 1 {
            hashers[0].update(steps[0].bytes)
        } else {
            MD5Lanes.update(&hashers, steps.map(\.bytes))
        }
        state.update { state in
            for (step, hasher) in zip(steps, hashers) {
                guard let place = state.place(of: step.file) else { continue }
                let free = state.active[place].take(step, hasher)
                for buffer in free { giveBack(buffer, &state) }
            }
        }
    }

    private func begin(_ index: Int) {
        let order = work.prepare(index)
        state.update { state in
            state.beginning.remove(index)
            if let order { state.active.append(ActiveRead(index, order)) }
        }
    }

    private func read(
        _ file: Int, _ order: ReadOrder, _ block: Int, _ buffer: BlockBuffer?,
        _ scratch: BlockBuffer
    ) {
        let range = order.range(of: block)
        let result = BlockRead(order, range, into: (buffer ?? scratch).bytes)
        let count = range.upperBound - range.lowerBound
        work.wasRead(Int(count))
        let reason = work.stop.reason
        let isFast = Double(count) > work.tooFastForHeads * (result.wait / .seconds(1))
        state.update { state in
            if let reason { state.stopReason = reason }
            if isFast {
                state.fast.formUnion(work.disks(file))
            } else {
                state.fast.subtract(work.disks(file))
            }
            guard let place = state.place(of: file) else { return }
            let free = state.active[place].take(result, of: block, buffer)
            for buffer in free { giveBack(buffer, &state) }
        }
    }
}
