internal import Archives
internal import Disk

/// Writes the images of a job into their folders, or compares them.
///
/// Usual images cost one read of the archive for several, and an `openat`, `write` and `close`
/// each.
struct ImageJobs: Sendable {
    /// A tree that threads share.
    typealias Tree = Shared<Folder>

    enum Purpose: Sendable, Equatable {
        /// - Parameter replaces: whether files of an earlier run are overwritten.
        case writing(replaces: Bool)
        case checking
        /// Writes only what is missing or wrong in these folders.
        case filling(Set<Path>)

        func concerns(_ folder: Path) -> Bool {
            if case .filling(let folders) = self { folders.contains(folder) } else { true }
        }
    }

    /// Images are read together up to this size, larger ones in parts, so they are in the
    /// processor's cache when they are written.
    static let bufferSize = 512 << 10
    private static let scratchSize = 64 << 10

    let survey: TarSurvey
    let lister: FileLister
    let tree: Tree

    /// - Parameter step: gets the number of finished files and bytes.
    func run(
        _ job: TarSurvey.Job, _ purpose: Purpose, step: (Int, Int64) throws -> Void
    ) throws {
        if let classTar = job.classTar,
            !purpose.concerns(lister.rule.isFlat ? "" : classTar.folder)
        {
            return try step(job.files, job.bytes)
        }
        let list = try job.classTar.map { try lister.members(of: $0) } ?? survey.list
        guard list.count >= job.members.upperBound else {
            throw ExportError.changedMeanwhile(lister.archive)
        }
        if list.count == 0, let empty = job.classTar?.folder, purpose != .checking,
            survey.listing.folders[empty] != nil
        {
            _ = try tree.value.folder(empty, creating: true)
        }
        let archive = try FileDescriptor(lister.archive, .reading)
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Self.bufferSize, alignment: 4096)
        defer { buffer.deallocate() }
        let scratch = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Self.scratchSize, alignment: 4096)
        defer { scratch.deallocate() }
        let place = OpenPlace(tree, list.folders, creating: purpose != .checking)
        var next = job.members.lowerBound
        while next < job.members.upperBound {
            let record = list.records[next]
            guard purpose.concerns(list.folders[Int(record.folder)]) else {
                next += 1
                try step(1, record.size)
                continue
            }
            let together = Self.together(list, next..<job.members.upperBound)
            let (first, last) = (list.records[next], list.records[together.upperBound - 1])
            if first.size > Int64(buffer.count) {
                try large(first, list, archive, place, purpose, buffer, scratch)
            } else {
                let span = UnsafeMutableRawBufferPointer(
                    rebasing: buffer[..<Int(last.offset + last.size - first.offset)])
                try archive.readFully(span, at: first.offset)
                for number in together {
                    let record = list.records[number]
                    let start = Int(record.offset - first.offset)
                    let image = UnsafeRawBufferPointer(
                        rebasing: span[start..<start + Int(record.size)])
                    try small(record, list, image, place, purpose, scratch)
                }
            }
            next = together.upperBound
            try step(
                together.count, list.records[together].reduce(Int64(0)) { $0 + $1.size })
        }
    }

    /// The next images that one read covers.
    private static func together(_ list: FileList, _ range: Range<Int>) -> Range<Int> {
        let start = list.records[range.lowerBound].offset
        var end = range.lowerBound + 1
        while end < range.upperBound {
            let record = list.records[end]
            guard record.offset >= start, record.offset + record.size - start <= Int64(bufferSize)
            else { break }
            end += 1
        }
        return range.lowerBound..<end
    }

    // MARK: One image

    private func small(
        _ record: FileList.Record, _ list: FileList, _ image: UnsafeRawBufferPointer,
        _ place: OpenPlace, _ purpose: Purpose, _ scratch: UnsafeMutableRawBufferPointer
    ) throws {
        guard purpose.concerns(list.folders[Int(record.folder)]) else { return }
        let open = try place.folder(record.folder)
        try list.withName(record) { name in
            switch purpose {
            case .filling:
                if try open.value.holds(name, image, scratch: scratch) { return }
                try open.value.remove(Path(bytes: name))
                try open.value.create(name, image)
            case .checking:
                if try open.value.holds(name, image, scratch: scratch) { return }
                throw ExportError.differs(
                    open.value.path.appending(Path(bytes: name)), from: lister.archive)
            case .writing(let replaces):
                do throws(DiskError) {
                    try open.value.create(name, image)
                } catch {
                    guard replaces, error.code == .exists else { throw error }
                    try open.value.remove(Path(bytes: name))
                    try open.value.create(name, image)
                }
            }
        }
    }

    /// An image that is larger than the buffer.
    private func large(
        _ record: FileList.Record, _ list: FileList, _ archive: borrowing FileDescriptor,
        _ place: OpenPlace, _ purpose: Purpose, _ buffer: UnsafeMutableRawBufferPointer,
        _ scratch: UnsafeMutableRawBufferPointer
    ) throws {
        let open = try place.folder(record.folder)
        let name = list.name(record)
        var purpose = purpose
        if case .filling = purpose {
            if try open.value.status(name)?.kind == .file,
                try Self.isSame(
                    open.value.file(name, .readingNoLink), archive, record, buffer, scratch)
            {
                return
            }
            purpose = .writing(replaces: true)
        }
        switch purpose {
        case .filling: break
        case .checking:
            let file = try open.value.file(name, .readingNoLink)
            guard try Self.isSame(file, archive, record, buffer, scratch) else {
                throw ExportError.differs(
                    open.value.path.appending(name), from: lister.archive)
            }
        case .writing(let replaces):
            if replaces { try open.value.remove(name) }
            let file = try open.value.file(name, .creating)
            var done: Int64 = 0
            while done < record.size {
                let part = UnsafeMutableRawBufferPointer(
                    rebasing: buffer[..<Int(min(record.size - done, Int64(buffer.count)))])
                try archive.readFully(part, at: record.offset + done)
                try file.write(UnsafeRawBufferPointer(part), at: done)
                done += Int64(part.count)
            }
            try file.close()
        }
    }

    private static func isSame(
        _ file: borrowing FileDescriptor, _ archive: borrowing FileDescriptor,
        _ record: FileList.Record, _ buffer: UnsafeMutableRawBufferPointer,
        _ scratch: UnsafeMutableRawBufferPointer
    ) throws(DiskError) -> Bool {
        guard try file.size() == record.size else { return false }
        return try file.holds(
            record.size, at: 0, asIn: archive, at: record.offset, scratch, buffer)
    }
}

