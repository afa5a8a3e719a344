internal import Checksums
internal import Disk

/// Reads files for their digests on all cores: several files at once, and each of them by blocks.
///
/// Every thread takes whatever is most urgent: a digest whose next block is there (digests of a
/// whole file only go from the first byte to the last, so these are what all wait for), else the
/// next block of a file, which is hashed by pieces as it is read, else another file. So one file
/// keeps as many cores busy as it has digests, and pieces alone keep all of them busy. Of more files
/// than cores the MD5s, which are the slowest, go side by side in lanes.
final class ReadingCrew: Sendable {
    struct Work: Sendable {
        /// Looks at a file before it is read; nil where there is nothing to read.
        let prepare: @Sendable (Int) -> ReadOrder?
        /// Gets what a read came to, once for each that `prepare` has ordered.
        let conclude: @Sendable (Int, ReadFindings) -> Void
        /// Most files that are read at the same time.
        let atOnce: Int
        /// Whether another file may be begun; asked under the lock.
        let mayBegin: @Sendable () -> Bool
        /// Is told of bytes that were just read, and says whether to go on.
        let goOn: @Sendable (Int) -> Bool
    }

    private enum Job {
        case begin(Int)
        case read(ActiveRead, block: Int, BlockBuffer?)
        case digest([DigestStep])
        case conclude(Int, ReadFindings)
    }

    private struct State {
        var next = 0
        var beginning = 0
        var active: [ActiveRead] = []
        var spare: [BlockBuffer] = []
        var isStopped = false
    }

    private let count: Int
    private let threads: Int
    private let work: Work
    private let state = Monitor(State())

    private init(_ count: Int, threads: Int, _ work: Work) {
        self.count = count
        self.threads = threads
        self.work = work
    }

    /// Reads the files `0..<count`.
    ///
    /// - Returns: how many of them were begun, the first ones.
    /// - Throws: `CancellationError` when `goOn` says no.
    static func run(_ count: Int, threads: Int, _ work: Work) throws -> Int {
        let crew = ReadingCrew(count, threads: threads, work)
        let others = (1..<max(1, threads)).map { _ in Thread { crew.serve() } }
        crew.serve()
        for thread in others { thread.join() }
        let (begun, isStopped) = crew.state.read { ($0.next, $0.isStopped) }
        if isStopped { throw CancellationError() }
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
        case .read(let file, let block, let buffer): read(file, block, buffer, scratch)
        case .digest(let steps): digest(steps)
        case .conclude(let index, let findings): work.conclude(index, findings)
        }
    }

    // MARK: What next

    /// The outer nil: nothing yet. The inner: nothing any more.
    private func next(_ state: inout State) -> Job?? {
        if state.isStopped { return .some(nil) }
        for (place, file) in state.active.enumerated() where file.isOver {
            state.active.remove(at: place)
            return .conclude(file.index, file.findings)
        }
        // To begin is little work, and what fills the lanes.
        if state.next < count, state.active.count + state.beginning < work.atOnce {
            if work.mayBegin() {
                state.beginning += 1
                state.next += 1
                return .begin(state.next - 1)
            }
            if state.active.isEmpty, state.beginning == 0 { return .some(nil) }
        }
        let areLanesUsed = state.active.count { $0.hasMD5 } > threads
        // Lanes that wait for their bytes go along empty: they are filled first.
        if areLanesUsed, let job = nextRead(&state, where: \.isStarved) { return job }
        let steps = nextSteps(state, inLanes: areLanesUsed)
        if !steps.isEmpty { return .digest(steps) }
        if let job = nextRead(&state, where: { _ in true }) { return job }
        let isOver = state.next == count && state.active.isEmpty && state.beginning == 0
        return isOver ? .some(nil) : nil
    }

    private func nextRead(_ state: inout State, where isMeant: (ActiveRead) -> Bool) -> Job? {
        for file in state.active where file.hasMoreBlocks && isMeant(file) {
            if !file.keepsBlocks { return .read(file, block: file.beginBlock(), nil) }
            if let buffer = buffer(for: file, &state) {
                return .read(file, block: file.beginBlock(), buffer)
            }
        }
        return nil
    }

    /// The digest that is furthest behind, because others wait for the block that it needs; with an
    /// MD5 those of other files.
    private func nextSteps(_ state: State, inLanes: Bool) -> [DigestStep] {
        var best: (file: ActiveRead, digest: Int, block: Int)?
        for file in state.active {
            guard let (digest, block) = file.readyDigest else { continue }
            if best.map({ block < $0.block }) ?? true { best = (file, digest, block) }
        }
        guard let best else { return [] }
        var steps = [best.file.beginStep(best.digest)]
        if inLanes, steps[0].hasher.algorithm == .md5 {
            for file in state.active where steps.count < MD5Lanes.count {
                if let digest = file.readyMD5 { steps.append(file.beginStep(digest)) }
            }
        }
        return steps
    }

    // MARK: Memory

    /// Bytes that all blocks together may take, files of one or two blocks apart.
    private var memoryLimit: Int { max(64 << 20, threads * 8 << 20) }

    /// Memory for the next block of a file, as far as its share goes.
    private func buffer(for file: ActiveRead, _ state: inout State) -> BlockBuffer? {
        let length = file.order.blockLength
        let share = memoryLimit / max(state.active.count, 1)
        // Two at least, whatever their length: one is filled while the other is hashed.
        guard file.heldBlocks < 2 || (file.heldBlocks + 1) * length <= share else { return nil }
        file.heldBlocks += 1
        if let place = state.spare.lastIndex(where: { $0.bytes.count == length }) {
            return state.spare.remove(at: place)
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
                for buffer in step.file.take(step, hasher) { giveBack(buffer, &state) }
            }
        }
    }

    private func begin(_ index: Int) {
        let order = work.prepare(index)
        state.update { state in
            state.beginning -= 1
            if let order { state.active.append(ActiveRead(index, order)) }
        }
    }

    private func read(
        _ file: ActiveRead, _ block: Int, _ buffer: BlockBuffer?, _ scratch: BlockBuffer
    ) {
        let range = file.order.range(of: block)
        let result = BlockRead(file.order, range, into: (buffer ?? scratch).bytes)
        let goesOn = work.goOn(Int(range.upperBound - range.lowerBound))
        state.update { state in
            if !goesOn { state.isStopped = true }
            for buffer in file.take(result, of: block, buffer) { giveBack(buffer, &state) }
        }
    }
}
