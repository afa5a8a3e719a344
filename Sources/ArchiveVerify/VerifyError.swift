internal import DatasetManifest
public import Disk

/// Why nothing can be verified.
public struct VerifyError: Failure, Equatable {
    public struct Code: Sendable, Hashable {
        let name: String
        /// No manifest, list or receipt knows the file.
        public static let unknownFile = Code(name: "unknownFile")
        /// There are no known files in the places that were named.
        public static let nothingToVerify = Code(name: "nothingToVerify")
        /// The folder has no ImageNet images, or far too many folders.
        public static let noDataset = Code(name: "noDataset")
    }

    public let code: Code
    public let message: String
    public let hint: Remedy?

    /// An unfinished download has its full length from the start.
    ///
    /// - Parameter names: what it may become.
    static func unfinished(_ path: Path, _ names: [String]) -> VerifyError {
        VerifyError(
            code: .unknownFile,
            message: "cannot verify \(path): its name says that it is still being downloaded",
            hint: names.first.map { name in
                "\(run: .fetch, .only(name)) resumes it, and renames it when it is complete"
            })
    }

    static func unknownFile(_ path: Path, ofSize twins: [String]) -> VerifyError {
        let hint =
            twins.isEmpty
            ? "name a manifest or a checksum list that lists it with \(.manifest)"
            : "it has the size of \(twins.map { escaped($0) }.joined(separator: " and of ")): "
                + "rename it if it is that file"
        return VerifyError(
            code: .unknownFile, message: "cannot verify \(path): no file of this name is known",
            hint: hint)
    }

    static func nothingToVerify(_ places: [Path]) -> VerifyError {
        let named = places.map(\.description).joined(separator: ", ")
        return VerifyError(
            code: .nothingToVerify,
            message: "nothing to verify in \(named): no file there has a known name",
            hint: "name a manifest or a checksum list that lists them with \(.manifest)")
    }

    static func tooManyFolders(_ path: Path, _ most: Int) -> VerifyError {
        VerifyError(
            code: .noDataset,
            message: "cannot check \(path): it has more than \(most) folders, but ImageNet has two "
                + "thousand", hint: "name the folder that holds train and val")
    }

    static func noImages(_ path: Path, archives: Sightings) -> VerifyError {
        // Any folder of a system has archives.
        let first = archives.examples.first { path in
            let name = path.split(separator: "/").last ?? ""
            return name.hasPrefix("ILSVRC") || WNID(name.prefix { $0 != "." }) != nil
        }
        return VerifyError(
            code: .noDataset,
            message: "nothing to check in \(path): no file there has the name of an "
                + "ImageNet image",
            hint: first.map {
                "it has archives, such as \($0): \(run: .verify) checks them, and "
                    + "\(run: .untar) unpacks them"
            } ?? "name the folder that holds train and val")
    }
}
