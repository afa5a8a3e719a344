internal import Checksums
internal import DatasetManifest

/// The manifest, torrents and magnet links of a sample.
struct SampleManifest {
    private let plan: SamplePlan

    init(_ plan: SamplePlan) { self.plan = plan }

    func manifest(
        _ written: [WrittenFile]
    ) throws -> (manifest: Manifest, torrents: [(String, [UInt8])]) {
        var files: [ManifestFile] = []
        var torrents: [(String, [UInt8])] = []
        // In the order of ILSVRC2012's manifest: large files first.
        for file in written.reversed() {
            let torrent = try TorrentFile(name: file.name, pieces: file.pieces)
            let link = try MagnetLink(
                infoHash: torrent.infoHash, name: file.name, size: file.pieces.size)
            torrents.append(("\(file.name).torrent", torrent.bytes))
            torrents.append(("\(file.name).magnet", Array("\(link.text)\n".utf8)))
            let kind = kind(file.name)
            var entry = ManifestFile(
                name: file.name, part: kind.part, role: kind.role, isDefault: kind.isDefault,
                size: file.pieces.size, digests: file.digests, torrent: torrent.infoHash)
            entry.title = kind.title
            entry.images = kind.images.map(Int64.init)
            files.append(entry)
        }
        let pins = Manifest.LabelPins(
            valWNIDs: Hasher.digest(.sha256, plan.valWNIDList),
            wnids: Hasher.digest(.sha256, plan.wnidList))
        let manifest = try Manifest(
            name: "sample", title: plan.options.title, classes: Int64(plan.classes.count),
            labels: pins, files: files)
        return (manifest, torrents)
    }

    private struct Kind {
        let title: String
        let part: String
        let role: ManifestFile.Role
        var isDefault = false
        var images: Int?
    }

    private func kind(_ name: String) -> Kind {
        switch name {
        case SampleImages.trainName:
            Kind(
                title: "Training images", part: "train", role: .trainImages, isDefault: true,
                images: plan.trainCount)
        case SampleImages.valName:
            Kind(
                title: "Validation images", part: "val", role: .valImages, isDefault: true,
                images: plan.options.val)
        case SampleImages.testName:
            Kind(
                title: "Test images", part: "test", role: .testImages, images: plan.options.test)
        case SampleImages.patchName:
            Kind(
                title: "Changes to the test images", part: "patch", role: .testPatch,
                images: plan.patched.count)
        case SampleBoxes.trainName:
            Kind(title: "Boxes of training images", part: "bbox", role: .trainBoxes)
        case SampleBoxes.valName:
            Kind(title: "Boxes of validation images", part: "bbox", role: .valBoxes)
        default:
            Kind(title: "Development kit", part: "devkit", role: .devkit, isDefault: true)
        }
    }
}
