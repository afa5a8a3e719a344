internal import Checksums
internal import Disk

/// A shard being written: each byte is hashed, compressed and written once, while it is in the
/// processor's cache.
struct ShardFile: ~Copyable {
    struct Facts: Sendable, Hashable {
        var name: String
        var size: Int64
        var digests: [Digest]
    }

    private let file: FileDescriptor
    private let name: String
    private var rawSize: Int64 = 0
    private var size: Int64 = 0
    private var rawFan: HashFan
    private var fan: HashFan
    private let compressor: Compressor?
    private var blockHeader: [UInt8] = []
    /// Short records that wait for a write; a system call for each would cost more than this copy.
    private var waiting: [UInt8] = []

    private static var mostWaiting: Int { 64 << 10 }
    /// Longer ones are written as they are.
    private static var short: Int { 8 << 10 }

    /// - Parameter rawSize: the length before compression.
    init(
        _ folder: borrowing Folder, staging: Path, name: String, algorithms: [DigestAlgorithm],
        compression: ShardCompression?, rawSize: Int64
    ) throws {
        let compressor = try compression.map { try Compressor($0, size: rawSize) }
        try folder.remove(staging)
        let file = try folder.file(staging, .creating, mode: 0o644)
        self.file = file
        self.name = name
        self.compressor = compressor
        rawFan = HashFan(algorithms)
        fan = HashFan(compression == nil ? [] : algorithms)
    }

    /// Before compression.
    var length: Int64 { rawSize }

    mutating func append(_ bytes: UnsafeRawBufferPointer) throws {
        guard !bytes.isEmpty else { return }
        rawFan.update(bytes)
        rawSize += Int64(bytes.count)
        if compressor == nil {
            try write(bytes)
        } else {
            try compress(bytes, isLast: false)
        }
    }

    private mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
        if bytes.count <= Self.short {
            waiting.append(contentsOf: bytes)
            if waiting.count >= Self.mostWaiting { try flush() }
        } else {
            try flush()
            try file.write(bytes, at: size)
            size += Int64(bytes.count)
        }
    }

    private mutating func flush() throws {
        guard !waiting.isEmpty else { return }
        try file.write(waiting, at: size)
        size += Int64(waiting.count)
        waiting.removeAll(keepingCapacity: true)
    }

    mutating func append(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try append($0) }
    }

    /// Appends a chunk of a Riegeli file with its hashes, and with the block headers in it.
    mutating func append(chunk: UnsafeMutableRawBufferPointer) throws {
        Riegeli.seal(chunk)
        let range = rawSize..<Riegeli.end(of: chunk.count, at: rawSize)
        var rest = UnsafeRawBufferPointer(chunk)
        while !rest.isEmpty {
            if Riegeli.needsBlockHeader(at: rawSize) {
                blockHeader.removeAll(keepingCapacity: true)
                Riegeli.appendBlockHeader(at: rawSize, in: range, to: &blockHeader)
                try append(blockHeader)
            }
            let part = min(rest.count, Int(Riegeli.blockSize - rawSize % Riegeli.blockSize))
            try append(UnsafeRawBufferPointer(rebasing: rest[..<part]))
            rest = UnsafeRawBufferPointer(rebasing: rest[part...])
        }
    }

    /// - Returns: the shard before compression, and the compressed one.
    consuming func finish(suffix: String) throws -> (raw: Facts, packed: Facts?) {
        let isPacked = compressor != nil
        if isPacked { try compress(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true) }
        try flush()
        let raw = Facts(name: name, size: rawSize, digests: rawFan.digests)
        let packed = isPacked ? Facts(name: name + suffix, size: size, digests: fan.digests) : nil
        try file.close()
        return (raw, packed)
    }

    private mutating func compress(_ bytes: UnsafeRawBufferPointer, isLast: Bool) throws {
        guard let compressor else { return }
        // Locals, because a closure cannot change what is being changed.
        var (size, fan) = (self.size, self.fan)
        let result = Result {
            try compressor.run(bytes, isLast: isLast) { packed in
                guard !packed.isEmpty else { return }
                fan.update(packed)
                try file.write(packed, at: size)
                size += Int64(packed.count)
            }
        }
        (self.size, self.fan) = (size, fan)
        try result.get()
    }
}
