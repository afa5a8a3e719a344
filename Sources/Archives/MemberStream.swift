internal import Disk

/// The data of the members of an archive that can only be read from front to back: of the member
/// that was given last, and until its visitor returns.
public final class MemberStream {
    /// The most bytes that are given at once.
    private static let most = 4096

    private let input: StreamInput
    var start: Int64 = 0

    init(_ input: StreamInput) { self.input = input }

    /// About how far the archive's file was read.
    public var place: Int64 { input.place(of: start) }

    /// The next bytes of the data, good until the next call; empty at its end.
    ///
    /// - Parameters:
    ///   - offset: in the data; never before the bytes given last.
    ///   - count: the most that is given.
    public func bytes(
        at offset: Int64, _ count: Int64
    ) throws(ArchiveError) -> UnsafeRawBufferPointer {
        try input.bytes(at: start + offset, Int(min(max(count, 0), Int64(Self.most))))
    }
}
