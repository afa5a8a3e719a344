internal import Disk
public import Checksums

/// What a data set is: its files, how each is proven, and where it comes from.
///
///     let manifest = try BuiltIn.manifest(named: "ilsvrc2012")
///     for file in try manifest.select(.parts(["val"])).files { print(file.name) }
///
/// There is no manifest with two files of one name, a name that leads elsewhere or a negative size:
/// `init` refuses them.
public struct Manifest: Sendable, Equatable {
    /// What the derived lists of labels must hash to, whatever they were derived from.
    public struct LabelPins: Sendable, Equatable {
        /// SHA-256 of the WNIDs of the validation images in the order of the images, a line each.
        public var valWNIDs: Digest?
        /// SHA-256 of the WNIDs of the classes, ascending, a line each.
        public var wnids: Digest?

        public init(valWNIDs: Digest? = nil, wnids: Digest? = nil) {
            self.valWNIDs = valWNIDs
            self.wnids = wnids
        }
    }

    /// Some classes of the data set under a name.
    public struct Subset: Sendable, Equatable {
        /// What a person writes to choose it: `imagenette`.
        public var name: String
        public var title: String?
        /// Where it is established which classes these are.
        public var origin: String?
        /// What a person should know before using it.
        public var note: String?
        /// The classes in the order in which their origin lists them, each once.
        public var wnids: [WNID]

        public init(
            name: String, title: String? = nil, origin: String? = nil, note: String? = nil,
            wnids: [WNID]
        ) {
            self.name = name
            self.title = title
            self.origin = origin
            self.note = note
            self.wnids = wnids
        }
    }

    /// The schema that is written, and the newest that is read.
    public static let schema = "imagenet-fetch.manifest/1"
    static let schemaName = "imagenet-fetch.manifest/"
    static let schemaVersion = 1

    public let name: String
    public let title: String?
    public let homepage: String?
    /// Where the terms of the data set are written down.
    public let terms: String?
    public let classes: Int64?
    public let labels: LabelPins?
    /// The named subsets, by name.
    public let subsets: [Subset]
    public let files: [ManifestFile]

    /// - Throws: `.invalid`, with the place of the fault as a JSON path.
    public init(
        name: String, title: String? = nil, homepage: String? = nil, terms: String? = nil,
        classes: Int64? = nil, labels: LabelPins? = nil, subsets: [Subset] = [],
        files: [ManifestFile]
    ) throws(ManifestError) {
        do throws(Fault) {
            try self.init(
                checking: name, title: title, homepage: homepage, terms: terms, classes: classes,
                labels: labels, subsets: subsets, files: files)
        } catch {
            throw .invalid("the manifest \(name)", at: error.place, error.reason)
        }
    }

    init(
        checking name: String, title: String?, homepage: String?, terms: String?, classes: Int64?,
        labels: LabelPins?, subsets: [Subset], files: [ManifestFile]
    ) throws(Fault) {
        self.name = name
        self.title = title
        self.homepage = homepage
        self.terms = terms
        self.classes = classes
        // Pins without a pin are no pins: they would be lost on the way through JSON.
        self.labels = labels == LabelPins() ? nil : labels
        self.subsets = subsets.sorted { $0.name < $1.name }
        self.files = files.map { file in
            var file = file
            file.digests.sort { $0.algorithm < $1.algorithm }
            return file
        }
        try ManifestRules.check(self)
    }

    /// The parts that the data set has, in the order of the files.
    public var parts: [String] {
        var seen: Set<String> = []
        return files.map(\.part).filter { seen.insert($0).inserted }
    }

    public func file(named name: String) -> ManifestFile? {
        files.first { $0.name.utf8.elementsEqual(name.utf8) }
    }

    public func subset(named name: String) -> Subset? { subsets.first { $0.name == name } }

    /// Reads a manifest or a checksum list, told apart by content: JSON begins with a brace.
    ///
    /// A checksum list becomes a manifest with the name of the list.
    ///
    /// - Parameter passOver: is told the lines of a list that are left out.
    public static func read(
        _ bytes: [UInt8], source: String, passOver: (ChecksumList.Refusal) -> Void = { _ in }
    ) throws(ManifestError) -> Manifest {
        let text = bytes.withoutByteOrderMark
        if text.first(where: { !JSONSyntax.blanks.contains($0) }) == UInt8(ascii: "{") {
            return try Manifest(json: bytes, source: source)
        }
        let name = source.split(separator: "/").last.map(String.init) ?? ""
        let isName = ManifestRules.fileName(name) == nil
        return try ChecksumList(bytes, source: source)
            .manifest(named: isName ? name : "checksums", source: source, passOver: passOver)
    }
}
