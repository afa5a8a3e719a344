internal import Archives
internal import Disk

/// Finds one member of a plain tar with few requests.
///
/// The members of ImageNet's archives are in the order of their names, a class's images behind its
/// tar. So the place is found by halving; where the order is another, by going through all headers.
struct MemberSearch {
    struct Place {
        let header: Int64
        let data: Range<Int64>
    }

    private struct Found: Error { let place: Place }
    private struct Passed: Error {}

    /// A part so small is read from front to back.
    private static let smallest: Int64 = 512 << 10

    let file: RemoteFile
    /// How many others read headers ahead.
    let scouts: Int

    /// - Throws: `.unsafeMember` for a link; what `file` throws.
    /// - Returns: nil if there is none of this name.
    func find(_ name: Path, in range: Range<Int64>) throws -> Place? {
        do {
            let part = try halved(name, range)
            try walk(name, part.lowerBound..<range.upperBound, until: part.upperBound, scouts: 0)
            // Between the tars of classes scouts would read the headers of images.
            if part != range {
                try walk(
                    name, range, until: range.upperBound,
                    scouts: name.hasSuffix(".tar") ? 0 : scouts)
            }
        } catch let found as Found {
            return found.place
        }
        return nil
    }

    /// Where its header must be, if the names are in order.
    private func halved(_ name: Path, _ range: Range<Int64>) throws -> Range<Int64> {
        var (low, high) = (range.lowerBound, range.upperBound)
        while high - low > Self.smallest {
            let middle = low + ((high - low) / 2 & ~511)
            let header = try MemberWalk.first(in: file, middle..<range.upperBound) { member in
                try check(member, name)
                return member.name.lexicographicallyPrecedes(name.bytes) ? member.headerOffset : nil
            }
            if case .some(.some(let header)) = header, header > low, header < high {
                low = header
            } else {
                high = middle
            }
        }
        return low..<high
    }

    private func walk(
        _ name: Path, _ range: Range<Int64>, until end: Int64, scouts: Int
    ) throws {
        do {
            _ = try MemberWalk().run(file, inside: range, scouts: scouts) { member in
                if member.headerOffset ?? end >= end { throw Passed() }
                try check(member, name)
            }
        } catch is Passed {}
    }

    private func check(_ member: ArchiveMember, _ name: Path) throws {
        guard member.name.elementsEqual(name.bytes), let header = member.headerOffset,
            let data = member.offset
        else { return }
        guard member.kind == .file, !member.isSparse else {
            throw FetchError.unsafeMember(name, in: file.path)
        }
        // Of a tar inside an unfinished file the beginning may be enough.
        guard member.isWhole || name.hasSuffix(".tar") else { return }
        throw Found(place: Place(header: header, data: data..<data + member.storedSize))
    }
}
