internal import Checksums
internal import DataFolder
internal import Disk

/// A published file that is no other name of the archive. It has a receipt of its own, and is proven
/// again like the archive is: two copies rot each for itself.
struct PublishedCopy {
    private let name: Path
    private let receipt: Receipt
    private let data: DataFolder
    private let terms: Publication.Terms

    /// - Parameter receipt: that of the archive.
    init(_ name: String, _ receipt: Receipt, _ data: DataFolder, _ terms: Publication.Terms) {
        self.name = Path(name)
        self.receipt = receipt
        self.data = data
        self.terms = terms
    }

    /// What is known of copies.
    static func receipts(_ data: DataFolder) -> ReceiptStore {
        ReceiptStore(data.state.appending("published"))
    }

    /// Whether what is there has the bytes of the archive. It is read where nobody has proven that,
    /// or not for long.
    func isProven(_ there: FileIdentity, in target: borrowing Folder) throws -> Bool {
        if case .receipt(let own) = try Self.receipts(data).load(receipt.fileName),
            own.holds(for: there), receipt.digests.allSatisfy(own.digests.contains),
            let age = own.age(at: terms.now), age < terms.interval
        {
            return true
        }
        guard there.size == receipt.identity.size, !receipt.digests.isEmpty else { return false }
        do {
            let file = try target.file(name, .readingNoLink)
            let reading = Reading(receipt, terms)
            while try reading.next(of: file) != nil {}
            guard reading.isRight, try file.identity() == there else { return false }
        } catch let error as DiskError where error.code == .io {
            return false
        }
        try remember(there)
        return true
    }

    func make(in target: borrowing Folder) throws {
        let needed = receipt.identity.size
        let free = try target.freeSpace().bytes
        guard needed <= free, terms.reserve <= free - needed else {
            throw SyncError.noSpace(
                receipt.fileName, needed: needed, reserve: terms.reserve, free: free)
        }
        try target.publish(name) { file in try fill(file) }
        if let now = try Publication.identity(name, in: target) { try remember(now) }
    }

    private func fill(_ file: borrowing FileDescriptor) throws {
        let source = try FileDescriptor(data.archive(receipt.fileName), .reading)
        let reading = Reading(receipt, terms)
        while true {
            let offset = reading.offset
            guard let part = try reading.next(of: source) else { break }
            try file.write(part, at: offset)
        }
        guard reading.isRight else { throw SyncError.changedWhileCopied(receipt.fileName) }
    }

    private func remember(_ identity: FileIdentity) throws(DiskError) {
        var own = receipt
        own.identity = identity
        own.when = terms.now
        try Self.receipts(data).save(own)
    }
}

/// One pass over a file, block by block, for its digests.
private final class Reading {
    private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 << 20, alignment: 4096)
    private let expected: [Digest]
    private let end: @Sendable () -> (any Error)?
    private var fan: HashFan
    private(set) var offset: Int64 = 0

    init(_ receipt: Receipt, _ terms: Publication.Terms) {
        expected = receipt.digests
        end = terms.end
        fan = HashFan(receipt.digests.map(\.algorithm))
    }

    deinit { memory.deallocate() }

    /// The next block, good until the one after; nil at the end of the file.
    func next(of file: borrowing FileDescriptor) throws -> UnsafeRawBufferPointer? {
        if let error = end() { throw error }
        let count = try file.readUpTo(memory, at: offset)
        if count == 0 { return nil }
        let part = UnsafeRawBufferPointer(rebasing: memory[..<count])
        fan.update(part)
        offset += Int64(count)
        return part
    }

    /// Whether what was read is what the receipt speaks of.
    var isRight: Bool { expected.allSatisfy(fan.digests.contains) }
}
