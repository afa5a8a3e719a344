import Archives
import Disk

/// The number of files and bytes of each class in an archive.
struct ListSummary {
    private struct Amount {
        var files: Int64 = 0
        var bytes: Int64 = 0

        mutating func add(_ size: Int64) {
            files += 1
            bytes = [bytes, size].limitedSum
        }
    }

    /// Classes beyond this are counted together, so names of 64 KiB cannot fill the memory.
    private static let mostClasses = 20_000
    private static let longestName = 1024
    private static let others = Array("(others)".utf8)

    private var classes: [[UInt8]: Amount] = [:]
    private var total = Amount()
    /// Files come class by class, so the current class needs no lookup.
    private var current: (name: [UInt8], amount: Amount) = ([], Amount())

    mutating func add(_ member: ArchiveMember) {
        guard member.kind == .file else { return }
        let size = member.size ?? 0
        total.add(size)
        let name = Self.name(member)
        if !name.elementsEqual(current.name) {
            store()
            var key = Array(name.prefix(Self.longestName))
            if classes[key] == nil, classes.count >= Self.mostClasses { key = Self.others }
            current = (key, classes[key] ?? Amount())
        }
        current.amount.add(size)
    }

    private mutating func store() {
        if current.amount.files > 0 { classes[current.name] = current.amount }
    }

    /// The name of the enclosing tar without its ending, or of the folder; empty for neither.
    private static func name(_ member: ArchiveMember) -> UnsafeRawBufferPointer {
        if !member.container.isEmpty {
            return UnsafeRawBufferPointer(rebasing: member.container.dropLast(4))
        }
        let slash = member.name.lastIndex(of: UInt8(ascii: "/")) ?? 0
        return UnsafeRawBufferPointer(rebasing: member.name[..<slash])
    }

    mutating func tell(_ archive: Path?, _ arguments: Arguments, _ context: Context) throws {
        store()
        let sorted = classes.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        if arguments.isJSON {
            for (name, amount) in sorted {
                try context.console.result(Self.json(archive, .path(Path(bytes: name)), amount))
            }
            try context.console.result(Self.json(archive, nil, total))
            return
        }
        if let archive { try context.console.result("\(archive):") }
        var table = Table(["class", "files", "bytes", ""], rightAligned: [1, 2, 3])
        for (name, amount) in sorted {
            table.add(Self.row(name.isEmpty ? "-" : escaped(name), amount))
        }
        table.add(Self.row("total", total))
        for line in table.lines { try context.console.result(line) }
    }

    private static func row(_ name: String, _ amount: Amount) -> [String] {
        [name, "\(amount.files)", "\(amount.bytes)", Shown.bytes(amount.bytes)]
    }

    /// A class, or the total.
    private static func json(_ archive: Path?, _ name: JSON?, _ amount: Amount) -> JSON {
        .line(
            schema: name == nil
                ? "imagenet-fetch.list-total/1" : "imagenet-fetch.list-class/1",
            [
                "archive": archive.map { .path($0) }, "class": name, "files": .int(amount.files),
                "bytes": .int(amount.bytes),
            ])
    }
}
