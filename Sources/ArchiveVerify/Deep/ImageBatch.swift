internal import Archives
internal import Disk

/// Images of an archive that are checked together: 16 bytes and the name for each, and its data if
/// the archive can only be read from front to back.
struct ImageBatch: Sendable {
    /// Enough to keep all cores busy while the next headers wait.
    static let most = 4096
    /// The most bytes of images that are held.
    private static let mostHeld = 32 << 20

    /// The bytes of images, one after the other; `offsets` then point into them.
    private(set) var held: ContiguousArray<UInt8> = []
    /// How far it goes in the archive's file.
    private(set) var place: Int64 = 0
    private(set) var offsets: ContiguousArray<Int64> = []
    private(set) var sizes: ContiguousArray<Int64> = []
    private var names: ContiguousArray<UInt8> = []
    private var nameEnds: ContiguousArray<Int> = []

    var count: Int { offsets.count }
    var isHeld: Bool { !held.isEmpty }
    var isFull: Bool {
        count >= Self.most || names.count >= 1 << 20 || held.count >= Self.mostHeld
    }

    /// An image at an offset in the archive.
    mutating func append(
        offset: Int64, size: Int64, container: UnsafeRawBufferPointer,
        name: UnsafeRawBufferPointer
    ) {
        place = offset
        add(offset, size, container, name)
    }

    /// An image that is read now or never.
    ///
    /// - Parameter size: nil if only its end tells.
    /// - Returns: the bytes that were read. It is added if it is complete and not empty.
    mutating func append(
        _ stream: MemberStream, size: Int64?, container: UnsafeRawBufferPointer,
        name: UnsafeRawBufferPointer
    ) throws(ArchiveError) -> Int64 {
        let start = held.count
        let wanted = size ?? .max
        var done: Int64 = 0
        // One byte more than the limit shows that it is too long.
        while done < wanted, done <= ImageBatchCheck.longest {
            let part: UnsafeRawBufferPointer
            do throws(ArchiveError) {
                part = try stream.bytes(at: done, wanted - done)
            } catch {
                held.removeLast(held.count - start)
                throw error
            }
            if part.isEmpty { break }
            held.append(contentsOf: part)
            done += Int64(part.count)
        }
        place = stream.place
        guard done > 0, done <= ImageBatchCheck.longest, size == nil || size == done else {
            held.removeLast(held.count - start)
            return done
        }
        add(Int64(start), done, container, name)
        return done
    }

    private mutating func add(
        _ offset: Int64, _ size: Int64, _ container: UnsafeRawBufferPointer,
        _ name: UnsafeRawBufferPointer
    ) {
        offsets.append(offset)
        sizes.append(size)
        if !container.isEmpty {
            names.append(contentsOf: container)
            names.append(UInt8(ascii: "/"))
        }
        names.append(contentsOf: name)
        nameEnds.append(names.count)
    }

    mutating func removeAll() {
        offsets.removeAll(keepingCapacity: true)
        sizes.removeAll(keepingCapacity: true)
        names.removeAll(keepingCapacity: true)
        nameEnds.removeAll(keepingCapacity: true)
        held.removeAll(keepingCapacity: held.count <= 2 * Self.mostHeld)
    }

    func path(of index: Int) -> Path {
        Path(bytes: names[(index == 0 ? 0 : nameEnds[index - 1])..<nameEnds[index]])
    }
}

/// Checks the images of a batch, on several threads.
struct ImageBatchCheck: Sendable {
    /// Images that a thread takes at a time.
    private static let portion = 32
    /// Far larger than any image of the data set; such a file is reported and not decoded.
    static let longest: Int64 = 256 << 20

    let archive: Shared<FileDescriptor>
    let inspector: (@Sendable () throws -> DatasetCheck.Inspector)?
    let threads: Int

    /// - Parameter progress: is told how many images are done, from several threads.
    /// - Returns: what was found, in the order of the batch.
    func run(
        _ batch: ImageBatch, progress: @escaping @Sendable (Int) throws -> Void
    ) throws -> [DeepReport.Finding] {
        let portions = (batch.count + Self.portion - 1) / Self.portion
        let found = Monitor([Int: [DeepReport.Finding]]())
        let done = Monitor(0)
        try Workers.forEach(portions, threads: threads) { portion in
            let first = portion * Self.portion
            let range = first..<min(batch.count, first + Self.portion)
            let part = try look(at: range, of: batch)
            if !part.isEmpty { found.update { $0[portion] = part } }
            try progress(
                done.update {
                    $0 += range.count
                    return $0
                })
        }
        return found.read { found in
            found.sorted { $0.key < $1.key }.flatMap(\.value)
        }
    }

    private func look(
        at range: Range<Int>, of batch: ImageBatch
    ) throws -> [DeepReport.Finding] {
        let inspect = try inspector?()
        if batch.isHeld { return look(at: range, heldBy: batch, inspect) }
        let longest = range.map { batch.sizes[$0] }.max() ?? 0
        let room = inspect == nil ? 0 : Int(min(longest, Self.longest))
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(room, ImageEnds.bufferSize), alignment: 16)
        defer { buffer.deallocate() }
        var found: [DeepReport.Finding] = []
        for index in range {
            let place = (offset: batch.offsets[index], size: batch.sizes[index])
            guard let (kind, message) = look(at: place, buffer, inspect) else { continue }
            found.append(
                DeepReport.Finding(kind: kind, member: batch.path(of: index), message: message))
        }
        return found
    }

    private func look(
        at range: Range<Int>, heldBy batch: ImageBatch, _ inspect: DatasetCheck.Inspector?
    ) -> [DeepReport.Finding] {
        batch.held.withUnsafeBytes { held in
            range.compactMap { index in
                let start = Int(batch.offsets[index])
                let image = UnsafeRawBufferPointer(
                    rebasing: held[start..<start + Int(batch.sizes[index])])
                return Self.finding(ImageEnds.judge(image, inspect)).map { kind, message in
                    DeepReport.Finding(kind: kind, member: batch.path(of: index), message: message)
                }
            }
        }
    }

    private func look(
        at place: (offset: Int64, size: Int64), _ buffer: UnsafeMutableRawBufferPointer,
        _ inspect: DatasetCheck.Inspector?
    ) -> (DeepReport.Finding.Kind, String)? {
        do throws(DiskError) {
            guard let inspect, place.size <= Self.longest else {
                let ends = try ImageEnds.look(
                    in: archive.value, at: place.offset, size: place.size, buffer)
                if inspect != nil { return (.broken, "it is too long to be decoded") }
                return Self.finding(ImageEnds.judgement(ends))
            }
            let room = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(place.size)])
            try archive.value.readFully(room, at: place.offset)
            return Self.finding(ImageEnds.judge(UnsafeRawBufferPointer(room), inspect))
        } catch {
            return (.archive, error.message)
        }
    }

    private static func finding(
        _ judgement: ImageEnds.Judgement?
    ) -> (DeepReport.Finding.Kind, String)? {
        switch judgement {
        case nil: nil
        case .cut: (.cut, "it is cut off")
        case .foreign: (.foreign, ImageEnds.foreignness)
        case .odd(let what): (.odd, what)
        case .broken(let reason): (.broken, reason)
        }
    }
}
