import Disk
import Glibc
import Support
import Testing

@Suite struct HolesTests {
    @Test("a sparse file is data only where somebody wrote")
    func sparse() throws {
        let folder = try TemporaryFolder()
        let file = try FileDescriptor(folder["sparse"], .creating)
        try file.truncate(to: 1 << 37)
        #expect(try file.nextData(from: 0) == nil)
        try file.write([1, 2, 3], at: 1 << 36)
        let data = try #require(try file.nextData(from: 0))
        #expect(data.contains(1 << 36))
        #expect(data.upperBound - data.lowerBound <= 1 << 21)
        #expect(try file.nextData(from: data.upperBound) == nil)
        #expect(try file.nextData(from: 1 << 38) == nil)
    }

    @Test("where holes are not known, all of the file is data")
    func unknown() throws {
        let folder = try TemporaryFolder()
        try folder.write("hello", to: "file")
        let file = try FileDescriptor(folder["file"], .reading)
        let path = folder.path.description
        let found = try Faults.during([Fault(.lseek, onPathsWith: path, .failure(EINVAL))]) {
            try file.nextData(from: 1)
        }
        #expect(found == 1..<5)
        let error = #expect(throws: DiskError.self) {
            try Faults.during([Fault(.lseek, onPathsWith: path, .failure(EIO))]) {
                _ = try file.nextData(from: 0)
            }
        }
        #expect(error?.code == .io)
    }
}
