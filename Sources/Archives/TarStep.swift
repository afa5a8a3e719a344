/// What one block says of a plain tar, for those who have a block at a time: an archive that is still
/// coming, or one that is far away.
///
/// Names of more than 100 bytes and what pax says instead of the header are not known here.
public enum TarStep: Sendable, Equatable {
    /// A member; `next` is where the next header begins.
    case member(name: [UInt8], size: Int64, offset: Int64, next: Int64)
    /// A header about the member after it.
    case about(next: Int64)
    /// The end mark.
    case end
    /// No header.
    case nonsense

    public static let blockSize = TarHeader.blockSize

    /// - Parameter block: the block at `offset` of the tar; `.nonsense` unless it is whole.
    public init(_ block: [UInt8], at offset: Int64) {
        guard block.count == Self.blockSize else {
            self = .nonsense
            return
        }
        self = block.withUnsafeBytes { bytes in
            let header = TarHeader(bytes)
            switch header.verdict {
            case .zeros: return .end
            case .nonsense: return .nonsense
            case .header: break
            }
            let (start, first) = offset.addingReportingOverflow(Int64(Self.blockSize))
            let size = header.hasData ? header.size ?? -1 : 0
            let (end, second) = start.addingReportingOverflow(size)
            guard !first, !second, size >= 0, end <= .max - Int64(Self.blockSize) else {
                return .nonsense
            }
            let block = Int64(Self.blockSize)
            let next = (end + block - 1) / block * block
            if header.isAboutNext { return .about(next: next) }
            return .member(name: Array(header.name), size: size, offset: start, next: next)
        }
    }
}
