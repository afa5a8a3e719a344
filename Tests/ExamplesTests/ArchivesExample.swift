import Archives
import Disk
import Testing

@Suite struct ArchivesExample {
    @Test("a picture out of a tar in a tar, by its offset")
    func picture() throws {
        let sample = try Sample()
        let archive = sample.path.appending("tar/ILSVRC2012_img_train.tar")
        var pictures: [(path: Path, offset: Int64, size: Int64)] = []
        let outcome = try MemberWalk().run(archive) { member in
            if !member.isContainer, let offset = member.offset, let size = member.size {
                pictures.append((member.path, offset, size))
            }
        }
        if let damage = outcome.damage { throw damage }

        let first = try #require(pictures.first)
        let bytes = try FileDescriptor(archive, .reading).bytes(2, at: first.offset)
        #expect(first.path.parent.hasSuffix(".tar") && bytes == [0xFF, 0xD8])
    }
}

extension FileDescriptor {
    /// Bytes from the middle of a file.
    borrowing func bytes(_ count: Int, at offset: Int64) throws(DiskError) -> [UInt8] {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        defer { memory.deallocate() }
        try readFully(memory, at: offset)
        return Array(memory)
    }
}
