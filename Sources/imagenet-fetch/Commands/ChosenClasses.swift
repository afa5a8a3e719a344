import DatasetManifest
import Disk

extension ValueKind<Word> {
    /// A word that means something only once the data set is known.
    static func word(_ name: String, _ completion: Completion = .nothing) -> ValueKind {
        ValueKind(name, completion) { word throws(ValueFault) in
            if word.bytes.isEmpty { throw ValueFault("it is empty") }
            if word.bytes.contains(0) { throw ValueFault("it has a zero byte") }
            return word
        }
    }
}

extension Flag {
    /// Which classes of the data set a command works on.
    static let classes = Flag(
        "classes", .word("NAME|WNID,…|FILE", .files), in: .selection,
        help: "only these classes",
        detail: """
            Only these classes: a named subset (imagenette, imagewoof, imagenet100), WNIDs \
            separated by commas, or a file with one WNID per line. The labels command with \
            --classes prints a subset.
            """
    ) { $0.classes = $1 }
}

extension Arguments {
    /// The classes of `--classes`; nil without it.
    ///
    /// - Throws: `UsageError` for a name, WNID or file that is not one of the data set's.
    func chosenClasses(_ context: Context) throws -> ClassSelection? {
        guard let classes else { return nil }
        return try ClassChoice(classes, self, context).selection()
    }

    /// The named subsets of a data set: those of its manifest, and those of the built-in data sets
    /// with the same classes.
    func subsets(of manifest: Manifest) -> [Manifest.Subset] {
        guard let wnids = labelPins(manifest)?.wnids else { return manifest.subsets }
        let others = BuiltIn.manifests.filter { $0.labels?.wnids == wnids }.flatMap(\.subsets)
        return manifest.subsets + others.filter { manifest.subset(named: $0.name) == nil }
    }
}

/// Finds out what the value of `--classes` means.
private struct ClassChoice {
    private let word: Word
    private let context: Context
    private let manifest: Manifest
    private let subsets: [Manifest.Subset]
    /// All classes of the data set, where they are known.
    private let known: ClassLabels?

    init(_ word: Word, _ arguments: Arguments, _ context: Context) throws {
        self.word = word
        self.context = context
        manifest = try arguments.chosenManifest(context)
        subsets = arguments.subsets(of: manifest)
        known = arguments.knownClasses(manifest, context)
    }

    func selection() throws -> ClassSelection {
        let roles: [ManifestFile.Role] = [.trainImages, .valImages, .tree2017]
        guard manifest.files.contains(where: { roles.contains($0.role) }) else {
            throw UsageError(
                .badValue,
                "--classes cannot be used with \(escaped(manifest.name)), which has no classes",
                hint: "choose files with \(.selection)")
        }
        if let wnids = try named() ?? listed() {
            let title = wnids.title ?? Shown.counted(Set(wnids.all).count, "class", "classes")
            let total = manifest.classes.map { Int(clamping: $0) }
            if let selection = ClassSelection(title: title, wnids: wnids.all, of: total) {
                return selection
            }
        }
        throw unknown(word)
    }

    private struct Chosen {
        var title: String?
        let all: [WNID]
    }

    // MARK: Names and WNIDs

    /// Subsets and WNIDs with commas between them; nil if it is something else, such as a file.
    private func named() throws -> Chosen? {
        let parts = word.bytes.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
            .map { Word(bytes: $0.trimmingBlanks) }
        var all: [WNID] = []
        for part in parts {
            if let subset = part.text.flatMap({ name in subsets.first { $0.name == name } }) {
                all += subset.wnids
            } else if let wnid = WNID(bytes: part.bytes) {
                try check([wnid], in: nil)
                all.append(wnid)
            } else if parts.count == 1 || isFile {
                return nil
            } else {
                throw unknown(part)
            }
        }
        return Chosen(title: parts.count == 1 ? parts[0].description : nil, all: all)
    }

    // MARK: A file

    private var path: Path { context.resolve(Path(bytes: word.bytes)) }

    private var isFile: Bool { path.canBeRead }

    private var isThere: Bool { (try? Folder(path.parent).status(path.lastComponent)) != nil }

    /// The classes of the file; nil if there is none.
    private func listed() throws -> Chosen? {
        let path = path
        if !looksLikePath, !isThere { return nil }
        let bytes = try FileDescriptor(path, .reading).contents(limit: ClassList.longestFile)
        let list: ClassList
        do {
            list = try ClassList(bytes)
        } catch {
            throw UsageError(
                .badValue, "cannot take classes from \(path): \(error.reason)",
                hint: "a file for --classes has one WNID per line")
        }
        try check(list.wnids, in: path)
        return Chosen(all: list.wnids)
    }

    private var looksLikePath: Bool { word.bytes.contains(UInt8(ascii: "/")) }

    // MARK: Mistakes

    private func check(_ wnids: [WNID], in file: Path?) throws(UsageError) {
        guard let known, let unknown = wnids.first(where: { known.class($0) == nil }) else {
            return
        }
        let names = known.classes.map { "\($0.wnid)" }
        let near = nearestMatches(to: Word("\(unknown)"), among: names)
        throw UsageError(
            .badValue,
            "\(escaped(manifest.name)) has no class \(unknown)"
                + (file.map { ", which is in \($0)" } ?? ""),
            hint: near.isEmpty
                ? lookup : "the nearest are \(near.map(shown).joined(separator: ", "))")
    }

    private func unknown(_ part: Word) -> UsageError {
        var names = subsets.map(\.name)
        if part.bytes.first == UInt8(ascii: "n") {
            names += known?.classes.map { "\($0.wnid)" } ?? []
        }
        let meant = known?.lookup(part.text ?? "").filter { $0.numbering == .words } ?? []
        let near =
            meant.isEmpty
            ? nearestMatches(to: part, among: names) : meant.prefix(3).map { "\($0.found.wnid)" }
        var hint: Remedy = lookup
        if !near.isEmpty {
            hint = "did you mean \(near.map(shown).joined(separator: ", "))?"
        } else if !subsets.isEmpty {
            let list = subsets.map { escaped($0.name) }.joined(separator: ", ")
            hint = "the named subsets are \(list); \(lookup)"
        }
        return UsageError(
            .badValue,
            "\"\(part)\" is neither a named subset of \(escaped(manifest.name)), nor a WNID, nor a "
                + "file that can be read", hint: hint)
    }

    private var lookup: Remedy { "\(run: .labels) lists all classes" }

    /// A WNID with its first word.
    private func shown(_ name: String) -> String {
        let words = WNID(name).flatMap { known?.class($0) }?.words
        return escaped(name) + (words?.first.map { " (\(escaped($0)))" } ?? "")
    }
}

extension Collection<UInt8> {
    fileprivate var trimmingBlanks: SubSequence {
        var rest = self[...]
        while let first = rest.first, first == 0x20 { rest = rest.dropFirst() }
        while !rest.isEmpty, rest.reversed().first == 0x20 { rest = rest.dropLast() }
        return rest
    }
}
