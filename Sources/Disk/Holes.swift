internal import CLinux
internal import Glibc

extension FileDescriptor {
    /// The next bytes from `offset` on that are not a hole
    /// (`SEEK_DATA` and `SEEK_HOLE` of lseek(2)); nil when only holes follow.
    ///
    /// Where a file system does not know its holes, everything up to the end is data.
    public func nextData(from offset: Int64) throws(DiskError) -> Range<Int64>? {
        let start: Int64
        do throws(DiskError) {
            start = Int64(
                try calling(.lseek, path) { lseek(raw, off_t(offset), CInt(LINUX_SEEK_DATA)) })
        } catch  where error.errno == ENXIO {
            return nil
        } catch  where error.code == .unsupported {
            let size = try size()
            return offset < size ? offset..<size : nil
        }
        let end = Int64(
            try calling(.lseek, path) { lseek(raw, off_t(start), CInt(LINUX_SEEK_HOLE)) })
        // If the file shrinks meanwhile, the range would end before it begins.
        return start < end ? start..<end : nil
    }
}
