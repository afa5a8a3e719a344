internal import Archives
internal import Checksums
public import DatasetManifest
internal import Disk

/// How the members of an archive become a tree.
public enum UnpackForm: Sendable {
    /// A tar of class tars: a folder per class.
    case classTars
    /// Validation images, each in the folder of its class.
    case validation(ClassLabels)
    /// Images in one folder, without the archive's folders.
    case images
    /// Files and folders as in the archive, without a top folder of the output's name.
    case tree
    /// The same for the archives of 2017, which share `ILSVRC2017/{Annotations,Data,…}`.
    case tree2017

    /// In receipts.
    var name: String {
        switch self {
        case .classTars: "classes"
        case .validation: "validation"
        case .images: "images"
        case .tree: "tree"
        case .tree2017: "tree-2017"
        }
    }

    /// Whether the archive contains only images.
    var holdsImages: Bool {
        switch self {
        case .classTars, .validation, .images: true
        case .tree, .tree2017: false
        }
    }

    /// A digest of the labels that decide where files go.
    var labels: String? {
        guard case .validation(let labels) = self else { return nil }
        var hasher = Hasher(.sha256)
        for wnid in labels.validationWNIDs ?? [] { hasher.update(Array("\(wnid)\n".utf8)) }
        return hasher.digest.hex
    }
}

struct TargetRule: Sendable {
    /// The folder that the archives of 2017 share.
    static let sharedTree = "ILSVRC2017"

    let form: UnpackForm
    /// Whether all images are in one folder.
    let isFlat: Bool
    let archive: Path
    /// The output's name: a top folder of this name is left out.
    let name: String
    /// Whether images of a class folder are wanted; nil for all.
    var wants: (@Sendable (Path) -> Bool)?

    var keepsFolders: Bool {
        switch form {
        case .tree, .tree2017: true
        case .classTars, .validation, .images: false
        }
    }

    /// The folder and name of a member; nil for the tree itself, and for an image of a class that is
    /// not wanted.
    ///
    /// - Parameter holder: the class, for members of a class tar.
    func target(
        _ name: UnsafeRawBufferPointer, in holder: Path?, isFolder: Bool = false
    ) throws(ExportError)
        -> (folder: Path, name: ArraySlice<UInt8>)?
    {
        let parts = name.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(".".utf8) }
        guard let last = parts.last else { return nil }
        switch form {
        case .classTars: return (isFlat ? "" : holder ?? "", ArraySlice(last))
        case .images: return ("", ArraySlice(last))
        case .validation(let labels):
            guard let index = ValidationName.index(last),
                let found = labels.class(validationImage: index)
            else { throw noLabel(name) }
            let wnid = Path("\(found.wnid)")
            if let wants, !wants(wnid) { return nil }
            if !isFlat { return (wnid, ArraySlice(last)) }
            return ("", ArraySlice(wnid.bytes + [UInt8(ascii: "_")] + last))
        case .tree:
            // A file of that name is not a top folder.
            let isTop = parts[0].elementsEqual(self.name.utf8) && (isFolder || parts.count > 1)
            let skipped = isTop ? 1 : 0
            return place(parts.dropFirst(skipped))
        case .tree2017: return place(placed2017(parts.map(ArraySlice.init)))
        }
    }

    private func place<Part: Collection<UInt8>>(_ parts: some BidirectionalCollection<Part>)
        -> (folder: Path, name: ArraySlice<UInt8>)?
    {
        guard let last = parts.last else { return nil }
        let folder = parts.dropLast().joined(separator: [UInt8(ascii: "/")])
        return (Path(bytes: Array(folder)), ArraySlice(Array(last)))
    }

    /// The archives' top folder is `ILSVRC`; the devkit may have its own, and the later test images
    /// of DET have none.
    private func placed2017(_ parts: [ArraySlice<UInt8>]) -> [ArraySlice<UInt8>] {
        var parts = parts
        let tops = ["ILSVRC", Self.sharedTree]
        if let first = parts.first, tops.contains(where: { first.elementsEqual($0.utf8) }) {
            parts.removeFirst()
        }
        guard let first = parts.first else { return [] }
        if first.elementsEqual("ILSVRC2017_devkit".utf8) {
            parts[0] = ArraySlice("devkit".utf8)
        } else if first.elementsEqual("test".utf8) {
            parts = ["Data", "DET"].map { ArraySlice($0.utf8) } + parts
        }
        return parts
    }

    private func noLabel(_ name: UnsafeRawBufferPointer) -> ExportError {
        .badInput(
            "there is no label for \(escaped(name)) in \(archive)",
            hint: "the labels belong to another data set; name the right ones with \(.labels)")
    }
}
