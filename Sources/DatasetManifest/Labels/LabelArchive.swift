internal import Archives
internal import Disk

/// Labels from an archive: a devkit or the validation boxes, told apart by content.
enum LabelArchive {
    private static let mostMembers = 2_000_000

    static func read(_ path: Path) throws(LabelError) -> ClassLabels {
        let result: Result<ClassLabels, LabelError>
        do {
            var reader = try ArchiveReader(path)
            result = try contents(&reader, of: path)
        } catch {
            throw .unreadable(error)
        }
        return try result.get()
    }

    /// Two kinds of error meet here, so one of them is in the result.
    private static func contents(_ reader: inout ArchiveReader, of path: Path)
        throws(ArchiveError) -> Result<ClassLabels, LabelError>
    {
        var devkit = Devkit()
        var boxes: [(index: Int, wnid: WNID)] = []
        var members = 0
        while let entry = try reader.next() {
            members += 1
            if members > mostMembers {
                return .failure(.unknownSource(path, "it has more than \(mostMembers) members"))
            }
            guard entry.kind == .file else { continue }
            let baseName = entry.path.lastComponent
            let file = "\(entry.path) in \(path)"
            do throws(LabelError) {
                if let role = Devkit.Role(baseName: baseName) {
                    let bytes = try reader.contents(orFailure: role.longest)
                    try devkit.add(role, bytes, file: file)
                    // The rest, programs and demos, need not be inflated.
                    if devkit.isComplete { break }
                } else if baseName.hasSuffix(".xml"),
                    let index = ValidationName.index(baseName.bytes)
                {
                    let bytes = try reader.contents(orFailure: ValidationBoxes.longestFile)
                    boxes.append((index, try ValidationBoxes.wnid(bytes, file: file)))
                }
            } catch {
                return .failure(error)
            }
        }
        if !devkit.isComplete, !reader.hasEndMark {
            let reason = "it has no end mark, as if cut off between two members"
            return .failure(.unknownSource(path, reason))
        }
        return Result { () throws(LabelError) in
            if !devkit.isEmpty { return try devkit.labels(source: path.description) }
            if boxes.isEmpty {
                throw .unknownSource(
                    path, "it holds neither a devkit's meta.mat nor XML files of validation boxes")
            }
            let file = path.description
            return try ClassLabels(
                validation: try ImageOrder.wnids(boxes, file: file), in: file, source: file)
        }
    }
}

extension ArchiveReader {
    fileprivate mutating func contents(orFailure limit: Int) throws(LabelError) -> [UInt8] {
        do {
            return try contents(limit: limit)
        } catch {
            throw .unreadable(error)
        }
    }
}
