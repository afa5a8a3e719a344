public import Disk

/// Why a manifest, a checksum list, a magnet link or a torrent was refused, or a choice among the
/// files of a data set makes no sense.
public struct ManifestError: Failure, Equatable {
    public struct Code: Sendable, Hashable {
        let name: String
        /// The bytes are not JSON, a list or a link at all.
        public static let syntax = Code(name: "syntax")
        /// The syntax is right, but the contents cannot be.
        public static let invalid = Code(name: "invalid")
        /// Written for a version of the schema that this program does not know.
        public static let newerVersion = Code(name: "newerVersion")
        /// More bytes, files or levels than such a file can have.
        public static let tooLarge = Code(name: "tooLarge")
        /// A part or a file that the data set does not have.
        public static let unknownPart = Code(name: "unknownPart")
        /// A data set that is not built in.
        public static let unknownDataSet = Code(name: "unknownDataSet")
    }

    public let code: Code
    public let message: String
    public let hint: Remedy?

    init(_ code: Code, _ message: String, hint: Remedy? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    static func syntax(_ source: String, at place: String, _ reason: String) -> ManifestError {
        ManifestError(.syntax, "refused \(escaped(source)): \(place): \(reason)")
    }

    static func invalid(_ source: String, at place: String, _ reason: String) -> ManifestError {
        ManifestError(.invalid, "refused \(escaped(source)): \(place): \(reason)")
    }

    static func tooLarge(_ source: String, _ reason: String) -> ManifestError {
        ManifestError(.tooLarge, "refused \(escaped(source)): \(reason)")
    }

    static func newerVersion(_ source: String, schema: String) -> ManifestError {
        ManifestError(
            .newerVersion,
            "refused \(escaped(source)): $.schema: written for a newer version of this program "
                + "(\(escaped(schema)))",
            hint: "install a newer imagenet-fetch, or write the manifest as \(Manifest.schema)")
    }

    static func unknownPart(_ name: String, in manifest: Manifest) -> ManifestError {
        ManifestError(
            .unknownPart,
            "\(escaped(manifest.name)) has no part and no file named \(escaped(name))",
            hint: "it has the parts \(manifest.parts.map { escaped($0) }.joined(separator: ", "))")
    }

    static func unknownDataSet(_ name: String, known: [String]) -> ManifestError {
        ManifestError(
            .unknownDataSet, "there is no data set named \(escaped(name))",
            hint: "built in are \(known.joined(separator: ", ")); for others use \(.manifest)")
    }
}
