public import Disk

/// Why an export failed. Errors of the disk come through as `DiskError`.
public struct ExportError: Failure, Equatable {
    public struct Code: Sendable, Hashable {
        let name: String
        public static let badOption = Code(name: "badOption")
        /// Something else is where the output belongs.
        public static let exists = Code(name: "exists")
        public static let noSpace = Code(name: "noSpace")
        /// A format cannot hold this.
        public static let unwritable = Code(name: "unwritable")
        /// A library (TurboJPEG, zlib) failed.
        public static let encoder = Code(name: "encoder")
        /// The input is not what it should be.
        public static let badInput = Code(name: "badInput")
        /// An output is damaged or incomplete.
        public static let brokenOutput = Code(name: "brokenOutput")
        /// There is nothing of what was asked for.
        public static let nothingThere = Code(name: "nothingThere")
        /// A member of an archive must not become a file.
        public static let unsafeArchive = Code(name: "unsafeArchive")
    }

    public let code: Code
    public let message: String
    public let hint: Remedy?

    package init(_ code: Code, _ message: String, hint: Remedy? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    static func tarName(_ name: Path) -> ExportError {
        ExportError(
            .unwritable, "cannot put \(name) into a tar: the name does not fit into its header")
    }

    static func tarNumber(_ name: Path, _ value: Int64) -> ExportError {
        ExportError(
            .unwritable,
            "cannot put \(name) into a tar: the number \(value) does not fit into its header")
    }

    package static func encoder(_ library: String, _ text: String) -> ExportError {
        ExportError(.encoder, "\(library) cannot encode: \(escaped(text))")
    }

    // MARK: Boxes

    static func badBoxes(_ file: Path, in archive: Path, _ reason: String) -> ExportError {
        ExportError(
            .badInput, "cannot read the boxes of \(file) in \(archive): \(reason)",
            hint: "verify the archive, and download it again if it is damaged")
    }

    // MARK: Options

    static func unknownCompression(
        _ spelling: String, _ known: [String], hint: Remedy? = "a level may follow: zstd:7"
    ) -> ExportError {
        ExportError(
            .badOption,
            "unknown compression \"\(escaped(spelling))\" (there are "
                + "\(known.joined(separator: ", ")))",
            hint: hint)
    }

    static func badCompressionLevel(
        _ spelling: String, _ method: String, _ levels: ClosedRange<Int>
    ) -> ExportError {
        ExportError(
            .badOption,
            "bad compression \"\(escaped(spelling))\": the levels of \(method) are "
                + "\(levels.lowerBound) to \(levels.upperBound)")
    }

    static func badOption(_ message: String, hint: Remedy? = nil) -> ExportError {
        ExportError(.badOption, message, hint: hint)
    }

    // MARK: Samples

    static func badInput(_ message: String, hint: Remedy? = nil) -> ExportError {
        ExportError(.badInput, message, hint: hint)
    }

    static func noImages(_ place: Path, _ what: String) -> ExportError {
        ExportError(.badInput, "there are no images for \(what) in \(place)")
    }

    static func brokenImage(_ name: ArraySlice<UInt8>, _ fault: String) -> ExportError {
        ExportError(
            .badInput, "the image \(escaped(name)) is broken: \(fault)",
            hint: "verify the archive; \(.images, "list") names images that are odd but readable")
    }

    static func unwritable(_ message: String, hint: Remedy? = nil) -> ExportError {
        ExportError(.unwritable, message, hint: hint)
    }

    // MARK: Outputs

    package static func noRoom(
        _ folder: Path, needed: Int64, free: Int64, for what: String = "the output",
        isAtLeast: Bool = false
    ) -> ExportError {
        ExportError(
            .noSpace,
            "not enough disk space in \(folder): \(what) needs \(isAtLeast ? "at least " : "")"
                + "\(ByteCount.text(needed, .up)) more, and \(ByteCount.text(free, .down)) are free",
            hint: "make room, or choose a folder on another disk with \(.outputFolder)")
    }

    static func noInodes(
        _ folder: Path, needed: Int64, free: Int64, for what: String
    ) -> ExportError {
        ExportError(
            .noSpace,
            "not enough inodes in \(folder): \(what) needs \(needed) files and folders, and the "
                + "file system has room for \(free) more",
            hint: what == "the output"
                ? "choose fewer shards, or a folder on another disk with \(.outputFolder)"
                : "choose a folder on another file system with \(.outputFolder), or make shards, "
                    + "which are few files: see \(OutputFormats.all.map(\.name).joined(separator: ", "))"
        )
    }

    static func otherOutput(_ path: Path, _ reason: String, hint: Remedy? = nil) -> ExportError {
        ExportError(
            .exists, "refused to write \(path): \(reason)",
            hint: hint
                ?? "\(.force) replaces it once the new one is complete; or choose another folder with "
                + "\(.outputFolder)")
    }

    static func notOurs(_ path: Path, _ reason: String) -> ExportError {
        ExportError(
            .exists, "refused to write \(path): \(reason)",
            hint: "\(.force) only replaces outputs of the same command: move it away, or choose "
                + "another folder")
    }

    static func brokenOutput(_ file: Path, _ reason: String, hint: Remedy? = nil) -> ExportError {
        ExportError(.brokenOutput, "\(file) is damaged: \(reason)", hint: hint)
    }

    /// Slices of an output are not all there.
    static func unmerged(_ folder: Path, _ reason: String, hint: Remedy) -> ExportError {
        ExportError(.brokenOutput, "cannot finish \(folder): \(reason)", hint: hint)
    }

    static func noShards(_ folder: Path) -> ExportError {
        ExportError(
            .nothingThere, "there is nothing to verify in \(folder): its index names no shards",
            hint: "choose a folder that holds shards")
    }

    // MARK: Test images and submissions

    static func unsafeMember(_ name: Path, in archive: Path, _ reason: String) -> ExportError {
        ExportError(
            .badInput, "refused \(archive) because of its member \"\(name)\": \(reason)",
            hint: "ImageNet's own archives have no such member: verify it, or download it again")
    }

    static func noTestImage(_ name: Path, in archive: Path) -> ExportError {
        ExportError(
            .badInput, "refused \(archive): its member \"\(name)\" is not a test image",
            hint: "name the archive of the test images first, and then its patch")
    }

    static func compressedTest(_ archive: Path) -> ExportError {
        ExportError(
            .badInput, "cannot read images by offset from \(archive): it is not a plain tar",
            hint: "decompress it first")
    }

    static func strayPatch(_ name: [UInt8], in patch: Path, of archive: Path) -> ExportError {
        ExportError(
            .badInput,
            "the patch \(patch) does not belong to \(archive), which has no image "
                + "\(Path(bytes: name))",
            hint: "name the archive of the test images first, and then its patch")
    }

    static func otherImageCount(_ archive: Path, _ count: Int, _ expected: Int) -> ExportError {
        ExportError(
            .badInput, "\(archive) has \(count) test images instead of \(expected)",
            hint:
                "verify it, and download it again if it is damaged; for another data set, name its manifest"
        )
    }

    static func noIDs(_ source: String) -> ExportError {
        ExportError(
            .badInput, "cannot write ILSVRC ids: \(source) has none",
            hint: "the devkit archive has them; put it into data/tar")
    }
}
