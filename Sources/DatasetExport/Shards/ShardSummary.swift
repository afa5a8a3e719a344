internal import DataFolder
internal import Disk
internal import Synchronization

extension ShardExport {
    public typealias ProgressReport = @Sendable (Progress) throws -> Void

    public struct Progress: Sendable, Hashable {
        public enum Stage: String, Sendable { case indexing, looking, writing }

        public let stage: Stage
        public let images: Int
        /// Nil while it is unknown.
        public let total: Int?
        public let bytes: Int64

        /// Adds up the images and bytes of one stage, from any thread.
        static func counting(
            _ stage: Stage, of total: Int, _ report: @escaping ProgressReport
        ) -> @Sendable (_ images: Int, _ bytes: Int64) throws -> Void {
            let (images, bytes) = (Counter(), Counter())
            return { moreImages, moreBytes in
                try report(
                    Progress(
                        stage: stage, images: images.add(moreImages), total: total,
                        bytes: Int64(bytes.add(Int(moreBytes)))))
            }
        }
    }

    public struct Summary: Sendable {
        public var place: OutputPlace
        public var split: SampleTable.Split
        public var isAlreadyDone = false
        /// False for a slice, and if images were only listed.
        public var isWhole = true
        public var images = 0
        public var shards = 0
        public var bytes: Int64 = 0
        /// Shards that an earlier run had written.
        public var keptShards = 0
        public var oddities: [Oddity] = []
        public var boxes = 0
        /// Odd images that were skipped.
        public var skipped = 0
        public var otherFiles = 0
        public var withoutClass = 0
        /// The chosen classes; nil for all.
        public var choice: ClassChoice?

        /// What a label is: "the class's rank by ascending WNID".
        var rank: String { choice?.rank ?? "the class's rank by ascending WNID" }
    }
}

/// An existing output that is the wanted one.
struct ExistingShards {
    let place: OutputPlace
    let split: SampleTable.Split
    let receipt: OutputReceipt
    /// False if its images still have to be decoded.
    let isEnough: Bool

    var summary: ShardExport.Summary {
        var summary = ShardExport.Summary(place: place, split: split)
        summary.isAlreadyDone = true
        summary.images = Int(clamping: receipt.counts["images"] ?? 0)
        summary.shards = Int(clamping: receipt.counts["shards"] ?? 0)
        summary.bytes = receipt.counts["bytes"] ?? 0
        return summary
    }

    /// Decodes its images, and records that in the receipt.
    func decode(
        _ samples: SampleSequence, _ reader: SampleReader, _ threads: Int,
        _ report: @escaping ShardExport.ProgressReport
    ) throws -> ShardExport.Summary {
        let total = samples.count
        let step = ShardExport.Progress.counting(.looking, of: total, report)
        try ImageDecoding.check(samples, [0..<total], reader, threads: threads) { try step($0, 0) }
        let parent = try Folder(place.parent)
        // Another run may have replaced it.
        if try OutputReceipt.load(place.name, in: parent) == .receipt(receipt) {
            var receipt = receipt
            receipt.counts[OutputReceipt.decoded] = Int64(total)
            try receipt.save(in: parent)
        }
        return summary
    }
}

/// A number that threads add to.
final class Counter: Sendable {
    private let value = Atomic<Int>(0)

    func add(_ count: Int) -> Int { value.add(count, ordering: .relaxed).newValue }
}
