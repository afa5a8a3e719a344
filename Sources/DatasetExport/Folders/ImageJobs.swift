internal import Archives
internal import Disk

/// Brings the images of one piece of work into their folders, or holds them against what is there.
///
/// For an image of usual size that is a read of the archive for several images together, and one
/// `openat`, `write` and `close`.
struct ImageJobs: Sendable {
    /// The root of the tree in the making, or of one that is whole, as threads share it.
    typealias Tree = Shared<Folder>

    enum Purpose: Sendable, Equatable {
        /// - Parameter replaces: what an earlier run may have left is overwritten.
        case writing(replaces: Bool)
        case checking
        /// Only what these folders lack is written; what is there and right stays.
        case filling(Set<Path>)

        func concerns(_ folder: Path) -> Bool {
            if case .filling(let folders) = self { folders.contains(folder) } else { true }
        }
    }

    /// Images are read together up to this many bytes: larger ones in parts. What is read is still
    /// in the processor's cache when it is written.
    static let bufferSize = 512 << 10
    private static let scratchSize = 64 << 10

    let survey: TarSurvey
    let lister: FileLister
    let tree: Tree

    /// - Parameter step: is called with the files and bytes that came to their end.
    func run(
        _ job: TarSurvey.Job, _ purpose: Purpose, step: (Int, Int64) throws -> Void
    ) throws {
        if let classTar = job.classTar, !purpose.concerns(classTar.folder) {
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

    /// The first of these, and those behind it that lie so close that one read brings them all.
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

    /// An image that is larger than what is read at once.
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
        var done: Int64 = 0
        while done < record.size {
            let count = Int(min(record.size - done, Int64(min(buffer.count, scratch.count))))
            let (mine, theirs) = (
                UnsafeMutableRawBufferPointer(rebasing: scratch[..<count]),
                UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
            )
            try file.readFully(mine, at: done)
            try archive.readFully(theirs, at: record.offset + done)
            guard mine.elementsEqual(theirs) else { return false }
            done += Int64(count)
        }
        return true
    }
}

/// The folder that was used last, kept open: images of a class follow each other in most archives.
final class OpenPlace {
    private let tree: ImageJobs.Tree
    private let folders: [Path]
    private let creates: Bool
    private var current: (number: Int32, open: Shared<Folder>)?
    /// Folders that are certainly there.
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
