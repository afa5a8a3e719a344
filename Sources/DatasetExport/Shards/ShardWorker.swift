internal import Disk

/// Writes a shard: each image is read into its place, inspected, framed, hashed and written, once.
struct ShardWorker<Format: ShardWriting>: ~Copyable {
    /// The number of images that are announced to the system.
    private static var window: Int { 128 }

    private let format: Format
    private let reader: SampleReader
    private let mode: ImageMode
    private let validates: Bool
    private var buffer: RecordBuffer
    private var frame = ShardFrame()
    private var codec: ImageCodec?

    init(_ format: Format, _ reader: SampleReader, _ mode: ImageMode, validates: Bool)
        throws(ExportError)
    {
        self.format = format
        self.reader = reader
        self.mode = mode
        self.validates = validates
        // Untouched memory costs nothing, and most images are far shorter than the longest.
        buffer = RecordBuffer(longestImage: format.samples.table.longest)
        if validates || !format.samples.changedSizes.isEmpty { codec = try ImageCodec() }
    }

    /// - Parameter step: is called after each image with its size; what it throws ends the work.
    mutating func write(
        _ shard: Int, in folder: borrowing Folder, companions: borrowing Folder,
        step: (Int) throws -> Void
    ) throws -> ShardRecord {
        let name = format.name(of: shard)
        let suffix = format.compression?.suffix ?? ""
        let staging = Path(".\(name).new")
        var file = try ShardFile(
            folder, staging: staging, name: name, algorithms: format.algorithms,
            compression: format.compression, rawSize: format.size(of: shard))
        try file.append(format.head(of: shard))
        let range = format.shards[shard]
        var sizes: [Int] = []
        sizes.reserveCapacity(range.count)
        var oddities: [Oddity] = []
        willRead(range.lowerBound, in: range)
        for position in range {
            if (position - range.lowerBound).isMultiple(of: Self.window) {
                willRead(position + Self.window, in: range)
            }
            let (size, odd) = try write(position, to: &file)
            sizes.append(size)
            if let odd { oddities.append(odd) }
            try step(size)
        }
        try file.append(format.tail(after: file.length))
        let (raw, packed) = try file.finish(suffix: suffix)
        if let companion = format.companion(of: shard, recordSizes: sizes) {
            try companions.publish(Path(companion.name), companion.bytes, synced: false)
        }
        try folder.rename(staging, to: Path(name + suffix))
        return ShardRecord(
            shard: shard, samples: range.count, raw: raw, packed: packed, oddities: oddities)
    }

    private func willRead(_ start: Int, in range: Range<Int>) {
        let window = (start..<max(start, min(start + Self.window, range.upperBound)))
        reader.willRead(window.lazy.map { [samples = format.samples] in samples.sample($0) })
    }

    private mutating func write(
        _ position: Int, to file: inout ShardFile
    ) throws -> (size: Int, odd: Oddity?) {
        let sample = format.samples.sample(position)
        try reader.read(sample, into: buffer.prepare(format.samples.table.size(sample)))
        if validates, let fault = codec?.fault(buffer.image) {
            throw ExportError.brokenImage(format.samples.name(position), fault)
        }
        frame.clear()
        if mode == .fix, format.samples.changedSizes[UInt32(sample)] != nil {
            return (try writeRepaired(position, to: &file), nil)
        }
        let image = buffer.image
        let odd = Oddity(ImageHeader(image), name: format.samples.name(position))
        try format.frame(position, image, &frame)
        if let record = buffer.joined(frame) {
            try file.append(record)
            return (record.count, odd)
        }
        return (try append(image, to: &file), odd)
    }

    private mutating func writeRepaired(_ position: Int, to file: inout ShardFile) throws -> Int {
        guard let image = try codec?.repaired(buffer.image),
            image.count == format.samples.size(position)
        else {
            let name = escaped(format.samples.name(position))
            throw ExportError.badInput(
                "the image \(name) has changed since it was looked at",
                hint: "does another program write to the archive?")
        }
        try format.frame(position, image, &frame)
        return try append(image, to: &file)
    }

    private func append(_ image: UnsafeRawBufferPointer, to file: inout ShardFile) throws -> Int {
        try file.append(frame.before)
        try file.append(image)
        try file.append(frame.after)
        return frame.before.count + image.count + frame.after.count
    }
}
