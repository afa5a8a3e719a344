internal import Disk

/// A plain tar that is far away.
///
/// Only headers are read, as from a file, but some more bytes at a time. A failure is final: the
/// cursor gets an error for it, and `failure` says more.
final class RemoteInput<Source: RandomAccessBytes>: TarInput {
    /// A header, and the first one of a tar inside.
    private static var smallest: Int { 2 * TarHeader.blockSize }
    /// A gap of this size is read rather than skipped.
    private static var nearby: Int64 { 4096 }

    let end: Int64
    private let source: Source
    /// Gets each part that was read.
    private let record: ((Int64, UnsafeRawBufferPointer) -> Void)?
    let longestSearch: Int64
    private let scoutCount: Int
    private let memory: UnsafeMutableRawBufferPointer
    private var start: Int64 = 0
    private var count = 0
    private var ahead: Int
    private var isFresh = true
    private(set) var failure: (any Error)?
    /// What others have read for this one.
    private var scouts: HeaderScouts<Source>?

    /// - Parameters:
    ///   - scouts: how many others read headers ahead.
    ///   - ahead: how much to read first.
    ///   - largest: the most to read at once.
    ///   - longestSearch: looking for a lost header in all of a large file would take minutes.
    init(
        _ source: Source, scouts: Int = 0, ahead: Int? = nil, largest: Int = 1 << 20,
        longestSearch: Int64 = 16 << 20,
        record: ((Int64, UnsafeRawBufferPointer) -> Void)? = nil
    ) {
        scoutCount = scouts
        self.longestSearch = longestSearch
        self.source = source
        self.record = record
        self.ahead = ahead ?? Self.smallest
        end = source.size
        memory = .allocate(byteCount: largest, alignment: 4096)
    }

    deinit { memory.deallocate() }

    var path: Path { source.path }
    var isFile: Bool { true }
    var knownEnd: Int64 { end }
    func place(of offset: Int64) -> Int64 { offset }

    func bytes(at offset: Int64, _ wanted: Int) throws(ArchiveError) -> UnsafeRawBufferPointer {
        let behind = offset - start
        if behind < 0 || behind > Int64(count - wanted) {
            let left = max(end - offset, 0)
            let least = Int(min(Int64(wanted), left))
            if !take(at: offset, least) {
                let isNear = behind >= 0 && behind - Int64(count) <= Self.nearby
                if !isFresh { ahead = isNear ? min(2 * ahead, memory.count) : Self.smallest }
                isFresh = false
                try fill(at: offset, Int(min(Int64(max(ahead, wanted)), left)))
            }
        }
        let from = Int(offset - start)
        return UnsafeRawBufferPointer(rebasing: memory[from..<min(from + wanted, count)])
    }

    func copy(
        at offset: Int64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(ArchiveError) -> Int {
        var done = 0
        while done < buffer.count {
            let part = try bytes(at: offset + Int64(done), min(buffer.count - done, 4096))
            if part.isEmpty { break }
            UnsafeMutableRawBufferPointer(rebasing: buffer[done...]).copyMemory(from: part)
            done += part.count
        }
        return done
    }

    func scouting<Result>(
        _ range: Range<Int64>, _ body: () throws -> Result
    ) throws -> Result {
        guard scouts == nil, let new = HeaderScouts<Source>(range, scouts: scoutCount) else {
            return try body()
        }
        scouts = new
        defer { scouts = nil }
        return try new.run(source, body)
    }

    /// Takes what the scouts have read there.
    private func take(at offset: Int64, _ least: Int) -> Bool {
        guard let scouts, let part = scouts.take(at: offset, least) else { return false }
        start = offset
        count = min(part.count, memory.count)
        memory.copyBytes(from: part.prefix(count))
        return true
    }

    private func fill(at offset: Int64, _ wanted: Int) throws(ArchiveError) {
        start = offset
        count = 0
        if failure != nil { throw .unread(path, at: offset) }
        let room = UnsafeMutableRawBufferPointer(rebasing: memory[..<wanted])
        do {
            count = try source.read(into: room, at: offset)
        } catch {
            failure = error
            throw .unread(path, at: offset)
        }
        record?(offset, UnsafeRawBufferPointer(rebasing: room[..<count]))
    }
}
