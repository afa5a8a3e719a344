import DatasetManifest
import Disk
import Support
import Testing

@testable import imagenet_fetch

@Suite final class ChosenClassesTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func choose(
        _ word: Word, manifest: Path? = nil, dataset: String? = nil
    ) throws -> ClassSelection? {
        var arguments = Arguments()
        arguments.dataset = dataset
        arguments.classes = word
        arguments.manifest = manifest
        return try arguments.chosenClasses(World(folder: folder.path).context)
    }

    private func refused(_ word: Word, manifest: Path? = nil) -> (message: String, hint: String) {
        let error = #expect(throws: UsageError.self) { try choose(word, manifest: manifest) }
        return (error?.message ?? "", error?.hint?.words("") ?? "")
    }

    @Test("without --classes there is no choice")
    func none() throws {
        #expect(try Arguments().chosenClasses(World().context) == nil)
    }

    @Test("a named subset, WNIDs, and both")
    func names() throws {
        let nette = try #require(try choose("imagenette"))
        #expect(nette.title == "imagenette")
        #expect(nette.count == 10)
        #expect(nette.wnids.first?.description == "n01440764")
        #expect(try choose("imagenet100")?.count == 100)
        // Ascending, whatever the order of the list.
        #expect(try choose("imagenet100")?.wnids.first?.description == "n01558993")
        let one = try #require(try choose("n01440764"))
        #expect(one.title == "n01440764")
        let two = try #require(try choose("n02102040, n01440764,n02102040"))
        #expect(two.title == "2 classes")
        #expect(two.wnids == nette.wnids.prefix(2).map { $0 })
        #expect(try choose("imagenette,imagewoof")?.count == 20)
        #expect(try choose("imagenette,imagewoof")?.title == "20 classes")
        #expect(try choose("imagewoof", dataset: "ilsvrc2017")?.count == 10)
    }

    @Test("a file of WNIDs; a subset's name goes before a file's")
    func files() throws {
        try folder.write("# mine\r\nn02102040\r\n\r\nn01440764\r\nn02102040\r\n", to: "own.txt")
        let own = try #require(try choose("own.txt"))
        #expect(own.title == "2 classes")
        #expect(own.wnids.map(\.description) == ["n01440764", "n02102040"])
        try folder.write("n02102040\n", to: "imagenette")
        #expect(try choose("imagenette")?.count == 10)
        #expect(try choose("./imagenette")?.count == 1)
        try folder.write("n02102040\n", to: "a,b")
        #expect(try choose("a,b")?.count == 1)
    }

    @Test("an unknown name or WNID is refused with the nearest ones")
    func unknown() {
        var (message, hint) = refused("imagenete")
        #expect(message.contains("\"imagenete\" is neither a named subset of ilsvrc2012"))
        #expect(hint == "did you mean imagenette, imagenet100?")
        (message, hint) = refused("n01440765")
        #expect(message == "ilsvrc2012 has no class n01440765")
        #expect(hint.hasPrefix("the nearest are n01440764 (tench), "))
        (message, hint) = refused("imagenette,n99999999")
        #expect(message == "ilsvrc2012 has no class n99999999")
        #expect(hint == "`imagenet-fetch labels` lists all classes")
        (message, hint) = refused("n01440764,n0144076")
        #expect(message.hasPrefix("\"n0144076\" is neither a named subset"))
        #expect(hint.contains("n01440764 (tench)"))
        #expect(refused("tench").hint == "did you mean n01440764 (tench)?")
        #expect(refused("qqqqqqqqqq").hint.hasPrefix("the named subsets are imagenet100, "))
        #expect(refused("n01440764,").message.hasPrefix("\"\" is neither"))
        #expect(refused("\u{1B}[31m").message.contains("\"\\x1b[31m\""))
    }

    @Test("a file with a fault is refused with its line")
    func badFiles() throws {
        try folder.write("n01440764\ntench\n", to: "own.txt")
        var (message, hint) = refused("own.txt")
        #expect(
            message.hasSuffix(
                "own.txt: line 2 begins with \"tench\", which is no WNID such as n01440764"))
        #expect(hint == "a file for --classes has one WNID per line")
        try folder.write("\n", to: "empty.txt")
        #expect(refused("empty.txt").message.hasSuffix("empty.txt: it names no class"))
        try folder.write("n01440764\nn01440765\n", to: "other.txt")
        (message, hint) = refused("other.txt")
        #expect(message.hasPrefix("ilsvrc2012 has no class n01440765, which is in "))
        #expect(hint.contains("n01440764 (tench)"))
        #expect(throws: DiskError.self) { try choose("./missing.txt") }
        #expect(throws: DiskError.self) { try choose(Word(folder.path.description)) }
    }

    @Test("a manifest of one's own: its subsets, any WNID without labels, none without classes")
    func ownManifests() throws {
        let own = folder["own.json"]
        try put(
            """
            {"schema": "imagenet-fetch.manifest/1", "name": "own", "files": [
              {"name": "t.tar", "part": "train", "role": "train-images"}],
             "subsets": {"few": {"wnids": ["n00000001"]}}}
            """, at: own)
        #expect(try choose("few", manifest: own)?.title == "few")
        #expect(try choose("n00000002", manifest: own)?.count == 1)
        #expect(refused("imagenette", manifest: own).hint.hasPrefix("the named subsets are few;"))
        let same = folder["same.json"]
        try folder.write(
            """
            {"schema": "imagenet-fetch.manifest/1", "name": "same", "files": [
              {"name": "t.tar", "part": "train", "role": "train-images"}], "labels": {"wnids":
             "70002b0ff5de60a3a17a82dbfcff291931f96225ddf941ad2e182fc39e183d15"}}
            """, to: "same.json")
        #expect(try choose("imagenette", manifest: same)?.count == 10)
        #expect(refused("n00000002", manifest: same).message == "same has no class n00000002")
        let list = folder["SHA1SUMS"]
        try put("5f3f73da3395154b60528b2b2a2caf2374f5f178  a.tar\n", at: list)
        let (message, hint) = refused("n01440764", manifest: list)
        #expect(message == "--classes cannot be used with SHA1SUMS, which has no classes")
        #expect(hint == "choose files with --only")
    }
}
