internal import CTorrent
internal import DatasetManifest
internal import Disk
internal import Glibc
internal import Synchronization

/// Takes the blocks of peers from libtorrent: collects them in a buffer for each piece and gives
/// full pieces to the staging file. All calls but the answers come on libtorrent's network thread.
final class SwarmStore: Sendable {
    private struct Open {
        /// nil for a piece that goes to the file block by block, because no buffer was free.
        var buffers: [Int: PieceBuffer?] = [:]
        var buffered = 0
        /// Pieces that wait for their verdict.
        var checks = 0
    }

    let staging: StagingFile
    private let buffers: PieceBuffers
    private let open = Monitor(Open())
    private let firstFailure = Monitor<DiskError?>(nil)
    private let isHoldingBack = Atomic<Bool>(false)
    private let proven = Atomic<Int>(0)
    private let resume: @Sendable () -> Void

    /// - Parameter resume: lets peers continue that were held back.
    init(
        staging: StagingFile, buffers: PieceBuffers, resume: @escaping @Sendable () -> Void
    ) {
        self.staging = staging
        self.buffers = buffers
        self.resume = resume
    }

    /// The error that ended the torrent. libtorrent keeps only its number.
    var failure: DiskError? { firstFailure.read { $0 } }

    var provenPieces: Int { proven.load(ordering: .relaxed) }

    /// Peers must wait when so many pieces wait for the staging file. Few, so that they are still
    /// in the processor's cache when they are hashed.
    private var backlogLimit: Int { max(buffers.capacity / 4, 2) }

    /// - Returns: the error that ends the torrent, and whether the peer must wait.
    func write(
        _ piece: Int, _ offset: Int, _ block: UnsafeRawBufferPointer
    ) -> (failure: DiskError?, isFull: Bool) {
        let isFull = isHoldingBack.load(ordering: .acquiring)
        guard contains(piece, offset, block.count) else { return (nil, isFull) }
        // Another source was faster, or it is a piece that `ct_torrent_add_piece` announces.
        if staging.isProven(piece) { return (nil, isFull) }
        if let buffer = buffer(for: piece) {
            UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[offset...]).copyMemory(from: block)
            return (nil, isFull)
        }
        do {
            try staging.write(block, of: piece, at: offset)
            return (nil, isFull)
        } catch {
            note(error)
            return (error, isFull)
        }
    }

    func check(_ piece: Int, answer: @escaping @Sendable (StagingFile.Verdict) -> Void) {
        if staging.isProven(piece) {
            forget(piece)
            return answer(.duplicate)
        }
        let buffer = open.update { open in
            open.checks += 1
            return open.buffers[piece] ?? nil
        }
        staging.submit(piece, buffer) { [self] verdict in
            switch verdict {
            // It stays until it is cleared: libtorrent reads its blocks to find who was wrong.
            case .wrong: break
            case .failed(let error):
                note(error)
                forget(piece)
            case .proven:
                proven.add(1, ordering: .relaxed)
                forget(piece)
            case .duplicate, .stopped: forget(piece)
            }
            open.update { $0.checks -= 1 }
            answer(verdict)
        }
        holdBackIfBehind()
    }

    func clear(_ piece: Int) { forget(piece) }

    /// Releases the buffers of unfinished pieces, of which nothing more comes.
    ///
    /// - Returns: false while a buffer is still being read.
    func letGo() -> Bool {
        open.update { open in
            guard open.checks == 0 else { return false }
            open = Open()
            return true
        }
    }

    func read(
        _ piece: Int, _ offset: Int, into buffer: UnsafeMutableRawBufferPointer,
        answer: @escaping @Sendable (Int32) -> Void
    ) {
        guard contains(piece, offset, buffer.count) else { return answer(EINVAL) }
        if let held = open.read({ $0.buffers[piece] ?? nil }) {
            let part = UnsafeRawBufferPointer(rebasing: held.bytes[offset..<offset + buffer.count])
            buffer.copyMemory(from: part)
            return answer(0)
        }
        let start = Int64(piece) * Int64(staging.pieceLength) + Int64(offset)
        let place = UInt(bitPattern: buffer.baseAddress)
        let count = buffer.count
        let isTaken = staging.perform { [self] in
            // Safe: the buffer is libtorrent's and lives until the answer.
            let target = UnsafeMutableRawBufferPointer(
                start: UnsafeMutableRawPointer(bitPattern: place), count: count)
            do throws(DiskError) {
                try staging.read(target, at: start)
                answer(0)
            } catch {
                note(error)
                answer(errorNumber(error))
            }
        }
        if !isTaken { answer(ECANCELED) }
    }

    // MARK: Parts

    private func contains(_ piece: Int, _ offset: Int, _ count: Int) -> Bool {
        piece < staging.pieceCount && offset + count <= staging.length(of: piece)
    }

    /// The buffer of this piece. Growing pieces take half of the buffers at most, so that full ones
    /// can always pass.
    private func buffer(for piece: Int) -> PieceBuffer? {
        open.update { open in
            if let known = open.buffers[piece] { return known }
            let buffer = open.buffered < buffers.capacity / 2 ? buffers.take() : nil
            open.buffers[piece] = .some(buffer)
            if buffer != nil { open.buffered += 1 }
            return buffer
        }
    }

    private func forget(_ piece: Int) {
        open.update { open in
            if case .some(.some) = open.buffers.removeValue(forKey: piece) { open.buffered -= 1 }
        }
    }

    private func note(_ error: DiskError) {
        firstFailure.update { if $0 == nil { $0 = error } }
    }

    /// Peers wait only for the staging file's threads, which need no peer. They never wait for the
    /// buffers of growing pieces.
    private func holdBackIfBehind() {
        guard staging.backlog >= backlogLimit,
            !isHoldingBack.exchange(true, ordering: .acquiringAndReleasing)
        else { return }
        staging.whenBacklog(isAtMost: backlogLimit / 2) { [self] in
            isHoldingBack.store(false, ordering: .releasing)
            resume()
        }
    }
}

