internal import Disk

/// What an index keeps of a member.
struct IndexRecord: Sendable {
    static let noContainer = UInt32.max

    var offset: Int64
    var size: Int64
    var nameStart: UInt32
    var headerLength: UInt32
    var container: UInt32
    var kind: UInt8
    var isSparse: Bool
    var isWhole: Bool

    /// The first byte after its data.
    var end: Int64 {
        let (end, overflow) = offset.addingReportingOverflow(size)
        return overflow ? .max : end
    }
}

/// Bytes of a container that belong to no member that could be found.
struct IndexGap: Sendable {
    let container: Int
    let range: Range<Int64>
}

/// Gathers an index from a walk.
struct IndexBuilder {
    /// The zeros after the last member of a tar are fewer than this.
    private static let longestTail: Int64 = 64 << 10

    private let path: Path
    private(set) var records: ContiguousArray<IndexRecord> = []
    private(set) var names: ContiguousArray<UInt8> = []
    private(set) var containers: [ArchiveIndex.Container] = []
    private(set) var gaps: [IndexGap] = []
    /// The first byte that no member accounts for yet.
    private var position: Int64 = 0
    /// Whether the last container may have more members.
    private var isOpen = false

    init(_ path: Path) { self.path = path }

    mutating func add(_ member: ArchiveMember) throws(ArchiveError) {
        guard let offset = member.offset, let headerOffset = member.headerOffset else {
            throw .compressed(path)
        }
        if member.isContainer {
            endContainer()
            containers.append(
                ArchiveIndex.Container(
                    name: Path(bytes: member.name), headerOffset: headerOffset, offset: offset,
                    size: member.storedSize, members: records.count..<records.count))
            position = offset
            isOpen = true
            return
        }
        let isInside = !member.container.isEmpty
        if isInside {
            note(position..<max(position, headerOffset))
        } else if isOpen {
            endContainer()
        }
        guard let nameStart = UInt32(exactly: names.count) else {
            throw .tooLargeForIndex(path)
        }
        let record = IndexRecord(
            offset: offset, size: member.storedSize, nameStart: nameStart,
            headerLength: UInt32(clamping: offset - headerOffset),
            container: isInside ? UInt32(clamping: containers.count - 1) : IndexRecord.noContainer,
            kind: member.kind.rawValue, isSparse: member.isSparse, isWhole: member.isWhole)
        records.append(record)
        names.append(contentsOf: member.name)
        position = Self.padded(record.end)
        if isInside {
            let first = containers[containers.count - 1].members.lowerBound
            containers[containers.count - 1].members = first..<records.count
        }
    }

    mutating func finish() { endContainer() }

    private mutating func note(_ gap: Range<Int64>) {
        if !gap.isEmpty { gaps.append(IndexGap(container: containers.count - 1, range: gap)) }
    }

    private mutating func endContainer() {
        guard isOpen, let last = containers.last else { return }
        isOpen = false
        let (end, overflow) = last.offset.addingReportingOverflow(last.size)
        if !overflow, end - position > Self.longestTail { note(position..<end) }
    }

    private static func padded(_ offset: Int64) -> Int64 {
        let (sum, overflow) = offset.addingReportingOverflow(511)
        return overflow ? .max : sum & ~511
    }
}
