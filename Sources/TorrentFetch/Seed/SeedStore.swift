internal import CTorrent
internal import Checksums
internal import DataFolder
internal import DatasetManifest
internal import Disk
internal import Glibc

/// Gives blocks of one file to libtorrent, and takes none.
///
/// A block leaves only if the SHA-1 of its piece is right. Each piece is hashed once, and again after
/// the file's identity has changed. The first wrong piece ends it: nothing is given any more.
final class SeedStore: Sendable {
    /// Why nothing is given any more.
    struct Fault: Sendable {
        let error: any Failure
        /// The wrong piece; nil if the file could not be read.
        var piece: Int?
    }

    private struct Checked {
        var identity: FileIdentity
        /// The pieces that were right while the file had this identity.
        var pieces: PieceSet
    }

    private let offer: SeedOffer
    private let readers: SeedReaders
    private let checked: Monitor<Checked>
    /// Held by the one thread that hashes a piece of this file.
    private let hashing = Monitor(Memory())
    private let firstFault = Monitor<Fault?>(nil)
    private let failed: @Sendable () -> Void

    private final class Memory {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 4096)

        deinit { bytes.deallocate() }
    }

    /// - Parameter failed: is called once, on a reader's thread.
    init(_ offer: SeedOffer, _ readers: SeedReaders, failed: @escaping @Sendable () -> Void) {
        self.offer = offer
        self.readers = readers
        self.failed = failed
        checked = Monitor(
            Checked(identity: offer.identity, pieces: PieceSet(count: offer.pieces.count)))
    }

    var fault: Fault? { firstFault.read { $0 } }

    func read(
        _ piece: Int, _ offset: Int, into block: UnsafeMutableRawBufferPointer,
        answer: @escaping @Sendable (Int32) -> Void
    ) {
        guard offer.pieces[piece], offset + block.count <= map.range(of: piece).count else {
            return answer(EINVAL)
        }
        let place = UInt(bitPattern: block.baseAddress)
        let count = block.count
        let isTaken = readers.perform { [self] in
            if fault != nil { return answer(EIO) }
            // Safe: the buffer is libtorrent's and lives until the answer.
            let block = UnsafeMutableRawBufferPointer(
                start: UnsafeMutableRawPointer(bitPattern: place), count: count)
            do throws(DiskError) {
                if try fill(block, piece, offset) { return answer(0) }
                note(Fault(error: wrong(piece), piece: piece))
                answer(EIO)
            } catch {
                note(Fault(error: error))
                answer(errorNumber(error))
            }
        }
        if !isTaken { answer(ECANCELED) }
    }

    // MARK: Parts

    private var map: PieceMap { offer.torrent.map }
    private var file: Shared<FileDescriptor> { offer.opened }

    private func note(_ fault: Fault) {
        let isFirst = firstFault.update { first in
            defer { first = first ?? fault }
            return first == nil
        }
        if isFirst { failed() }
    }

    private func wrong(_ piece: Int) -> FetchError {
        let range = map.range(of: piece)
        return offer.isWhole
            ? .wrongPiece(piece, range, of: offer.file, offer.path)
            : .wrongPieceOfHalf(piece, range, of: offer.file)
    }

    /// - Returns: false if the piece is wrong.
    private func fill(
        _ block: UnsafeMutableRawBufferPointer, _ piece: Int, _ offset: Int
    ) throws(DiskError) -> Bool {
        if try fillFromChecked(block, piece, offset) { return true }
        return try hashing.update { memory throws(DiskError) in
            // Another thread may have hashed it meanwhile.
            if try fillFromChecked(block, piece, offset) { return true }
            return try fillHashing(block, piece, offset, memory.bytes)
        }
    }

    /// - Returns: false unless the piece was right, and the file has not changed since.
    private func fillFromChecked(
        _ block: UnsafeMutableRawBufferPointer, _ piece: Int, _ offset: Int
    ) throws(DiskError) -> Bool {
        let known = checked.read { $0.pieces[piece] ? $0.identity : nil }
        guard let known else { return false }
        try file.value.readFully(block, at: map.range(of: piece).lowerBound + Int64(offset))
        // After the read, so that a change before it or during it shows.
        return try file.value.identity() == known
    }

    /// Takes the block out of the bytes that are hashed, whatever happens to the file meanwhile.
    ///
    /// - Returns: false if the piece is wrong.
    private func fillHashing(
        _ block: UnsafeMutableRawBufferPointer, _ piece: Int, _ offset: Int,
        _ memory: UnsafeMutableRawBufferPointer
    ) throws(DiskError) -> Bool {
        let range = map.range(of: piece)
        let before = try file.value.identity()
        var hasher = Hasher(.sha1)
        for start in stride(from: 0, to: range.count, by: memory.count) {
            let part = UnsafeMutableRawBufferPointer(
                rebasing: memory[..<min(memory.count, range.count - start)])
            try file.value.readFully(part, at: range.lowerBound + Int64(start))
            hasher.update(UnsafeRawBufferPointer(part))
            let shared = (offset..<offset + block.count)
                .clamped(to: start..<start + part.count)
            if shared.isEmpty { continue }
            UnsafeMutableRawBufferPointer(rebasing: block[(shared.lowerBound - offset)...])
                .copyMemory(
                    from: UnsafeRawBufferPointer(
                        rebasing: part[shared.lowerBound - start..<shared.upperBound - start]))
        }
        guard hasher.digest.bytes.elementsEqual(map.hash(at: piece)) else { return false }
        guard try file.value.identity() == before else { return true }
        checked.update { checked in
            if checked.identity != before {
                checked = Checked(identity: before, pieces: PieceSet(count: map.count))
            }
            checked.pieces[piece] = true
        }
        return true
    }
}

// MARK: As C sees it

extension SeedStore {
    /// The store for libtorrent, retained. `Swarm.release` undoes that when no session can call it
    /// any more.
    func retainedForC() -> ct_store {
        ct_store(
            context: Unmanaged.passRetained(self).toOpaque(),
            // No peer is asked for a block; one that comes all the same is dropped.
            write: { _, _, _, _, _, _ in 0 },
            check: { _, _, request in ct_hash_answer(request, nil, ENOTSUP) },
            read: seedRead, clear: { _, _ in })
    }
}

private func seedRead(
    _ context: UnsafeMutableRawPointer?, _ piece: UInt32, _ offset: UInt32,
    _ buffer: UnsafeMutablePointer<UInt8>, _ count: UInt32, _ request: OpaquePointer
) {
    guard let context else { return ct_read_answer(request, EINVAL) }
    let store = Unmanaged<SeedStore>.fromOpaque(context).takeUnretainedValue()
    let address = UInt(bitPattern: request)
    let place = UnsafeMutableRawBufferPointer(start: buffer, count: Int(count))
    store.read(Int(piece), Int(offset), into: place) { number in
        guard let request = OpaquePointer(bitPattern: address) else { return }
        ct_read_answer(request, number)
    }
}
