import DataFolder
import DatasetManifest
import Disk

/// Files that the user wants written: never one of the data folder's own.
enum NamedTargets {
    /// Refuses bad paths before any work. Only plain files are accepted: a pipe or a terminal has
    /// no end to append to.
    static func check(
        _ data: DataFolder, _ manifests: [Manifest], _ context: Context, _ paths: [Path?]
    ) throws {
        let names = manifests.flatMap { $0.files.map(\.name) }
        let paths = paths.compactMap { $0 }.map(context.resolve)
        for path in paths where data.keeps(path, of: names) {
            throw UsageError(
                .badValue, "refused to write \(path): the data folder keeps its own file there",
                hint: "name another file")
        }
        for path in paths { _ = try NamedFile(path) }
    }
}
