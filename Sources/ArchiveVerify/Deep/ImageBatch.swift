internal import Disk

/// Images of an archive that are to be looked at together: 16 bytes and the name for each.
struct ImageBatch: Sendable {
    /// Enough to keep all cores busy while the next headers wait.
    static let most = 4096

    private(set) var offsets: ContiguousArray<Int64> = []
    private(set) var sizes: ContiguousArray<Int64> = []
    private var names: ContiguousArray<UInt8> = []
    private var nameEnds: ContiguousArray<Int> = []

    var count: Int { offsets.count }
    var isFull: Bool { count >= Self.most || names.count >= 1 << 20 }

    mutating func append(
        offset: Int64, size: Int64, container: UnsafeRawBufferPointer,
        name: UnsafeRawBufferPointer
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
    }

    func path(of index: Int) -> Path {
        Path(bytes: names[(index == 0 ? 0 : nameEnds[index - 1])..<nameEnds[index]])
    }
}

/// Looks at the images of a batch, on several threads.
struct ImageBatchCheck: Sendable {
    /// Images that a thread takes at a time.
    private static let portion = 32
    /// Far beyond any photograph of the data set; such a file is named and not decoded.
    private static let longest: Int64 = 256 << 20

    /// The archive, as an object: several threads read from it.
    final class Archive: Sendable {
        let file: FileDescriptor
        init(_ file: consuming FileDescriptor) { self.file = file }
    }

    let archive: Archive
    let inspector: (@Sendable () throws -> DatasetCheck.Inspector)?
    let threads: Int

    /// - Returns: what was found, in the order of the batch.
    func run(_ batch: ImageBatch) throws -> [DeepReport.Finding] {
        let portions = (batch.count + Self.portion - 1) / Self.portion
        let found = Monitor([Int: [DeepReport.Finding]]())
        try Workers.forEach(portions, threads: threads) { portion in
            let first = portion * Self.portion
            let part = try look(at: first..<min(batch.count, first + Self.portion), of: batch)
            if !part.isEmpty { found.update { $0[portion] = part } }
        }
        return found.read { found in
            found.sorted { $0.key < $1.key }.flatMap(\.value)
        }
    }

    private func look(
        at range: Range<Int>, of batch: ImageBatch
    ) throws -> [DeepReport.Finding] {
        let inspect = try inspector?()
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
        at place: (offset: Int64, size: Int64), _ buffer: UnsafeMutableRawBufferPointer,
        _ inspect: DatasetCheck.Inspector?
    ) -> (DeepReport.Finding.Kind, String)? {
        do throws(DiskError) {
            guard let inspect, place.size <= Self.longest else {
                let ends = try ImageEnds.look(
                    in: archive.file, at: place.offset, size: place.size, buffer)
                if inspect != nil { return (.broken, "it is too long to be decoded") }
                return Self.finding(ends) ?? (ends == .png ? (.odd, "PNG") : nil)
            }
            let room = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(place.size)])
            try archive.file.readFully(room, at: place.offset)
            let image = UnsafeRawBufferPointer(room)
            if let fault = Self.finding(ImageEnds.look(at: image)) { return fault }
            switch inspect(image) {
            case .sound: return nil
            case .odd(let what): return (.odd, what)
            case .broken(let reason): return (.broken, reason)
            }
        } catch {
            return (.archive, error.message)
        }
    }

    private static func finding(
        _ ends: ImageEnds.Verdict
    ) -> (DeepReport.Finding.Kind, String)? {
        switch ends {
        case .jpeg, .png: nil
        case .cut: (.cut, "it is cut off")
        case .foreign: (.foreign, "it is neither a JPEG nor a PNG")
        }
    }
}