// MARK: As C sees it

extension SwarmStore {
    /// The store for libtorrent, retained. `Swarm.release` undoes that when no session can call it
    /// any more.
    func retainedForC() -> ct_store {
        ct_store(
            context: Unmanaged.passRetained(self).toOpaque(), write: storeWrite, check: storeCheck,
            read: storeRead, clear: storeClear)
    }
}

private func store(_ context: UnsafeMutableRawPointer?) -> SwarmStore? {
    context.map { Unmanaged<SwarmStore>.fromOpaque($0).takeUnretainedValue() }
}

private func storeWrite(
    _ context: UnsafeMutableRawPointer?, _ piece: UInt32, _ offset: UInt32,
    _ bytes: UnsafePointer<UInt8>, _ count: UInt32, _ isFull: UnsafeMutablePointer<Bool>
) -> Int32 {
    guard let store = store(context) else { return EINVAL }
    let block = UnsafeRawBufferPointer(start: bytes, count: Int(count))
    let result = store.write(Int(piece), Int(offset), block)
    isFull.pointee = result.isFull
    return result.failure.map(errorNumber) ?? 0
}

private func storeCheck(
    _ context: UnsafeMutableRawPointer?, _ piece: UInt32, _ request: OpaquePointer
) {
    guard let store = store(context), let map = store.staging.map, piece < map.count else {
        return ct_hash_answer(request, nil, EINVAL)
    }
    let address = UInt(bitPattern: request)
    let expected = Array(map.hash(at: Int(piece)))
    store.check(Int(piece)) { verdict in
        guard let request = OpaquePointer(bitPattern: address) else { return }
        switch verdict {
        case .proven, .duplicate: ct_hash_answer(request, expected, 0)
        // Any other hash will do: it is compared, not shown.
        case .wrong: ct_hash_answer(request, [UInt8](repeating: 0, count: 20), 0)
        case .failed(let error): ct_hash_answer(request, nil, errorNumber(error))
        case .stopped: ct_hash_answer(request, nil, ECANCELED)
        }
    }
}

private func storeRead(
    _ context: UnsafeMutableRawPointer?, _ piece: UInt32, _ offset: UInt32,
    _ buffer: UnsafeMutablePointer<UInt8>, _ count: UInt32, _ request: OpaquePointer
) {
    guard let store = store(context) else { return ct_read_answer(request, EINVAL) }
    let address = UInt(bitPattern: request)
    let place = UnsafeMutableRawBufferPointer(start: buffer, count: Int(count))
    store.read(Int(piece), Int(offset), into: place) { number in
        guard let request = OpaquePointer(bitPattern: address) else { return }
        ct_read_answer(request, number)
    }
}

private func storeClear(_ context: UnsafeMutableRawPointer?, _ piece: UInt32) {
    store(context)?.clear(Int(piece))
}

/// A fault that we found ourselves has no number.
func errorNumber(_ error: DiskError) -> Int32 { error.errno == 0 ? EIO : error.errno }
