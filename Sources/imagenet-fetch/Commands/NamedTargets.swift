import DataFolder
import DatasetManifest
import Disk

/// Files that a person has named to be written: never one that the data folder keeps.
enum NamedTargets {
    /// Refuses what must not be written, before anything is done. Only plain files are: a pipe or a
    /// terminal has no end to go on from either.
    static func check(
        _ data: DataFolder, _ manifests: [Manifest], _ context: Context, _ paths: [Path?]
    ) throws {
        let names = manifests.flatMap { $0.files.map(\.name) }
        let paths = paths.compactMap { $0 }.map(context.resolve)
        for path in paths where data.keeps(path, of: names) {
            throw UsageError(
                .badValue, "refused to write \(path): the data folder keeps its own there",
                hint: "name another file")
        }
        for path in paths { _ = try NamedFile(path) }
    }
}
