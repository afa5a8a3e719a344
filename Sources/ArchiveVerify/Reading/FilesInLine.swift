internal import Disk

/// Files that wait to be read, in order, except those on a busy disk.
struct FilesInLine {
    /// Files that lie on the same disks, and the first of them that waits.
    private struct Line {
        let disks: Set<SpinningDisks.Disk>
        var files: [Int]
        var next = 0

        var first: Int? { next < files.count ? files[next] : nil }
    }

    private var lines: [Line] = []
    private let count: Int
    /// How many do not wait any more.
    private(set) var taken = 0

    /// - Parameter disks: the disks of a file of which only one shall be read at a time.
    init(_ count: Int, disks: (Int) -> Set<SpinningDisks.Disk>) {
        self.count = count
        var places: [Set<SpinningDisks.Disk>: Int] = [:]
        for file in 0..<count {
            let disks = disks(file)
            if let place = places[disks] {
                lines[place].files.append(file)
            } else {
                places[disks] = lines.count
                lines.append(Line(disks: disks, files: [file]))
            }
        }
    }

    var isEmpty: Bool { taken == count }
    /// Whether any of them lies on such a disk.
    var hasDisks: Bool { lines.contains { !$0.disks.isEmpty } }

    /// The line of the first file that has nothing to do with these disks.
    func first(without busy: Set<SpinningDisks.Disk>) -> Int? {
        lines.indices.filter { lines[$0].first != nil && lines[$0].disks.isDisjoint(with: busy) }
            .min { (lines[$0].first ?? 0) < (lines[$1].first ?? 0) }
    }

    /// Takes the first file of a line that has one.
    mutating func take(_ line: Int) -> Int {
        let file = lines[line].files[lines[line].next]
        lines[line].next += 1
        taken += 1
        return file
    }
}
