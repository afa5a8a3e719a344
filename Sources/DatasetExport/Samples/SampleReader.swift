internal import Disk

/// Reads images, from one archive by offset or from files of their own. Threads may share it.
final class SampleReader: Sendable {
    private let table: SampleTable
    private let archive: Shared<FileDescriptor>?

    /// - Parameter archive: nil where every image is a file of its own.
    init(_ table: SampleTable, archive: Path?) throws(DiskError) {
        self.table = table
        self.archive = try archive.map { path throws(DiskError) in
            Shared(try FileDescriptor(path, .reading))
        }
    }

    /// Fills the buffer, which is as long as the image.
    ///
    /// - Throws: `DiskError` `.endOfFile` for one that has become shorter meanwhile.
    func read(_ sample: Int, into buffer: UnsafeMutableRawBufferPointer) throws(DiskError) {
        if let offset = table.offset(sample), let archive {
            return try archive.value.readFully(buffer, at: offset)
        }
        try FileDescriptor(table.path(sample), .reading).readFully(buffer, at: 0)
    }

    /// Reads the beginning of an image, as far as the buffer goes.
    func readStart(_ sample: Int, into buffer: UnsafeMutableRawBufferPointer) throws(DiskError) {
        try read(
            sample,
            into: UnsafeMutableRawBufferPointer(
                rebasing: buffer.prefix(table.size(sample))))
    }

    /// Tells the system which images come next, in the order of their offsets: a spinning disk then
    /// goes over them once, however they are shuffled.
    func willRead(_ samples: some Sequence<Int>) {
        guard let archive else { return }
        let ranges = samples.compactMap { sample in
            table.offset(sample).map { (offset: $0, size: table.size(sample)) }
        }
        for range in ranges.sorted(by: { $0.offset < $1.offset }) {
            archive.value.willRead(range.size, at: range.offset)
        }
    }
}
