internal import CTorrent
internal import DatasetManifest
internal import Disk
internal import Glibc
internal import Synchronization

/// Where libtorrent puts the blocks that peers send: together into a buffer for each piece, and
/// from there into the staging file. All calls but the answers come on libtorrent's network thread.
final class SwarmStore: Sendable {
    /// A piece of which blocks have come.
    private struct OpenPiece {
        /// nil for a piece that goes to the file block by block, for want of a buffer.
        let buffer: PieceBuffer?
    }

    let staging: StagingFile
    private let buffers: PieceBuffers
    private let open = Mutex<[Int: OpenPiece]>([:])
    private let isHoldingBack = Atomic<Bool>(false)
    private let resume: @Sendable () -> Void

    /// - Parameter resume: lets the peers go on that were held back while buffers were scarce.
    init(staging: StagingFile, buffers: PieceBuffers, resume: @escaping @Sendable () -> Void) {
        self.staging = staging
        self.buffers = buffers
        self.resume = resume
    }

    /// - Returns: the error that ends the torrent, and whether the peer is to wait.
    func write(
        _ piece: Int, _ offset: Int, _ block: UnsafeRawBufferPointer
    ) -> (failure: DiskError?, isFull: Bool) {
        guard piece < staging.pieceCount, offset + block.count <= staging.length(of: piece) else {
            return (nil, false)
        }
        // Somebody else was faster, or it is a piece that `ct_torrent_add_piece` announces.
        if staging.isProven(piece) { return (nil, false) }
        let known = open.withLock { $0[piece] }
        let target = known ?? OpenPiece(buffer: buffers.take())
        if known == nil { open.withLock { $0[piece] = target } }
        guard let buffer = target.buffer else {
            do {
                let start = Int64(piece) * Int64(staging.pieceLength)
                try staging.write(block, at: start + Int64(offset))
                return (nil, false)
            } catch {
                return (error, false)
            }
        }
        let place = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[offset...])
        place.copyMemory(from: block)
        // Held back before there is none left: what peers have sent already must go somewhere.
        guard buffers.free <= buffers.capacity / 8 else { return (nil, false) }
        isHoldingBack.store(true, ordering: .releasing)
        // The last buffers may have come back in between, with nobody to say so.
        if buffers.free > buffers.capacity / 8 { letGo() }
        return (nil, true)
    }

    /// A piece has all its blocks: what is it?
    func check(_ piece: Int, answer: @escaping @Sendable (StagingFile.Verdict) -> Void) {
        if staging.isProven(piece) {
            forget(piece)
            return answer(.duplicate)
        }
        let buffer = open.withLock { $0[piece]?.buffer }
        staging.submit(piece, buffer) { [self] verdict in
            // A wrong one stays until it is cleared: libtorrent reads its blocks to find whose
            // fault it was.
            if case .wrong = verdict {} else { forget(piece) }
            answer(verdict)
        }
    }

    func clear(_ piece: Int) { forget(piece) }

    func read(
        _ piece: Int, _ offset: Int, into buffer: UnsafeMutableRawBufferPointer,
        answer: @escaping @Sendable (DiskError?) -> Void
    ) {
        guard piece < staging.pieceCount, offset + buffer.count <= staging.length(of: piece) else {
            return answer(nil)
        }
        if let held = open.withLock({ $0[piece]?.buffer }) {
            let part = UnsafeRawBufferPointer(rebasing: held.bytes[offset..<offset + buffer.count])
            buffer.copyMemory(from: part)
            return answer(nil)
        }
        let start = Int64(piece) * Int64(staging.pieceLength) + Int64(offset)
        let place = UInt(bitPattern: buffer.baseAddress)
        let count = buffer.count
        staging.perform { [staging] in
            // Safe: the buffer is libtorrent's and lives until the answer.
            let target = UnsafeMutableRawBufferPointer(
                start: UnsafeMutableRawPointer(bitPattern: place), count: count)
            do throws(DiskError) {
                try staging.read(target, at: start)
                answer(nil)
            } catch {
                answer(error)
            }
        }
    }

    private func forget(_ piece: Int) {
        _ = open.withLock { $0.removeValue(forKey: piece) }
        if isHoldingBack.load(ordering: .acquiring), buffers.free > buffers.capacity / 4 { letGo() }
    }

    private func letGo() {
        if isHoldingBack.exchange(false, ordering: .acquiringAndReleasing) { resume() }
    }
}

// MARK: As C sees it

extension SwarmStore {
    /// The store for libtorrent. It is retained: `release` undoes that, when no session can call it
    /// any more.
    func retainedForC() -> ct_store {
        ct_store(
            context: Unmanaged.passRetained(self).toOpaque(), write: storeWrite, check: storeCheck,
            read: storeRead, clear: storeClear)
    }

    static func release(_ store: ct_store) {
        guard let context = store.context else { return }
        Unmanaged<SwarmStore>.fromOpaque(context).release()
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
    guard let store = store(context) else { return ct_hash_answer(request, nil, EINVAL) }
    let address = UInt(bitPattern: request)
    let expected = store.staging.map.map { Array($0.hash(at: Int(piece))) } ?? []
    store.check(Int(piece)) { verdict in
        guard let request = OpaquePointer(bitPattern: address) else { return }
        switch verdict {
        case .proven, .duplicate: ct_hash_answer(request, expected, 0)
        // Any other hash will do: it is compared, not shown.
        case .wrong: ct_hash_answer(request, [UInt8](repeating: 0, count: 20), 0)
        case .failed(let error): ct_hash_answer(request, nil, errorNumber(error))
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
    store.read(Int(piece), Int(offset), into: place) { error in
        guard let request = OpaquePointer(bitPattern: address) else { return }
        ct_read_answer(request, error.map(errorNumber) ?? 0)
    }
}

private func storeClear(_ context: UnsafeMutableRawPointer?, _ piece: UInt32) {
    store(context)?.clear(Int(piece))
}

/// A fault that we found ourselves has no number.
private func errorNumber(_ error: DiskError) -> Int32 { error.errno == 0 ? EIO : error.errno }
