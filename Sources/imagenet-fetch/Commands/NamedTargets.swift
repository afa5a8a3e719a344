import DataFolder
import DatasetManifest
import Disk

/// Files that a person has named to be written: never one that the data folder keeps.
enum NamedTargets {
    /// Refuses what must not be written, before anything is done.
    ///
    /// - Parameters:
    ///   - replaced: those that are replaced whole: only plain files are.
    ///   - appended: those that are written on, whatever they are.
    static func check(
        _ data: DataFolder, _ manifests: [Manifest], _ context: Context, replaced: [Path?],
        appended: [Path?] = []
    ) throws {
        let names = manifests.flatMap { $0.files.map(\.name) }
        for path in (replaced + appended).compactMap({ $0 }).map(context.resolve)
        where data.keeps(path, of: names) {
            throw UsageError(
                .badValue, "refused to write \(path): the data folder keeps its own there",
                hint: "name another file")
        }
        for path in replaced.compactMap({ $0 }) { _ = try NamedFile(context.resolve(path)) }
    }
}
