import DataFolder
import DatasetExport
import DatasetManifest
import Disk

// What `--fetch` downloads first.
extension ExportCommand {
    /// Downloads archives that are neither there nor unpacked, and the labels.
    func fetch(
        _ manifest: Manifest, _ chosen: [Chosen], _ stop: StopRequest
    ) throws -> ExitStatus {
        var names: [String] = []
        for one in chosen where try !isThere(one, chosen.count == 1, manifest, stop) {
            // It would have to be unpacked first.
            if one.tree != nil { throw missing(one, arguments.folder(context)) }
            names += manifest.files.map(\.name).filter { Self.stem($0) == one.name }
        }
        let needsLabels = chosen.contains { $0.split != .test || format.hasAllClasses }
        if needsLabels, try arguments.findLabels(context) == nil {
            names += manifest.files.filter { $0.role == .devkit && $0.isDefault }.map(\.name)
        }
        if names.isEmpty { return .success }
        return try FetchCommand.runFirst(
            names, for: arguments, context, stop, beside: try roomForOutputs(manifest, chosen))
    }

    /// Whether there is an input, with the chosen classes.
    private func isThere(
        _ one: Chosen, _ isOnly: Bool, _ manifest: Manifest, _ stop: StopRequest
    ) throws -> Bool {
        do {
            guard let found = try input(one, isOnly, manifest, stop) else { return false }
            guard case .partial(let partial) = found, let choice else { return true }
            return try partial.has(choice.classes)
        } catch is Unproven {
            return false
        }
    }

    /// What chosen classes may have of a number that is for all; few classes have twice as much as
    /// others.
    private func chosenShare(of all: Int64, _ manifest: Manifest) -> Int64 {
        guard let choice, let classes = manifest.classes, classes > 0 else { return all }
        let (share, overflow) = (all / classes + 1)
            .multipliedReportingOverflow(by: 2 * Int64(choice.classes.count))
        return overflow ? all : min(all, share)
    }

    /// The most bytes that outputs need on the disk of the archives.
    ///
    /// - Throws: `.noSpace` if they go to another disk and do not fit there.
    private func roomForOutputs(_ manifest: Manifest, _ chosen: [Chosen]) throws -> Int64 {
        guard arguments.export.options.images != .list, let first = try chosen.first.map(place)
        else {
            return 0
        }
        let holder = try Folder.nearest(to: first.parent)
        var needed: Int64 = 0
        for one in chosen {
            if try place(one).isThere(), !arguments.export.options.isForced { continue }
            guard let file = manifest.files.first(where: { Self.stem($0.name) == one.name }),
                let size = file.size ?? file.sizeAbout
            else { continue }
            let share = { chosenShare(of: $0, manifest) }
            let most = format.mostBytes(
                archive: share(size), images: file.images.map(share))
            needed = most > .max - needed ? .max : needed + most
        }
        let archives = try Folder.nearest(to: arguments.folder(context).folder(.archives))
        if try archives.sharesFileSystem(with: holder) { return needed }
        let free = try holder.freeSpace().bytes
        if needed > free { throw ExportError.noRoom(first.parent, needed: needed, free: free) }
        return 0
    }
}
