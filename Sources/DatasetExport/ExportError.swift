public import Disk

/// Why something could not be made from a data set.
///
/// What the disk refuses comes through as the `DiskError` that it is.
public struct ExportError: Failure, Equatable {
    /// What went wrong, as far as a caller can act on it.
    public struct Code: Sendable, Hashable {
        let name: String
        /// An option has a value that cannot be.
        public static let badOption = Code(name: "badOption")
        /// There is something else where the output would stand.
        public static let exists = Code(name: "exists")
        /// The output would not fit on the disk.
        public static let noSpace = Code(name: "noSpace")
        /// A format cannot hold what was to be written.
        public static let unwritable = Code(name: "unwritable")
        /// A library (TurboJPEG, zlib) refused its work.
        public static let encoder = Code(name: "encoder")
        /// What was to be read is not what it should be.
        public static let badInput = Code(name: "badInput")
        /// An output of ours, or of MosaicML's writer, is not whole.
        public static let brokenOutput = Code(name: "brokenOutput")
        /// What was named holds nothing of what is asked for.
        public static let nothingThere = Code(name: "nothingThere")
        /// An archive has a member that must not become a file.
        public static let unsafeArchive = Code(name: "unsafeArchive")
    }

    public let code: Code
    public let message: String
    public let hint: Remedy?

