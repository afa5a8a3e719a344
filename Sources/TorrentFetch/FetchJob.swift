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

    func note(_ sentence: String) { report(.note(file, sentence)) }

    func notes(_ sentences: [String]) {
        for sentence in sentences { note(sentence) }
    }
}
