internal import Disk

/// Reads images from one archive by offset, or from files. Threads may share it.
final class SampleReader: Sendable {
    private let table: SampleTable
    private let archive: Shared<FileDescriptor>?

    /// - Parameter archive: nil if every image is a file.
    init(_ table: SampleTable, archive: Path?) throws(DiskError) {
        self.table = table
        self.archive = try archive.map { path throws(DiskError) in
            Shared(try FileDescriptor(path, .reading))
        }
    }

    /// - Throws: `DiskError` `.endOfFile` if the image has become shorter.
    func read(_ sample: Int, into buffer: UnsafeMutableRawBufferPointer) throws(DiskError) {
        if let offset = table.offset(sample), let archive {
            return try archive.value.readFully(buffer, at: offset)
        }
        try FileDescriptor(table.path(sample), .reading).readFully(buffer, at: 0)
    }

    /// Reads as much of an image as fits.
    func readStart(_ sample: Int, into buffer: UnsafeMutableRawBufferPointer) throws(DiskError) {
        try read(
            sample,
            into: UnsafeMutableRawBufferPointer(
                rebasing: buffer.prefix(table.size(sample))))
    }

    /// Announces the next images to the system in the order of their offsets, so that a spinning
    /// disk passes over them once, however they are shuffled.
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
