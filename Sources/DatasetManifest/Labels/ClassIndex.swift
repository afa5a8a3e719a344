/// Where the class tars of a train archive lie.
///
/// A hint, never a proof: whoever wrote it may be wrong or lie. An entry counts once the header in
/// front of its data, in a verified piece, has its name and size.
public struct ClassIndex: Sendable, Hashable {
    public struct Entry: Sendable, Hashable {
        public let wnid: WNID
        /// Where the class tar begins in the archive, behind its header.
        public let offset: Int64
        public let size: Int64

        public init(wnid: WNID, offset: Int64, size: Int64) {
            self.wnid = wnid
            self.offset = offset
            self.size = size
        }

        /// The class tar with its header in front.
        public var range: Range<Int64> { offset - ClassIndex.headerSize..<offset + size }

        /// The pieces that hold it, of an archive in pieces of this length.
        package func pieces(ofLength length: Int) -> Range<Int> {
            let (first, last) = (range.lowerBound, range.upperBound - 1)
            return Int(first / Int64(length))..<Int(last / Int64(length)) + 1
        }

        /// Where the next header is.
        public var end: Int64 {
            offset + (size + ClassIndex.headerSize - 1) / ClassIndex.headerSize
                * ClassIndex.headerSize
        }
    }

    /// A tar's block: all headers and data begin at a multiple of it.
    public static let headerSize: Int64 = 512

    /// The entries by offset; none reaches into the next, and no class is there twice.
    public private(set) var entries: [Entry] = []

    public init() {}

    /// - Throws: what is wrong with the entries, as a half sentence.
    public init(_ entries: [Entry], archiveSize: Int64?) throws(Invalid) {
        var classes: Set<WNID> = []
        var end: Int64 = 0
        for entry in entries.sorted(by: { $0.offset < $1.offset }) {
            let (last, overflow) = entry.offset.addingReportingOverflow(entry.size)
            guard entry.offset >= Self.headerSize, entry.offset % Self.headerSize == 0,
                entry.size >= 0, !overflow, last <= .max - Self.headerSize
            else { throw Invalid("the place of \(entry.wnid) is no place of a tar") }
            if let archiveSize, last > archiveSize {
                throw Invalid("\(entry.wnid) would reach beyond the end of the archive")
            }
            if entry.range.lowerBound < end {
                throw Invalid("\(entry.wnid) overlaps the class before it")
            }
            if !classes.insert(entry.wnid).inserted {
                throw Invalid("\(entry.wnid) is in it twice")
            }
            end = entry.end
            self.entries.append(entry)
        }
    }

    public struct Invalid: Error, Equatable {
        public let reason: String
        init(_ reason: String) { self.reason = reason }
    }

    public subscript(wnid: WNID) -> Entry? { entries.first { $0.wnid == wnid } }
}
