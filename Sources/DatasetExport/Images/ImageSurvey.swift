internal import Disk

/// Looks at the beginning of every image for those that are not what their name says, in archive
/// order.
enum ImageSurvey {
    struct Found: Sendable {
        let sample: UInt32
        let oddity: Oddity
        /// The image's size after repair, if it is to be repaired.
        let repairedSize: Int?
    }

    private static let batch = 1024
    /// Where the size is in almost all images, and in those with much before it.
    private static let starts = [4 << 10, 256 << 10, Int.max]

    /// - Parameter step: is called with the number of images, on any thread.
    static func run(
        _ table: SampleTable, _ reader: SampleReader, repairs: Bool, halvesColours: Bool,
        threads: Int, step: @escaping @Sendable (Int) throws -> Void
    ) throws -> [Found] {
        let batches = spans(table.count, max(1, (table.count + batch - 1) / batch))
        let found = Monitor<[Found]>([])
        try Workers.forEach(batches.count, threads: threads) { index in
            let part = try look(at: batches[index], table, reader, repairs, halvesColours)
            if !part.isEmpty { found.update { $0 += part } }
            try step(batches[index].count)
        }
        return found.read { $0.sorted { $0.sample < $1.sample } }
    }

    private static func look(
        at samples: Range<Int>, _ table: SampleTable, _ reader: SampleReader, _ repairs: Bool,
        _ halvesColours: Bool
    ) throws -> [Found] {
        var buffer = RecordBuffer(longestImage: starts[0])
        var codec: ImageCodec?
        var found: [Found] = []
        for sample in samples {
            var header: ImageHeader?
            for start in starts {
                let size = min(table.size(sample), start)
                try reader.readStart(sample, into: buffer.prepare(size))
                header = ImageHeader(buffer.image)
                if header != nil || size == table.size(sample) { break }
            }
            guard let oddity = Oddity(header, name: table.name(sample)) else { continue }
            var size: Int?
            if repairs {
                if codec == nil { codec = try ImageCodec(halvesColours: halvesColours) }
                try reader.read(sample, into: buffer.prepare(table.size(sample)))
                do {
                    size = try codec?.repaired(buffer.image).count
                } catch {
                    throw ExportError.badInput(
                        "cannot repair \(oddity.name): \(error.message)",
                        hint:
                            "\(.images, "skip") leaves such images out, \(.images, "keep") leaves them as "
                            + "they are")
                }
            }
            found.append(Found(sample: UInt32(sample), oddity: oddity, repairedSize: size))
        }
        return found
    }
}

extension Oddity {
    init?(_ header: ImageHeader?, name: ArraySlice<UInt8>) {
        if let header, !header.isOdd { return nil }
        self.init(name: escaped(name), what: header?.name ?? "no image")
    }
}
