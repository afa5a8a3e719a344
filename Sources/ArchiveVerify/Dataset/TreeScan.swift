internal import Disk

/// Counts the contents of a tree of folders, several folders at a time.
///
/// Links are followed as loaders follow them, except links that lead in a circle.
struct TreeScan {
    /// ImageNet has two thousand; a tree with many more is something else.
    private static let mostFolders = 200_000
    private static let deepest = 16
    /// Names between two reports of progress.
    private static let stride = 8192

    /// Called with a number of new names, on any thread.
    let progress: @Sendable (Int) throws -> Void

    struct Result: Sendable {
        /// The root first, each folder after its parent, siblings by name.
        var folders: [FolderTally]
        /// Folders of other data, which were skipped.
        var skipped: [Path]
    }

    private struct Wanted {
        let path: Path
        let parent: Int?
        let isLink: Bool
        let above: [FolderIdentity]
    }

    private struct Seen: Sendable {
        var tally: FolderTally
        var subfolders: [(name: Path, isLink: Bool)] = []
        var identity: FolderIdentity?
    }

    func run(_ root: Path) throws -> Result {
        // The root must be there; a folder below it that cannot be read is a finding.
        _ = try Folder(root)
        var result = Result(folders: [], skipped: [])
        var level = [Wanted(path: root, parent: nil, isLink: false, above: [])]
        for _ in 0..<Self.deepest where !level.isEmpty {
            let seen = try look(at: level)
            var next: [Wanted] = []
            for (wanted, seen) in zip(level, seen) {
                let index = result.folders.count
                result.folders.append(seen.tally)
                if let parent = wanted.parent { result.folders[parent].children.append(index) }
                let above = wanted.above + (seen.identity.map { [$0] } ?? [])
                for (name, isLink) in seen.subfolders {
                    let path = wanted.path.appending(name)
                    if Self.isOther(name, in: wanted.path) {
                        result.skipped.append(path)
                    } else {
                        next.append(
                            Wanted(path: path, parent: index, isLink: isLink, above: above))
                    }
                }
            }
            if result.folders.count + next.count > Self.mostFolders {
                throw VerifyError.tooManyFolders(root, Self.mostFolders)
            }
            level = next
        }
        return result
    }

    /// The boxes, the detection data of 2017 and the dogs of task 3 are in class folders too.
    private static func isOther(_ name: Path, in folder: Path) -> Bool {
        name == "Annotations" || (name == "DET" && folder.lastComponent == "Data")
            || name == "ILSVRC2012_img_train_t3"
    }

    private func look(at level: [Wanted]) throws -> [Seen] {
        let found = Monitor([Seen?](repeating: nil, count: level.count))
        let wanted = level
        try Workers.forEach(level.count) { index in
            let seen = try look(at: wanted[index])
            found.update { $0[index] = seen }
        }
        return found.read { $0.compactMap { $0 } }
    }

    private func look(at wanted: Wanted) throws -> Seen {
        var seen = Seen(
            tally: FolderTally(path: wanted.path, parent: wanted.parent, isLink: wanted.isLink))
        do {
            let folder = try Folder(wanted.path)
            let identity = try folder.identity()
            if wanted.above.contains(identity) { return seen }
            seen.identity = identity
            try count(folder, into: &seen)
        } catch let error as DiskError {
            seen.tally.fault = error.message
        }
        seen.tally.close()
        seen.subfolders.sort { $0.name.bytes.lexicographicallyPrecedes($1.name.bytes) }
        return seen
    }

    private func count(_ folder: borrowing Folder, into seen: inout Seen) throws {
        let path = folder.path
        var names = 0
        try folder.visit { item in
            names += 1
            if names.isMultiple(of: Self.stride) { try progress(Self.stride) }
            var kind = item.kind
            let name = ImageName(item.name)
            if kind == .link || (kind == .file && name.isImage) {
                // The target of a link decides. Images need their length: a full disk leaves empty ones.
                guard let target = try item.target(in: path) else {
                    return seen.tally.dangling.add(escaped(item.name))
                }
                kind = target.kind
                if kind == .file, target.size == 0, name.isImage {
                    seen.tally.empty.add(escaped(item.name))
                }
            }
            switch kind {
            case .folder:
                if item.name.first == UInt8(ascii: ".") {
                    let name = Path(bytes: item.name)
                    seen.tally.hiddenFolders.add("\(name)", at: path.appending(name))
                } else {
                    if seen.subfolders.count == Self.mostFolders {
                        throw VerifyError.tooManyFolders(path, Self.mostFolders)
                    }
                    seen.subfolders.append((Path(bytes: item.name), item.kind == .link))
                }
            case .file: seen.tally.add(name, item.name)
            case .link, .other: seen.tally.add(.other, item.name)
            }
        }
        try progress(names % Self.stride)
    }
}
