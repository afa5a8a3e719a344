import ArchiveVerify
import DataFolder
import DatasetExport
import DatasetManifest
import Disk

// The files for `verify` and `repair`: those of PATH, or of the archive folder.
extension Arguments {
    /// The data sets whose file names are known: all built-in ones, unless one was named.
    func knownManifests(_ context: Context) throws -> [Manifest] {
        guard manifest == nil, dataset == nil else { return [try chosenManifest(context)] }
        return BuiltIn.manifests
    }

    /// - Parameter outputs: outputs in those places, which are not archives.
    func targets(
        _ known: KnownFiles, _ context: Context, besides outputs: VerifyOutputs? = nil
    ) throws -> TargetSearch.Found {
        var chosen: [ManifestFile]?
        var required: [ManifestFile] = []
        if !selection.isDefault {
            let selected = try chosenManifest(context).select(selection.forManifest)
            chosen = selected.files + selected.manual + selected.superseded
            // A file to download by hand counts as missing only if it was named.
            required = selected.files + (selection.isAll ? [] : selected.manual)
        } else if manifest != nil {
            let manifest = try chosenManifest(context)
            let isList = manifest.files.allSatisfy { $0.part == ChecksumList.part }
            required = isList ? manifest.files : []
        }
        let hasOutputs = outputs.map { !$0.outputs.isEmpty } ?? false
        if hasOutputs, outputs?.holdNothingElse == true { required = [] }
        let search = TargetSearch(
            known: known, chosen: chosen, required: required, state: state.map(context.resolve),
            knowsByReceipt: manifest == nil && dataset == nil,
            passedOver: Set(outputs?.outputs.map(\.path) ?? []))
        let places = (outputs?.places ?? positionals).map { context.resolve(Path(bytes: $0.bytes)) }
        do {
            if positionals.isEmpty {
                return try search.find([folder(context).folder(.archives)])
            }
            return places.isEmpty ? TargetSearch.Found() : try search.find(places)
        } catch let error as VerifyError where hasOutputs && error.code == .nothingToVerify {
            return TargetSearch.Found()
        } catch let error as DiskError where error.code == .notFound && error.hint == nil {
            throw UsageError(
                .badValue, error.message,
                hint:
                    "\(run: .fetch) downloads the archives; if they are elsewhere, name the data "
                    + "folder with \(.dataFolder), or their own folder")
        }
    }
}
