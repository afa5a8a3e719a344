internal import DatasetManifest
internal import Disk
internal import Synchronization

/// Reads every image of the splits: is it a JPEG, is it complete, can it be decoded?
struct ContentCheck {
    /// Images that a thread takes at a time.
    private static let batch = 32
    /// Far larger than any image of the data set; such a file is reported and not read.
    private static let longest = 256 << 20

    let inspector: @Sendable () throws -> DatasetCheck.Inspector
    /// The classes that the copy should have; nil for all.
    let chosen: ClassSelection?
    let progress: @Sendable (DatasetCheck.Progress) throws -> Void

    private struct Found: Sendable {
        var broken = Sightings()
        var cut = Sightings()
        var odd = Sightings()
    }

    func run(
        _ report: inout DatasetReport, _ layout: TreeLayout, _ folders: [FolderTally]
    ) throws {
        let total = report.parts.reduce(0) { $0 + $1.images }
        var done = 0
        for (number, split) in layout.splits.enumerated() {
            var found = Found()
            for folder in SplitTree(split, folders).imageFolders {
                let path = folder.path
                let names = try images(in: path)
                let base = done
                try look(at: names, in: path, &found) { count in
                    try progress(.init(isDecoding: true, done: base + count, total: total))
                }
                done += names.count
            }
            let again = split.kind.unpackAgain(chosen)
            report.parts[number].add(found.broken, found.cut, found.odd, again)
        }
    }

    private func images(in path: Path) throws -> [Path] {
        var names: [Path] = []
        do {
            try Folder(path).visit { item in
                guard item.kind == .file || item.kind == .link, ImageName(item.name).isImage,
                    item.name.first != UInt8(ascii: ".")
                else { return }
                names.append(Path(bytes: item.name))
            }
        } catch is DiskError {
            // It was reported when names were read.
            return []
        }
        return names.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    }

    private func look(
        at names: [Path], in folder: Path, _ found: inout Found,
        step: @escaping @Sendable (Int) throws -> Void
    ) throws {
        let batches = (names.count + Self.batch - 1) / Self.batch
        let parts = Monitor([Found?](repeating: nil, count: batches))
        let done = Shared(Atomic<Int>(0))
        let inspector = inspector
        try Workers.forEach(batches) { index in
            let range = index * Self.batch..<min(names.count, (index + 1) * Self.batch)
            let inspect = try inspector()
            var part = Found()
            for name in names[range] { Self.look(at: name, in: folder, inspect, &part) }
            let result = part
            parts.update { $0[index] = result }
            try step(done.value.add(range.count, ordering: .relaxed).newValue)
        }
        for case let part? in parts.read({ $0 }) {
            found.broken.add(part.broken)
            found.cut.add(part.cut)
            found.odd.add(part.odd)
        }
    }

    private static func look(
        at name: Path, in folder: Path, _ inspect: @escaping DatasetCheck.Inspector,
        _ found: inout Found
    ) {
        let shown = "\(folder.lastComponent)/\(name)"
        let bytes: [UInt8]
        do {
            // Links are followed, as loaders follow them.
            bytes = try FileDescriptor(folder.appending(name), .reading).contents(limit: longest)
        } catch {
            return found.broken.add("\(shown): \(error.message)")
        }
        // Empty images were reported by their length.
        if bytes.isEmpty { return }
        bytes.withUnsafeBytes { image in
            switch ImageEnds.judge(image, inspect) {
            case .cut: found.cut.add(shown)
            case .foreign: found.broken.add("\(shown): \(ImageEnds.foreignness)")
            case .broken(let reason): found.broken.add("\(shown): \(reason)")
            case .odd(let what): found.odd.add("\(shown): \(what)")
            case nil: break
            }
        }
    }
}

extension DatasetReport.Part {
    fileprivate mutating func add(
        _ broken: Sightings, _ cut: Sightings, _ odd: Sightings, _ unpackAgain: Remedy
    ) {
        var list = FindingList(findings)
        list.add(
            .brokenImages, broken, "image cannot be decoded", "images cannot be decoded",
            remedy: unpackAgain)
        list.add(
            .cutImages, cut, "image is cut off", "images are cut off", remedy: unpackAgain)
        // The originals have 23 of them.
        list.add(
            .oddImages, odd, "image is not an RGB JPEG", "images are not RGB JPEGs",
            isFault: false)
        findings = list.sorted
    }
}
