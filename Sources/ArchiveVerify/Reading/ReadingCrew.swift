internal import Checksums
internal import Disk

/// Reads files for their digests on all cores: several files at once, and each of them by blocks.
///
/// Every thread takes whatever is most urgent: a digest whose next block is there (digests of a
/// whole file only go from the first byte to the last, so these are what all wait for), else the
/// next block of a file, which is hashed by pieces as it is read, else another file. So one file
/// keeps as many cores busy as it has digests, and pieces alone keep all of them busy.
final class ReadingCrew: Sendable {
    struct Work: Sendable {
        /// Looks at a file before it is read; nil where there is nothing to read.
        let prepare: @Sendable (Int) -> ReadOrder?
        /// Gets what a read came to, once for each that `prepare` has ordered.
        let conclude: @Sendable (Int, ReadFindings) -> Void
        /// Whether another file may be begun; asked under the lock.
        let mayBegin: @Sendable () -> Bool
        /// Is told of bytes that were just read, and says whether to go on.
        let goOn: @Sendable (Int) -> Bool
    }

    private enum Job {
        case begin(Int)
        case read(ActiveRead, block: Int, BlockBuffer?)
        case digest(ActiveRead, DigestStep)
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
        case .digest(let file, var step):
            step.run()
            finish(step, of: file)
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
        if let (file, step) = nextStep(state) { return .digest(file, step) }
        for file in state.active where file.hasMoreBlocks {
            if !file.keepsBlocks { return .read(file, block: file.beginBlock(), nil) }
            if let buffer = buffer(for: file, &state) {
                return .read(file, block: file.beginBlock(), buffer)
            }
        }
        if state.next < count, state.active.count + state.beginning < threads {
            if work.mayBegin() {
                state.beginning += 1
                state.next += 1
                return .begin(state.next - 1)
            }
            if state.active.isEmpty, state.beginning == 0 { return .some(nil) }
        }
        let isOver = state.next == count && state.active.isEmpty && state.beginning == 0
        return isOver ? .some(nil) : nil
    }

    /// The digest that is furthest behind: others wait for the block that it needs.
    private func nextStep(_ state: State) -> (ActiveRead, DigestStep)? {
        var best: (file: ActiveRead, digest: Int, block: Int)?
        for file in state.active {
            guard let (digest, block) = file.readyDigest else { continue }
            if best.map({ block < $0.block }) ?? true { best = (file, digest, block) }
        }
        return best.map { ($0.file, $0.file.beginStep($0.digest)) }
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

    private func finish(_ step: DigestStep, of file: ActiveRead) {
        state.update { state in
            for buffer in file.take(step) { giveBack(buffer, &state) }
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
