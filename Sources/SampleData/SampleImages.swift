internal import DatasetExport
internal import Disk

/// Writes the archives of pictures. They are made on all threads and written in order, so the
/// number of threads does not change the bytes.
struct SampleImages {
    static let trainName = "ILSVRC2012_img_train.tar"
    static let valName = "ILSVRC2012_img_val.tar"
    static let testName = "ILSVRC2012_img_test_v10102019.tar"
    static let patchName = "ILSVRC2012_img_test_patch_v10102019.tar"

    /// The size of a picture in a tar, measured over some thousands and rounded up.
    static let bytesOfPicture: Int64 = 125_000

    let plan: SamplePlan
    let threads: Int
    /// Gets the name of the file and the number of its new pictures.
    let report: (String, Int) throws -> Void

    private static let batch = 12

    private struct Batch: Sendable {
        let rank: Int
        let indices: Range<Int>
    }

    private static func batches(_ rank: Int, _ count: Int) -> [Batch] {
        stride(from: 0, to: count, by: batch).map {
            Batch(rank: rank, indices: $0..<min($0 + batch, count))
        }
    }

    private func expected(_ pictures: Int) -> Int64 { Int64(pictures) * Self.bytesOfPicture }

    /// The blocks of some members, without the end of the tar.
    private static func blocks(
        _ indices: Range<Int>, _ member: (Int) -> (String, SamplePicture)
    ) throws -> [UInt8] {
        var encoder = try SampleEncoder()
        var tar = TarWriter(SampleDataset.tarAttributes)
        for index in indices {
            let (name, picture) = member(index)
            try encoder.encode(picture) { try tar.append(Path(name + ".JPEG"), $0) }
        }
        return tar.take()
    }

    // MARK: Train

    /// A tar of class tars, in the order of the WNIDs.
    func writeTrain(_ folder: borrowing Folder) throws -> WrittenFile {
        let plan = plan
        var file = try SampleFile(folder, Self.trainName, expected: expected(plan.trainCount))
        let batches = plan.classes.indices.flatMap { Self.batches($0, plan.classes[$0].count) }
        let empty = [UInt8](repeating: 0, count: TarWriter.blockSize)
        var start: Int64 = 0
        try Workers.inOrder(batches.count, threads: threads, window: 2 * threads + 2) { index in
            let batch = batches[index]
            let numbers = plan.numbers(batch.rank)
            return try Self.blocks(batch.indices) { index in
                (plan.trainName(batch.rank, numbers[index]), plan.trainPicture(batch.rank, index))
            }
        } consume: { index, blocks in
            let batch = batches[index]
            if batch.indices.lowerBound == 0 {
                // The header is written when the size is known.
                start = file.length
                try file.appendOpen(empty)
            }
            try file.appendOpen(blocks)
            if batch.indices.upperBound == plan.classes[batch.rank].count {
                let data = start + Int64(TarWriter.blockSize)
                try file.appendOpen(TarWriter.ending(after: file.length - data))
                let header = try TarWriter.header(
                    Path(plan.classes[batch.rank].wnid + ".tar"), size: file.length - data,
                    SampleDataset.tarAttributes)
                try file.fill(header, at: start)
                file.release()
            }
            try report(Self.trainName, batch.indices.count)
        }
        try file.append(TarWriter.ending(after: file.length))
        return try file.finish()
    }

    // MARK: Flat archives

    func writeVal(_ folder: borrowing Folder) throws -> WrittenFile {
        let plan = plan
        return try writeFlat(folder, Self.valName, plan.options.val) { index in
            let image = plan.valOrder[index]
            return (plan.valName(image), plan.valPicture(image))
        }
    }

    func writeTest(_ folder: borrowing Folder) throws -> WrittenFile {
        let plan = plan
        return try writeFlat(folder, Self.testName, plan.options.test, in: "test/") { index in
            ("test/" + plan.testName(index), plan.testPicture(index))
        }
    }

    /// Some of the test images again, half of them changed.
    func writePatch(_ folder: borrowing Folder) throws -> WrittenFile {
        let plan = plan
        return try writeFlat(folder, Self.patchName, plan.patched.count) { index in
            let (image, changes) = plan.patched[index]
            return (plan.testName(image), plan.testPicture(image, patched: changes))
        }
    }

    private func writeFlat(
        _ folder: borrowing Folder, _ name: String, _ count: Int, in top: Path? = nil,
        _ member: @escaping @Sendable (Int) -> (String, SamplePicture)
    ) throws -> WrittenFile {
        var file = try SampleFile(folder, name, expected: expected(count))
        if let top {
            var tar = TarWriter(SampleDataset.tarAttributes)
            try tar.appendFolder(top)
            try file.append(tar.take())
        }
        let batches = Self.batches(0, count)
        try Workers.inOrder(batches.count, threads: threads, window: 2 * threads + 2) { index in
            try Self.blocks(batches[index].indices, member)
        } consume: { index, blocks in
            try file.append(blocks)
            try report(name, batches[index].indices.count)
        }
        try file.append(TarWriter.ending(after: file.length))
        return try file.finish()
    }
}
