public import DataFolder
public import Disk

// Whether the output may stand where it is to stand: looked at before the first byte is written.
extension ShardExport {
    /// Where the indexes of TFRecord files appear: loaders take all that lies beside shards for one.
    func companionPlace() -> OutputPlace? {
        guard case .tfrecord = format else { return nil }
        let holder = Self.named(place.parent).appendingSuffix("_idx")
        return OutputPlace(parent: holder, name: place.name)
    }

    /// A path whose last component is a name: that of `.` would give a hidden folder inside.
    private static func named(_ path: Path) -> Path {
        let last = path.components.last
        guard last == nil || last == "." || last == ".." else { return path }
        if let real = try? path.resolved() { return real }
        return last == "." ? named(path.parent) : path
    }

    // MARK: Apart from the input

    /// Refuses a place that holds what the images come from, or lies in it: `--force` would replace
    /// them, and their tree would hold shards.
    func checkApart() throws(ExportError) {
        for output in [place, companionPlace()].compactMap({ $0 }) {
            try Self.checkApart(input.path, isFolder: input.archive == nil, output)
        }
    }

    /// The same for the folders that a tree's classes are, where links lead to them.
    func checkApart(_ table: SampleTable) throws(ExportError) {
        for folder in table.folders {
            for output in [place, companionPlace()].compactMap({ $0 }) {
                try Self.checkApart(folder, isFolder: true, output)
            }
        }
    }

    private static func checkApart(
        _ source: Path, isFolder: Bool, _ place: OutputPlace
    ) throws(ExportError) {
        let (from, to) = (real(source), real(place.path))
        if from == to || isInside(from, to) {
            throw .otherOutput(
                place.path, "the images come from \(source), which would be replaced",
                hint: "name another folder with --output-dir")
        }
        if isFolder, isInside(to, from) {
            throw .otherOutput(
                place.path, "it lies in \(source), which the images come from",
                hint: "name another folder with --output-dir")
        }
    }

    private static func isInside(_ path: Path, _ folder: Path) -> Bool {
        path.bytes.starts(with: folder.bytes + [UInt8(ascii: "/")])
    }

    /// The absolute path that something has, or will have once it is made.
    private static func real(_ path: Path) -> Path {
        if let found = try? path.resolved() { return found }
        if path.parent == path { return path }
        return real(path.parent).appending(path.lastComponent)
    }

    // MARK: Companions

    /// Refuses what is somebody else's and would be replaced by what appears beside the output.
    func checkBeside() throws {
        switch format {
        case .mds: break
        case .tfrecord: try checkCompanions()
        case .webdataset, .webdatasetBySize: try WebDatasetInfo.check(in: place.parent)
        }
    }

    /// Refuses a folder of indexes that is somebody else's. Ours goes with a receipt of ours, or
    /// holds indexes alone.
    private func checkCompanions() throws {
        guard let companions = companionPlace() else { return }
        let holder = try Folder.nearest(to: companions.parent)
        guard holder.path == companions.parent,
            let status = try holder.status(Path(companions.name))
        else { return }
        let parent = try Folder.nearest(to: place.parent)
        if parent.path == place.parent,
            case .receipt(let receipt) = try OutputReceipt.load(place.name, in: parent),
            receipt.kind == format.kind
        {
            return
        }
        if status.kind == .folder {
            let entries = try holder.folder(Path(companions.name)).entries()
            if entries.allSatisfy({ $0.kind == .file && $0.name.hasSuffix(".idx") }) { return }
        }
        throw ExportError.otherOutput(
            companions.path, "something else is where the indexes of \(place.path) are to appear",
            hint: "move it away, or name another folder with --output-dir")
    }

    // MARK: Room

    /// How many bytes the shards of an archive take at the most, before its headers were read.
    ///
    /// - Parameter images: nil where nobody has said how many it holds.
    public static func mostBytes(
        _ kind: DataFolder.Kind, archive: Int64, images: Int64?, adding others: Int64
    ) -> Int64 {
        // A tar has a block and a half for each image beside it, which is more than MDS has. An
        // example's texts come to less than a KiB; a webdataset has two members more, and an index.
        let more: Int64 =
            switch kind {
            case .tfrecord: 1024
            case .webdataset: 4 * 512 + 384
            case .mds, .archives, .unpacked: 0
            }
        let (sum, overflow) = (images ?? archive / (64 << 10)).multipliedReportingOverflow(by: more)
        return overflow ? .max : others.adding(archive).adding(sum)
    }

    /// The error for outputs that will not fit.
    public static func noRoom(_ folder: Path, needed: Int64, free: Int64) -> any Failure {
        ExportError.noRoom(folder, needed: needed, free: free)
    }
}
