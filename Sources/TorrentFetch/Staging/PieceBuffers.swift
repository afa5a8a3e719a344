internal import Disk
internal import Glibc

/// The memory for arriving pieces: a fixed number of reused buffers, so that a fetch of any size
/// takes the same memory.
final class PieceBuffers: Sendable {
    let pieceLength: Int
    let capacity: Int
    private let state: Monitor<State>

    private struct State {
        var spare: [PieceMemory] = []
        var inUse = 0
        var waiting: [@Sendable () -> Void] = []
    }

    /// Room for `bytes`, and for four pieces at least.
    init(pieceLength: Int, bytes: Int) {
        self.pieceLength = pieceLength
        capacity = max(bytes / pieceLength, 4)
        state = Monitor(State())
    }

    /// How many may be held for the digests. Peers may fill half, so one at least is left for
    /// mirrors.
    var held: Int { max(capacity / 3, 1) }

    var free: Int { state.read { capacity - $0.inUse } }

    /// A buffer with old contents, or nil while all are in use.
    ///
    /// - Parameter wake: called once, on any thread, when a buffer is free after nil.
    func take(orCall wake: (@Sendable () -> Void)? = nil) -> PieceBuffer? {
        let memory: PieceMemory? = state.update { state in
            if state.inUse < capacity,
                let memory = state.spare.popLast() ?? PieceMemory(pieceLength)
            {
                state.inUse += 1
                return memory
            }
            if let wake { state.waiting.append(wake) }
            return nil
        }
        return memory.map { PieceBuffer($0, home: self) }
    }

    fileprivate func giveBack(_ memory: PieceMemory) {
        let waiting = state.update { state in
            state.inUse -= 1
            state.spare.append(memory)
            defer { state.waiting = [] }
            return state.waiting
        }
        for wake in waiting { wake() }
    }
}

/// The memory of one piece. It returns to its owner when nobody holds it any more.
///
/// One thread fills it; afterwards it is only read.
final class PieceBuffer: Sendable {
    private let memory: PieceMemory
    private let home: PieceBuffers

    fileprivate init(_ memory: PieceMemory, home: PieceBuffers) {
        self.memory = memory
        self.home = home
    }

    deinit { home.giveBack(memory) }

    var bytes: UnsafeMutableRawBufferPointer { memory.bytes }
}

private final class PieceMemory: Sendable {
    // Safe: filled by one thread, handed over under a lock, then only read.
    nonisolated(unsafe) let bytes: UnsafeMutableRawBufferPointer

    init?(_ count: Int) {
        // Mapped, not malloc'ed: page-aligned, and returned to the system whole.
        let base = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let base, base != MAP_FAILED else { return nil }
        bytes = UnsafeMutableRawBufferPointer(start: base, count: count)
    }

    deinit { munmap(bytes.baseAddress, bytes.count) }
}
