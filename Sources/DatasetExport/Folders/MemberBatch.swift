internal import Disk

/// Some members with their bytes, for one thread.
final class MemberBatch {
    struct Item {
        let folder: Path
        let name: Path
        /// In the archive.
        let member: Path
        /// Its position among the files of the archive, from 1.
        let number: Int
        /// Whether an earlier run may have written it.
        let mayBeThere: Bool
    }

    private static let capacity = 1 << 20
    static let mostItems = 256
    /// With less space the batch counts as full.
    private static let leastFree = 256 << 10

    private let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: MemberBatch.capacity, alignment: 4096)
    private let scratch = UnsafeMutableRawBufferPointer.allocate(
        byteCount: 64 << 10, alignment: 4096)
    private var used = 0
    private(set) var items: [Item] = []
    /// The bytes of each; nil if it is written already.
    private var ranges: [Range<Int>?] = []
    private(set) var bytes: Int64 = 0

    deinit {
        buffer.deallocate()
        scratch.deallocate()
    }

    /// The number of its first member.
    private(set) var first = 0
    var last: Int { items.last?.number ?? 0 }
    var free: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: buffer[used...])
    }
    var isFull: Bool { items.count >= Self.mostItems || free.count < Self.leastFree }

    func clear(first: Int) {
        self.first = first
        used = 0
        bytes = 0
        items.removeAll(keepingCapacity: true)
        ranges.removeAll(keepingCapacity: true)
    }

    func add(_ item: Item, count: Int) {
        items.append(item)
        ranges.append(used..<used + count)
        used += count
        bytes += Int64(count)
    }

    func addWritten(_ item: Item, bytes count: Int64) {
        items.append(item)
        ranges.append(nil)
        bytes += count
    }

    // MARK: Files

    func write(_ tree: ImageJobs.Tree, _ rule: TargetRule) throws {
        try each(tree) { open, item, bytes in
            try item.name.bytes.withUnsafeBytes { name in
                do throws(DiskError) {
                    try open.value.create(name, bytes)
                } catch  where error.code == .exists {
                    guard item.mayBeThere else {
                        throw ExportError.refused(
                            item.member, in: rule.archive, "another member has that name")
                    }
                    try open.value.remove(item.name)
                    try open.value.create(name, bytes)
                }
            }
        }
    }

    func check(_ tree: ImageJobs.Tree, _ rule: TargetRule) throws {
        try each(tree) { open, item, bytes in
            let isSame = try item.name.bytes.withUnsafeBytes {
                try open.value.holds($0, bytes, scratch: scratch)
            }
            if !isSame {
                throw ExportError.differs(
                    open.value.path.appending(item.name), from: rule.archive)
            }
        }
    }

    private func each(
        _ tree: ImageJobs.Tree,
        _ body: (Shared<Folder>, Item, UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var current: (path: Path, open: Shared<Folder>)?
        for (item, range) in zip(items, ranges) {
            guard let range else { continue }
            if current?.path != item.folder {
                let folder = try tree.value.folder(item.folder)
                current = (item.folder, Shared<Folder>(folder))
            }
            guard let open = current?.open else { continue }
            try body(open, item, UnsafeRawBufferPointer(rebasing: buffer[range]))
        }
    }
}