extension FileDescriptor {
    /// Whether both files have the same bytes, read in parts of the smaller buffer.
    func holds(
        _ count: Int64, at start: Int64, asIn other: borrowing FileDescriptor,
        at otherStart: Int64, _ a: UnsafeMutableRawBufferPointer,
        _ b: UnsafeMutableRawBufferPointer
    ) throws(DiskError) -> Bool {
        var done: Int64 = 0
        while done < count {
            let part = Int(min(count - done, Int64(min(a.count, b.count))))
            let mine = UnsafeMutableRawBufferPointer(rebasing: a[..<part])
            let theirs = UnsafeMutableRawBufferPointer(rebasing: b[..<part])
            try readFully(mine, at: start + done)
            try other.readFully(theirs, at: otherStart + done)
            guard mine.elementsEqual(theirs) else { return false }
            done += Int64(part)
        }
        return true
    }
}

/// Keeps the last folder open: images of a class usually follow each other.
final class OpenPlace {
    private let tree: ImageJobs.Tree
    private let folders: [Path]
    private let creates: Bool
    private var current: (number: Int32, open: Shared<Folder>)?
    /// Folders that exist.
    private var made: Set<Int32> = []

    init(_ tree: ImageJobs.Tree, _ folders: [Path], creating: Bool) {
        self.tree = tree
        self.folders = folders
        creates = creating
    }

    func folder(_ number: Int32) throws(DiskError) -> Shared<Folder> {
        if let current, current.number == number { return current.open }
        let isNew = creates ? made.insert(number).inserted : false
        let open = Shared(try tree.value.folder(folders[Int(number)], creating: isNew))
        current = (number, open)
        return open
    }
}
