import ArchiveVerify
import DataFolder
import DatasetManifest
import Disk
import MirrorSync
import TorrentFetch

/// `sync --dry-run`: what a run would do. Nothing is locked, read or written, and nobody is asked.
struct SyncPreview {
    let data: DataFolder
    let options: MirrorSync.Options
    let publication: Path?
    let console: Console

    func tell(_ sets: [MirrorSync.DataSet]) throws {
        if let newer = try data.newerState() {
            console.note("\(newer) was written by a newer version: sync would refuse the folder")
        }
        var count = 0
        for set in sets {
            let files = Set(try set.selected.files.filter(isKept).map(\.name))
            var surveying = FetchOptions()
            surveying.allowsUnverified = true
            surveying.fetchesRetired = false
            for item in try FetchPlan.survey(set.selected, in: data, surveying).items {
                guard files.contains(item.file.name), isMissing(item) else { continue }
                count += 1
                let about = item.isMissingExact ? "" : "about "
                try console.result(
                    "\(escaped(item.file.name)): would be downloaded "
                        + "(\(about)\(Shown.bytes(item.bytesMissing)))")
            }
            let targets = try set.selected.files.filter { files.contains($0.name) }
                .compactMap(target)
            for target in Scrub(every: options.scrubInterval).due(targets) {
                count += 1
                let last = target.receipt.map { "last verified \($0.when)" } ?? "never verified"
                try console.result(
                    "\(escaped(target.file.name)): would be verified (\(last)), and repaired if it "
                        + "is damaged")
            }
        }
        if count == 0 { try console.result("nothing to download or to verify") }
        if let publication {
            console.note("what is verified would be published in \(publication)")
        }
    }

    /// Whether anything can verify the file.
    private func isKept(_ file: ManifestFile) throws -> Bool {
        if file.isPinned || options.fetch.allowsUnverified { return true }
        if case .receipt = try data.look(for: file.name).receipt { return true }
        return false
    }

    private func isMissing(_ item: FetchPlan.Item) -> Bool {
        switch item.state {
        case .absent, .partial, .candidate, .halfFinished: true
        default: false
        }
    }

    private func target(_ file: ManifestFile) throws -> Target? {
        let found = try data.look(for: file.name)
        guard let there = found.final else { return nil }
        var receipt: Receipt?
        if case .receipt(let known) = found.receipt { receipt = known }
        return Target(data.archive(file.name), file, data: data, size: there.size, receipt: receipt)
    }
}
