public import Disk

/// Where every member of a tar lies, tars inside it included: 32 bytes and its name for each.
///
///     let index = try ArchiveIndex("ILSVRC2012_img_train.tar")
///     for tar in index.containers {
///         for number in tar.members where index[number].isData {
///             let member = index[number]
///             try file.readFully(buffer(member.size), at: member.offset)
///         }
///     }
///
/// Made once from the headers, never changed: threads may share it. Of a damaged archive it has
/// what can be found, and `damage` says what cannot.
public struct ArchiveIndex: Sendable {
    /// One member: a file, a folder, a link; tars that were entered are `containers`.
    public struct Member: Sendable, Hashable {
        /// Where its first data byte lies in the archive's file.
        public let offset: Int64
        /// Its bytes of data; of a sparse member the stored bytes.
        public let size: Int64
        /// Where its first header begins.
        public let headerOffset: Int64
        public let kind: ArchiveMember.Kind
        public let isSparse: Bool
        /// Whether it is complete.
        public let isWhole: Bool

        /// Whether its data is the `size` bytes at `offset`, and nothing else.
        public var isData: Bool { kind == .file && !isSparse && isWhole }
    }

    /// A tar inside the archive.
    public struct Container: Sendable, Hashable {
        /// Its name in the archive: `n01440764.tar`.
        public let name: Path
        public let headerOffset: Int64
        public let offset: Int64
        public let size: Int64
        /// The numbers of its members.
        public internal(set) var members: Range<Int>
    }

    let records: ContiguousArray<IndexRecord>
    let names: ContiguousArray<UInt8>
    /// Places inside a container that no member accounts for, because their headers are damaged.
    let gaps: [IndexGap]

    public let file: Path
    /// In the order of the archive; empty where it holds no tars.
    public let containers: [Container]
    /// The first invalid place.
    public let damage: ArchiveError?
    /// The first place that is not readable.
    public let missing: ArchiveError?

    /// Reads the headers of an archive that a person has named.
    ///
    /// - Parameter readable: see `MemberWalk.readable`.
    /// - Throws: `ArchiveError`, `.unsupported` for an archive whose members have no offsets,
    ///   `.tooLarge` for one with names of 4 GiB.
    public init(_ path: Path, readable: ReadableRanges = .all) throws {
        var builder = IndexBuilder(path)
        let outcome = try MemberWalk(readable: readable).run(path) { member in
            try builder.add(member)
        }
        guard outcome.hasOffsets || outcome.missing != nil else {
            throw ArchiveError.compressed(path)
        }
        builder.finish()
        records = builder.records
        names = builder.names
        gaps = builder.gaps
        containers = builder.containers
        file = path
        damage = outcome.damage
        missing = outcome.missing
    }

    // MARK: Members

    /// The number of members, not counting containers.
    public var count: Int { records.count }

    public subscript(number: Int) -> Member {
        let record = records[number]
        return Member(
            offset: record.offset, size: record.size,
            headerOffset: record.offset - Int64(record.headerLength),
            kind: ArchiveMember.Kind(rawValue: record.kind) ?? .other,
            isSparse: record.isSparse, isWhole: record.isWhole)
    }

    /// The tar inside the archive that holds a member; nil for the archive's own.
    public func container(of number: Int) -> Container? {
        let container = records[number].container
        return container == IndexRecord.noContainer ? nil : containers[Int(container)]
    }

    /// The name in the archive, byte for byte: it may be absolute or contain `..`.
    public func name(of number: Int) -> Path { Path(bytes: names[nameRange(number)]) }

    /// The name without a copy.
    public func withName<R>(of number: Int, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows
        -> R
    {
        let range = nameRange(number)
        return try names.withUnsafeBytes {
            try body(UnsafeRawBufferPointer(rebasing: $0[range]))
        }
    }

    /// The name with that of its container in front: `n01440764.tar/n01440764_10026.JPEG`.
    public func path(of number: Int) -> Path {
        guard let container = container(of: number) else { return name(of: number) }
        return Path(
            bytes: container.name.bytes + [UInt8(ascii: "/")] + names[nameRange(number)])
    }

    private func nameRange(_ number: Int) -> Range<Int> {
        let end = number + 1 < records.count ? Int(records[number + 1].nameStart) : names.count
        return Int(records[number].nameStart)..<end
    }

    // MARK: Damage

    /// The paths of the members that these bytes belong to, in the order of the archive, each once.
    ///
    /// Headers belong to their member. Where a header is destroyed, the container is named instead.
    /// Padding and end marks belong to nothing.
    public func members(touching ranges: [Range<Int64>]) -> [Path] {
        var found: [(offset: Int64, path: Path)] = []
        for range in ranges where !range.isEmpty {
            var number = Self.first(records) { $0.end > range.lowerBound }
            while number < count, headerOffset(number) < range.upperBound {
                if end(number) > range.lowerBound {
                    found.append((headerOffset(number), path(of: number)))
                }
                number += 1
            }
            for container in containers[Self.first(containers) { $0.offset > range.lowerBound }...]
            {
                if container.headerOffset >= range.upperBound { break }
                found.append((container.headerOffset, container.name))
            }
            let firstGap = Self.first(gaps) { $0.range.upperBound > range.lowerBound }
            for gap in gaps[firstGap...] {
                if gap.range.lowerBound >= range.upperBound { break }
                found.append((gap.range.lowerBound, containers[gap.container].name))
            }
        }
        var seen: Set<Path> = []
        return found.sorted { $0.offset < $1.offset }.map(\.path).filter {
            seen.insert($0).inserted
        }
    }

    private func headerOffset(_ number: Int) -> Int64 {
        records[number].offset - Int64(records[number].headerLength)
    }

    private func end(_ number: Int) -> Int64 { records[number].end }

    /// The first element for which `isBehind` holds, as it does for all that follow.
    private static func first<All: RandomAccessCollection>(
        _ all: All, where isBehind: (All.Element) -> Bool
    ) -> Int where All.Index == Int {
        var (low, high) = (all.startIndex, all.endIndex)
        while low < high {
            let middle = low + (high - low) / 2
            if isBehind(all[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
