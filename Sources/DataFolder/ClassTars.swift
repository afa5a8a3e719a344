internal import Archives
public import DatasetManifest
public import Disk

/// Where chosen class tars lie in a train archive, which may be partly downloaded.
public struct ClassTars: Sendable, Hashable {
    /// Those that are completely readable, by WNID.
    public private(set) var found: [ClassIndex.Entry] = []
    /// Those that are not there, or not completely, by WNID.
    public private(set) var missing: [WNID] = []

    /// Finds class tars by an index, checked against the headers in the archive, or else by walking
    /// over the headers.
    ///
    /// - Parameters:
    ///   - readable: the bytes of the archive that count; nil for all.
    ///   - index: a hint.
    /// - Throws: `DiskError` and `ArchiveError` for an archive that cannot be opened.
    public init(
        _ wanted: [WNID], in archive: Path, readable ranges: [Range<Int64>]? = nil,
        index: ClassIndex? = nil
    ) throws {
        let readable = ranges.map { ReadableRanges($0) } ?? .all
        var entries: [WNID: ClassIndex.Entry] = [:]
        if let index {
            for wnid in wanted {
                guard let entry = index[wnid],
                    try Self.isThere(entry, in: archive, readable)
                else { continue }
                entries[wnid] = entry
            }
        }
        let rest = Set(wanted).subtracting(entries.keys)
        if !rest.isEmpty {
            entries.merge(try Self.walk(rest, archive, readable)) { own, _ in own }
        }
        for wnid in Set(wanted).sorted() {
            if let entry = entries[wnid], readable.contains(entry.range) {
                found.append(entry)
            } else {
                missing.append(wnid)
            }
        }
    }

    /// Where all class tars of a whole archive lie.
    public static func index(of archive: Path) throws -> ClassIndex {
        let all = try walk(nil, archive, .all)
        return (try? ClassIndex(Array(all.values), archiveSize: nil)) ?? ClassIndex()
    }

    // MARK: Headers

    /// Whether a class tar's header, with its name and size, is in front of its place.
    private static func isThere(
        _ entry: ClassIndex.Entry, in archive: Path, _ readable: ReadableRanges
    ) throws -> Bool {
        struct Answer: Error { let isRight: Bool }
        do {
            let walk = MemberWalk(entersTars: false, readable: readable, endsAtDamage: true)
            _ = try walk.run(archive, inside: entry.range) { member in
                throw Answer(isRight: Self.entry(member) == entry)
            }
        } catch let answer as Answer {
            return answer.isRight
        }
        return false
    }

    /// The walk leaves out what is not readable, and ends when all wanted ones are found.
    ///
    /// - Parameter wanted: nil for all.
    private static func walk(
        _ wanted: Set<WNID>?, _ archive: Path, _ readable: ReadableRanges
    ) throws -> [WNID: ClassIndex.Entry] {
        struct Enough: Error {}
        var found: [WNID: ClassIndex.Entry] = [:]
        do {
            let size = try FileDescriptor(archive, .reading).size()
            let walk = MemberWalk(entersTars: false, readable: readable)
            _ = try walk.run(archive, inside: 0..<size) { member in
                guard let entry = Self.entry(member), wanted?.contains(entry.wnid) ?? true,
                    found[entry.wnid] == nil
                else { return }
                found[entry.wnid] = entry
                if found.count == wanted?.count { throw Enough() }
            }
        } catch is Enough {}
        return found
    }

    /// Nil for a member that is no class tar.
    private static func entry(_ member: ArchiveMember) -> ClassIndex.Entry? {
        guard member.kind == .file, !member.isSparse, member.size == member.storedSize,
            let offset = member.offset, let wnid = WNID(ofTar: member.name)
        else { return nil }
        return ClassIndex.Entry(wnid: wnid, offset: offset, size: member.storedSize)
    }
}
