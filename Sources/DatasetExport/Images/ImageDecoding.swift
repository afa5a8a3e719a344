internal import Disk

/// Decodes images in shards that were written without decoding.
enum ImageDecoding {
    private static let batch = 256

    /// - Parameters:
    ///   - ranges: the positions of the images.
    ///   - step: is called with the number of decoded images, on any thread; what it throws ends
    ///     the work.
    /// - Throws: `.badInput`, which names a broken image.
    static func check(
        _ samples: SampleSequence, _ ranges: [Range<Int>], _ reader: SampleReader, threads: Int,
        step: @escaping @Sendable (Int) throws -> Void
    ) throws {
        let batches = ranges.flatMap { range in
            spans(range.count, (range.count + batch - 1) / batch).map {
                range.lowerBound + $0.lowerBound..<range.lowerBound + $0.upperBound
            }
        }
        try Workers.forEach(batches.count, threads: threads) { index in
            let codec = try ImageCodec()
            var buffer = RecordBuffer(longestImage: samples.table.longest)
            reader.willRead(batches[index].lazy.map { samples.sample($0) })
            for position in batches[index] {
                let sample = samples.sample(position)
                try reader.read(sample, into: buffer.prepare(samples.table.size(sample)))
                if let fault = codec.fault(buffer.image) {
                    throw ExportError.brokenImage(samples.name(position), fault)
                }
            }
            try step(batches[index].count)
        }
    }
}
