public import Disk

/// What servers send in a file's place: a login, or an error.
public enum WebPage {
    /// Whether a page of HTML begins with these bytes.
    public static func begins(_ bytes: some Collection<UInt8>) -> Bool {
        let text = bytes.withoutByteOrderMark.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
        let start = String(decoding: text.prefix(14), as: UTF8.self).lowercased()
        return start.hasPrefix("<!doctype html") || start.hasPrefix("<html")
    }

    /// Whether a file begins with one.
    public static func begins(_ file: borrowing FileDescriptor) throws(DiskError) -> Bool {
        begins(try file.bytes(upTo: 512))
    }
}
