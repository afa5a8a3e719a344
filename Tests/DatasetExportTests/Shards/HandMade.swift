import DatasetManifest
import Disk
import Support
import Testing

@testable import DatasetExport

/// Images of a test's own, in the order in which they are to be written.
struct HandMade: ~Copyable {
    let folder: TemporaryFolder
    let samples: SampleSequence
    let reader: SampleReader

    struct Image {
        let wnid: String
        let name: String
        let bytes: [UInt8]
    }

    init(_ images: [Image], words: [String: String] = [:]) throws {
        let folder = try TemporaryFolder()
        try folder.write(images.flatMap(\.bytes), to: "archive")
        let wnids = Set(images.compactMap { WNID($0.wnid) }).sorted()
        var table = SampleTable(.train, classes: [])
        var offset: Int64 = 0
        for image in images {
            let wnid = try #require(WNID(image.wnid))
            try table.add(
                Array(image.name.utf8), rank: wnids.firstIndex(of: wnid) ?? 0, offset: offset,
                size: Int64(image.bytes.count), in: "archive")
            offset += Int64(image.bytes.count)
        }
        try table.finish(
            classes: wnids, words: wnids.map { words["\($0)"] ?? "" }, ranks: Array(wnids.indices))
        let byName = table.sortedByName()
        let order = try images.map {
            UInt32(try #require(table.sample(named: Array($0.name.utf8)[...], in: byName)))
        }
        let reader = try SampleReader(table, archive: folder["archive"])
        self.folder = folder
        self.reader = reader
        samples = SampleSequence(table, order: order)
    }

    /// Writes all shards of a format into a folder below this one.
    @discardableResult
    func write<Format: ShardWriting>(_ format: Format, to name: String) throws -> [ShardRecord] {
        let target = try Folder.creating(folder[name])
        var worker = try ShardWorker(format, reader, .keep, validates: false)
        let records = try format.shards.indices.map {
            try worker.write($0, in: target, companions: target) { _ in }
        }
        for file in format.indexFiles(records) { try target.publish(Path(file.name), file.bytes) }
        return records
    }
}

/// The golden files beside the tests.
enum Golden {
    static func path(_ name: String, file: String = #filePath) -> Path {
        Path(file).parent.parent.appending("Golden").appending(name)
    }

    static func bytes(_ name: String) throws -> [UInt8] {
        try FileDescriptor(path(name), .reading).contents(limit: 1 << 20)
    }

    /// Every file of a folder, by name.
    static func files(_ folder: Path) throws -> [String: [UInt8]] {
        var found: [String: [UInt8]] = [:]
        for entry in try Folder(folder).entries() {
            found["\(entry.name)"] = try FileDescriptor(folder.appending(entry.name), .reading)
                .contents(limit: 1 << 28)
        }
        return found
    }
}
