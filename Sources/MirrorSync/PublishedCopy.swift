internal import Checksums
internal import DataFolder
internal import Disk

/// A published file that is not the archive in the data folder: a copy on another disk, or a former
/// link to it. It has its own receipt and is verified again like an archive, because two copies
/// decay independently.
struct PublishedCopy {
    private let name: Path
    private let receipt: Receipt
    private let data: DataFolder
    private let terms: Publication.Terms
    private let store: ReceiptStore

    /// - Parameters:
    ///   - receipt: the archive's, or what else is known of its bytes.
    ///   - isOurs: false for somebody else's file. Its receipt is kept elsewhere, because a receipt
    ///     among ours would allow replacing it.
    init(
        _ receipt: Receipt, _ data: DataFolder, _ terms: Publication.Terms, isOurs: Bool = true
    ) {
        name = Path(receipt.fileName)
        self.receipt = receipt
        self.data = data
        self.terms = terms
        store =
            isOurs ? Self.receipts(data) : ReceiptStore(data.state.appending("witnessed"))
    }

    static func receipts(_ data: DataFolder) -> ReceiptStore {
        ReceiptStore(data.state.appending("published"))
    }

    /// The proof that the file has the archive's bytes; nil where it has not. It is read unless a
    /// recent proof exists.
    ///
    /// - Throws: `TimeIsUp` without any proof and without time to read; `DiskError` where it cannot
    ///   be read, which says nothing about its bytes.
    func proof(_ there: FileIdentity, in target: borrowing Folder) throws -> Receipt? {
        let own = try own()
        let known = own.flatMap { $0.holds(for: there) ? $0 : nil }
        if let known, let age = known.age(at: terms.now), age < terms.interval { return known }
        let digests = receipt.digests.isEmpty ? own?.digests ?? [] : receipt.digests
        guard there.size == receipt.identity.size, !digests.isEmpty else { return nil }
        if terms.isOver() {
            // An old proof is enough; the next run has time for a new one.
            guard let known else { throw TimeIsUp() }
            return known
        }
        let file = try target.file(name, .readingNoLink)
        try file.syncMappings()
        let reading = Reading(digests, terms)
        while try reading.next(of: file) != nil {}
        guard digests.allSatisfy(reading.digests.contains), try file.identity() == there
        else { return nil }
        return try remember(there, digests)
    }

    /// Its own receipt for the right bytes. Where only a torrent's pieces prove the archive, these
    /// are the digests from when the copy was made.
    private func own() throws(DiskError) -> Receipt? {
        guard case .receipt(let own) = try store.load(receipt.fileName), !own.digests.isEmpty,
            receipt.digests.allSatisfy(own.digests.contains),
            !receipt.digests.isEmpty || own.torrent == receipt.torrent
        else { return nil }
        return own
    }

    func make(in target: borrowing Folder) throws {
        if terms.isOver() { throw TimeIsUp() }
        let needed = receipt.identity.size
        let free = try target.freeSpace().bytes
        guard needed <= free, terms.reserve <= free - needed else {
            throw SyncError.noSpace(
                receipt.fileName, needed: needed, reserve: terms.reserve, free: free)
        }
        var digests: [Digest] = []
        try Publication.show(name, in: target) { file in digests = try fill(file) }
        if let now = try Publication.identity(name, in: target) {
            _ = try remember(now, digests)
        }
    }

    /// - Returns: the digests of the copied bytes.
    private func fill(_ file: borrowing FileDescriptor) throws -> [Digest] {
        let source = try FileDescriptor(data.archive(receipt.fileName), .reading)
        let reading = Reading(receipt.digests, terms)
        while true {
            let offset = reading.offset
            guard let part = try reading.next(of: source) else { break }
            try file.write(part, at: offset)
        }
        let isRight =
            try receipt.digests.isEmpty
            ? receipt.isUnwritten(source.identity())
            : receipt.digests.allSatisfy(reading.digests.contains)
        guard isRight else { throw SyncError.changedWhileCopied(receipt.fileName) }
        return reading.digests
    }

    private func remember(
        _ identity: FileIdentity, _ digests: [Digest]
    ) throws(DiskError) -> Receipt {
        var own = receipt
        own.digests = digests
        own.identity = identity
        own.when = terms.now
        // The archive may be gone; the copy is there.
        if own.proof == .retired { own.proof = .digests }
        try store.save(own)
        return own
    }
}

private final class Reading {
    private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 << 20, alignment: 4096)
    private let stop: StopCheck
    private var fan: HashFan
    private(set) var offset: Int64 = 0

    /// - Parameter expected: gives the kinds of digests; SHA-256 where it is empty.
    init(_ expected: [Digest], _ terms: Publication.Terms) {
        stop = terms.stop
        fan = HashFan(expected.isEmpty ? [.sha256] : expected.map(\.algorithm))
    }

    deinit { memory.deallocate() }

    /// The next block, valid until the following call; nil at the end of the file.
    func next(of file: borrowing FileDescriptor) throws -> UnsafeRawBufferPointer? {
        try stop()
        let count = try file.readUpTo(memory, at: offset)
        if count == 0 { return nil }
        let part = UnsafeRawBufferPointer(rebasing: memory[..<count])
        fan.update(part)
        offset += Int64(count)
        return part
    }

    var digests: [Digest] { fan.digests }
}

extension Receipt {
    /// Whether it is the file of this receipt, not written to since. It may have gained or lost
    /// links.
    func isUnwritten(_ now: FileIdentity) -> Bool {
        now.isSameFile(as: identity) && now.size == identity.size
            && now.modified == identity.modified
    }
}