    init(_ code: Code, _ message: String, hint: Remedy? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    static func outOfRange(_ option: String, _ value: Int, _ range: ClosedRange<Int>) -> ExportError
    {
        ExportError(
            .badOption,
            "cannot make a sample with \(option) \(value): it goes from \(range.lowerBound) to "
                + "\(range.upperBound)")
    }

    static func occupied(_ folder: Path) -> ExportError {
        ExportError(
            .exists, "refused to write the sample into \(folder): something else is there",
            hint: "name a new or empty folder")
    }

    static func otherSample(_ folder: Path, _ title: String) -> ExportError {
        ExportError(
            .exists,
            "refused to write the sample into \(folder): it holds another one (\(escaped(title)))",
            hint: "name a new folder, or ask for the same sample")
    }

    static func changed(_ folder: Path, _ file: Path) -> ExportError {
        ExportError(
            .exists,
            "the sample in \(folder) is no longer whole: \(file) has another size or is gone",
            hint: "remove the folder and make the sample again, or name a new one")
    }

    static func noSpace(_ folder: Path, needed: Int64, free: Int64) -> ExportError {
        ExportError(
            .noSpace,
            "the sample does not fit into \(folder): it takes about \(gibibytes(needed)), and "
                + "\(gibibytes(free)) are free",
            hint: "make room there, name a folder on another disk, or ask for fewer pictures")
    }

    static func gibibytes(_ bytes: Int64) -> String {
        let tenths = bytes / ((1 << 30) / 10)
        return "\(tenths / 10).\(tenths % 10) GiB"
    }

    static func tarName(_ name: Path) -> ExportError {
        ExportError(.unwritable, "cannot put \(name) into a tar: ustar has no room for such a name")
    }

    static func tarNumber(_ name: Path, _ value: Int64) -> ExportError {
        ExportError(
            .unwritable, "cannot put \(name) into a tar: ustar has no room for the number \(value)")
    }

    static func encoder(_ library: String, _ text: String) -> ExportError {
        ExportError(.encoder, "\(library) cannot encode: \(escaped(text))")
    }

    // MARK: Boxes

    static func badBoxes(_ file: Path, in archive: Path, _ reason: String) -> ExportError {
        ExportError(
            .badInput, "cannot read the boxes of \(file) in \(archive): \(reason)",
            hint: "verify the archive, and fetch it again if need be")
    }

    // MARK: Options

    static func unknownCompression(_ spelling: String, _ known: [String]) -> ExportError {
        ExportError(
            .badOption,
            "cannot compress by \"\(escaped(spelling.utf8))\": this program has "
                + "\(known.joined(separator: ", "))",
            hint: "a level may follow: zstd:7")
    }

    static func badCompressionLevel(
        _ spelling: String, _ method: String, _ levels: ClosedRange<Int>
    ) -> ExportError {
        ExportError(
            .badOption,
            "cannot compress by \"\(escaped(spelling.utf8))\": \(method) has the levels "
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
            hint: "verify the archive; images that are odd, but can be read, are listed by "
                + "\(.images, "list")")
    }

    static func unwritable(_ message: String, hint: Remedy? = nil) -> ExportError {
        ExportError(.unwritable, message, hint: hint)
    }

    // MARK: Outputs

    /// In GiB, or in MiB where that would be nothing.
    static func amount(_ bytes: Int64, roundingUp: Bool = false) -> String {
        let (unit, name): (Int64, String) = bytes < 1 << 30 ? (1 << 20, "MiB") : (1 << 30, "GiB")
        let (whole, rest) = max(bytes, 0).quotientAndRemainder(dividingBy: unit)
        let tenths = whole * 10 + (rest * 10 + (roundingUp ? unit - 1 : 0)) / unit
        return "\(tenths / 10).\(tenths % 10) \(name)"
    }

    public static func noRoom(_ folder: Path, needed: Int64, free: Int64) -> ExportError {
        ExportError(
            .noSpace,
            "the output does not fit into \(folder): it takes \(amount(needed, roundingUp: true)) "
                + "more, and \(amount(free)) are free",
            hint: "make room there, or name a folder on another disk with \(.outputFolder)")
    }

    static func noInodes(_ folder: Path, needed: Int64, _ free: Int64) -> ExportError {
        ExportError(
            .noSpace,
            "the output does not fit into \(folder): it has \(needed) files, and the file system "
                + "has room for \(free)",
            hint: "choose fewer shards, or a folder on another disk with \(.outputFolder)")
    }

    static func otherOutput(_ path: Path, _ reason: String, hint: Remedy? = nil) -> ExportError {
        ExportError(
            .exists, "refused to write \(path): \(reason)",
            hint: hint
                ?? "\(.force) replaces it once the new one is whole; or name another folder with "
                + "\(.outputFolder)")
    }

    static func notOurs(_ path: Path, _ reason: String) -> ExportError {
        ExportError(
            .exists, "refused to write \(path): \(reason)",
            hint: "\(.force) replaces only what the same command has made: move that away, or name "
                + "another folder")
    }

    static func brokenOutput(_ file: Path, _ reason: String, hint: Remedy? = nil) -> ExportError {
        ExportError(.brokenOutput, "\(file) is not what it should be: \(reason)", hint: hint)
    }

    static func noShards(_ folder: Path) -> ExportError {
        ExportError(
            .nothingThere, "there is nothing to verify in \(folder): its index names no shards",
            hint: "name the folder that holds shards")
    }

    // MARK: Test images and submissions

    static func unsafeMember(_ name: Path, in archive: Path, _ reason: String) -> ExportError {
        ExportError(
            .badInput, "refused \(archive): of its member \"\(name)\", \(reason)",
            hint: "no archive of ImageNet's is like this: verify it, or fetch it again")
    }

    static func noTestImage(_ name: Path, in archive: Path) -> ExportError {
        ExportError(
            .badInput, "refused \(archive): its member \"\(name)\" is no test image",
            hint: "name the archive of the test images, and then its patch")
    }

    static func compressedTest(_ archive: Path) -> ExportError {
        ExportError(
            .badInput, "cannot read images by offset from \(archive): it is no plain tar",
            hint: "decompress it first")
    }

    static func strayPatch(_ name: [UInt8], in patch: Path, of archive: Path) -> ExportError {
        ExportError(
            .badInput,
            "the patch \(patch) does not belong to \(archive): its image \(Path(bytes: name)) is "
                + "not there",
            hint: "name the archive of the test images first, and then its patch")
    }

    static func otherImageCount(_ archive: Path, _ count: Int, _ expected: Int) -> ExportError {
        ExportError(
            .badInput, "\(archive) has \(count) test images and not \(expected)",
            hint: "verify it, and fetch it again if need be; for another data set name its manifest"
        )
    }

    static func noIDs(_ source: String) -> ExportError {
        ExportError(
            .badInput, "cannot write ILSVRC ids: \(source) has none",
            hint: "the devkit archive has them; put it into data/tar")
    }
}
