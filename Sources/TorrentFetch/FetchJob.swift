internal import DatasetManifest
internal import DataFolder
internal import Disk

/// One file to get: what it is, where it goes, where it may come from, and who is told.
struct FetchJob: Sendable {
    let file: ManifestFile
    let data: DataFolder
    let options: FetchOptions
    var torrent: FoundTorrent?
    var mirrors: [Mirror] = []
    var stop = StopCheck.never
    let report: @Sendable (FetchEvent) -> Void

    /// The only classes to download; nil for the whole file.
    var classes: ClassSelection? { options.classes(of: file) }

    /// Where some or all classes lie, according to whoever says so.
    var classIndex = ClassIndex()

    func note(_ sentence: String) { report(.note(file, sentence)) }

    func notes(_ sentences: [String]) {
        for sentence in sentences { note(sentence) }
    }
}
