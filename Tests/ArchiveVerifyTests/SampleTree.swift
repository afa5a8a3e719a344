import ArchiveVerify
import DatasetExport
import DatasetManifest
import Disk
import SampleData
import Support
import Testing

/// A sample data set, unpacked by GNU tar and a shell into train/, val/ and test/ as people have
/// them, to be broken in every way that people manage.
final class SampleTree {
    private let folder: TemporaryFolder
    let labels: ClassLabels
    private let manifest: Manifest

    init() throws {
        let folder = try TemporaryFolder()
        let options = SampleDataset.Options(classes: 12, perClass: 4, val: 36, test: 6, seed: 11)
        _ = try SampleDataset.write(options, to: folder["s"], threads: 2)
        manifest = try Manifest.read(
            folder.read("s/manifest.json"), source: folder["s/manifest.json"].description)
        labels = try LabelSource.devkitArchive(folder["s/tar/ILSVRC2012_devkit_t12.tar.gz"]).read()
        let wnids = try #require(labels.validationWNIDs)
        try folder.write(wnids.map { "\($0)\n" }.joined(), to: "labels.txt")
        self.folder = folder
        try shell(
            """
            mkdir train val test
            tar -xf ../s/tar/ILSVRC2012_img_train.tar -C train
            for tar in train/*.tar; do
                mkdir "${tar%.tar}"; tar -xf "$tar" -C "${tar%.tar}"; rm "$tar"
            done
            tar -xf ../s/tar/ILSVRC2012_img_val.tar -C val
            tar -xf ../s/tar/ILSVRC2012_img_test_v10102019.tar -C test --strip-components 1
            \(Self.sort("../labels.txt"))
            """)
    }

    /// Puts the flat images of val/ into the class folders of a list.
    private static func sort(_ list: String) -> String {
        """
        number=1
        while read wnid; do
            mkdir -p val/$wnid
            mv val/ILSVRC2012_val_$(printf %08d $number).JPEG val/$wnid/
            number=$((number + 1))
        done < \(list)
        """
    }

    var root: Path { folder["t"] }

    /// Class folders by rank.
    func wnid(_ rank: Int) -> String { "\(labels.classes[rank].wnid)" }

    /// Runs a script in the tree; `$A` and `$B` are the classes of rank 2 and 5.
    func shell(_ script: String) throws {
        try Folder.creating(root).sync()
        let result = try run(
            "bash", ["-euc", script], in: root.description,
            environment: ["A": wnid(2), "B": wnid(5)])
        try #require(result.status == 0, "\(result.errors)")
    }

    /// Sorts the validation images anew, each into the class that `choose` makes of it.
    func sortVal(_ choose: (Int, ClassLabels.Class) -> WNID?) throws {
        let count = labels.validation?.count ?? 0
        let lines = try (1...count).map { number in
            let right = try #require(labels.class(validationImage: number))
            return "\(choose(number, right) ?? right.wnid)\n"
        }
        try folder.write(lines.joined(), to: "wrong.txt")
        try shell("mv val/*/* val/; rmdir val/n*; \(Self.sort("../wrong.txt"))")
    }

    /// Names the class folders of a split anew.
    func rename(_ split: String, _ name: (ClassLabels.Class) -> String) throws {
        let moves = labels.classes.map { "mv \(split)/\($0.wnid) \(split)/new-\(name($0))\n" }
        try shell(
            moves.joined() + "for f in \(split)/new-*; do mv $f \(split)/${f#\(split)/new-}; done")
    }

    func check(
        knowsLabels: Bool = true, decodes: Bool = false, at path: Path? = nil,
        _ change: (inout DatasetFacts) -> Void = { _ in }
    ) throws -> DatasetReport {
        var facts = DatasetFacts(manifest, labels: knowsLabels ? labels : nil)
        change(&facts)
        var check = DatasetCheck(facts)
        if decodes {
            check.inspector = {
                let inspector = try ImageInspector()
                return { image in
                    switch inspector.look(at: image) {
                    case .sound: .sound
                    case .odd(let what): .odd(what)
                    case .broken(let reason): .broken(reason)
                    }
                }
            }
        }
        return try check.run(path ?? root)
    }
}

extension DatasetReport {
    /// The faults of a split, by kind.
    func faults(_ split: Split) -> [Finding.Kind: Finding] {
        let found = parts.filter { $0.split == split }.flatMap(\.findings).filter(\.isFault)
        return Dictionary(found.map { ($0.kind, $0) }) { first, _ in first }
    }

    func notes(_ split: Split) -> [Finding.Kind: Finding] {
        let found = parts.filter { $0.split == split }.flatMap(\.findings).filter { !$0.isFault }
        return Dictionary(found.map { ($0.kind, $0) }) { first, _ in first }
    }
}
