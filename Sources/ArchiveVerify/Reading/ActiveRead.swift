internal import Checksums
internal import Disk

/// One step of one digest: a block that it takes.
struct DigestStep: Sendable {
    /// The number of its file.
    let file: Int
    let digest: Int
    let block: Int
    let buffer: BlockBuffer
    let count: Int
    /// The digest as it was before.
    let hasher: Hasher

    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count])
    }
}

/// A file that is being read: which of its blocks are there, and how far each digest has come.
struct ActiveRead {
    private struct Digesting {
        var hasher: Hasher
        var next = 0
        var isBusy = false
    }

    private struct Block {
        let buffer: BlockBuffer
        let count: Int
        /// Digests that have still to take it.
        var left: Int
        /// Digests that are taking it now.
        var users = 0
    }

    let index: Int
    let order: ReadOrder
    private(set) var findings = ReadFindings()
    /// Blocks in memory, those being read among them.
    var heldBlocks = 0

    private let blockCount: Int
    private var nextBlock = 0
    private var reading = 0
    private var blocks: [Int: Block] = [:]
    private var digests: [Digesting]
    /// Bytes are missing: there will be no digest of the whole.
    private var isVoid = false
    private var isCutOff = false

    init(_ index: Int, _ order: ReadOrder) {
        self.index = index
        self.order = order
        blockCount = order.blockCount
        digests = order.algorithms.map { Digesting(hasher: Hasher($0)) }
        findings.pieceHashes = [UInt8](repeating: 0, count: order.pieceCount * 20)
        finishIfDone()
    }

    var keepsBlocks: Bool { !digests.isEmpty && !isVoid }
    var hasMoreBlocks: Bool { nextBlock < blockCount && !isCutOff }

    /// There is nothing left to do, and nobody works on it.
    var isOver: Bool {
        !hasMoreBlocks && reading == 0 && blocks.isEmpty && digests.allSatisfy { !$0.isBusy }
    }

    /// The digest that is furthest behind among those that can go on, and the block it needs.
    var readyDigest: (digest: Int, block: Int)? {
        if isVoid { return nil }
        var best: (Int, Int)?
        for (index, digest) in digests.enumerated()
        where !digest.isBusy && blocks[digest.next] != nil {
            if best.map({ digest.next < $0.1 }) ?? true { best = (index, digest.next) }
        }
        return best
    }

    // MARK: Lanes

    private var md5: Int? { isVoid ? nil : digests.firstIndex { $0.hasher.algorithm == .md5 } }

    var hasMD5: Bool { md5 != nil }

    /// The MD5, where it can go on.
    var readyMD5: Int? {
        md5.flatMap { digests[$0].isBusy || blocks[digests[$0].next] == nil ? nil : $0 }
    }

    /// The MD5 has no next block yet.
    var isStarved: Bool {
        guard let digest = md5.map({ digests[$0] }) else { return false }
        return nextBlock <= digest.next + (digest.isBusy ? 1 : 0)
    }

    mutating func beginBlock() -> Int {
        reading += 1
        nextBlock += 1
        return nextBlock - 1
    }

    /// Gives a digest its next block; nil if that has not been read.
    mutating func beginStep(_ digest: Int) -> DigestStep? {
        let number = digests[digest].next
        guard let block = blocks[number] else { return nil }
        digests[digest].isBusy = true
        blocks[number]?.users += 1
        return DigestStep(
            file: index, digest: digest, block: number, buffer: block.buffer, count: block.count,
            hasher: digests[digest].hasher)
    }

    /// A digest has taken its block.
    ///
    /// - Returns: memory that is free again.
    mutating func take(_ step: DigestStep, _ hasher: Hasher) -> [BlockBuffer] {
        digests[step.digest].hasher = hasher
        digests[step.digest].next += 1
        digests[step.digest].isBusy = false
        blocks[step.block]?.users -= 1
        blocks[step.block]?.left -= 1
        finishIfDone()
        return release()
    }

    /// A block was read, or the readable part of it.
    ///
    /// - Returns: memory that is free again.
    mutating func take(
        _ read: BlockRead, of number: Int, _ buffer: BlockBuffer?
    ) -> [BlockBuffer] {
        reading -= 1
        if let end = read.end { findings.end = min(end, findings.end ?? end) }
        if let failure = read.failure { findings.failure = findings.failure ?? failure }
        findings.unreadable += read.unreadable
        if read.end != nil || read.failure != nil { isCutOff = true }
        if isCutOff || !read.unreadable.isEmpty { isVoid = true }
        if !read.hashes.isEmpty, let pieceLength = order.pieceLength {
            let start = number * (order.blockLength / pieceLength) * 20
            findings.pieceHashes.replaceSubrange(
                start..<start + read.hashes.count, with: read.hashes)
        }
        if let buffer {
            let range = order.range(of: number)
            blocks[number] = Block(
                buffer: buffer, count: Int(range.upperBound - range.lowerBound),
                left: digests.count)
        }
        return release()
    }

    private mutating func release() -> [BlockBuffer] {
        var free: [BlockBuffer] = []
        for (number, block) in blocks where block.users == 0 && (block.left == 0 || isVoid) {
            blocks[number] = nil
            heldBlocks -= 1
            free.append(block.buffer)
        }
        return free
    }

    private mutating func finishIfDone() {
        if !isVoid, digests.allSatisfy({ $0.next == blockCount && !$0.isBusy }) {
            findings.digests = digests.map(\.hasher.digest)
        }
    }
}
