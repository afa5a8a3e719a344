import Archives
import Disk
import Driver

/// The first bytes say what of the rest can be believed, and what is damaged.
fuzz { input in
    let head = input.prefix(4).map { Int64($0) * 256 }
    guard head.count == 4 else { return }
    let file = TarFile(Array(input.dropFirst(4)))
    defer { file.remove() }
    let hole = min(head[0], head[1])..<max(head[0], head[1])
    let damage = min(head[2], head[3])..<max(head[2], head[3])
    for readable in [
        ReadableRanges.all, ReadableRanges([0..<hole.lowerBound, hole.upperBound..<Int64.max]),
    ] {
        guard let index = try? ArchiveIndex(Path(file.path), readable: readable) else { continue }
        var end: Int64 = 0
        for number in 0..<index.count {
            let member = index[number]
            precondition(member.headerOffset >= end && member.size >= 0)
            end = member.offset + member.size
            precondition(end <= Int64(file.count))
            precondition(!member.isWhole || readable.contains(member.headerOffset..<end))
            _ = index.path(of: number)
        }
        for tar in index.containers {
            precondition(tar.members.upperBound <= index.count)
            precondition(tar.members.allSatisfy { index.container(of: $0)?.name == tar.name })
        }
        let all = index.members(touching: [0..<Int64.max])
        let some = index.members(touching: [damage, hole])
        precondition(Set(all).isSuperset(of: some))
    }
}
