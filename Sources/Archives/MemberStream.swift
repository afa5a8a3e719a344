internal import Disk

/// The data of the members of an archive that can only be read from front to back: of the member
/// that was given last, and until its visitor returns.
public final class MemberStream {
    /// As much as is given at once.
    private static let most = 4096

    private let input: StreamInput
    /// Where the data begins.
    var start: Int64 = 0

    init(_ input: StreamInput) { self.input = input }

    /// The byte of the archive's file up to which it was read, about.
    public var place: Int64 { input.place(of: start) }

    /// The next bytes of the data, good until the next call; empty at its end.
    ///
    /// - Parameters:
    ///   - offset: where in the data; never before what was given last.
    ///   - count: as many at most.
    public func bytes(
        at offset: Int64, _ count: Int64
    ) throws(ArchiveError) -> UnsafeRawBufferPointer {
        try input.bytes(at: start + offset, Int(min(max(count, 0), Int64(Self.most))))
    }
}
