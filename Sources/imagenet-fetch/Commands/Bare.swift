import DatasetManifest
import Disk

/// What happens when nothing at all is asked for on a terminal: what is here, and what to type.
enum BareCommand {
    /// A file that the data set has.
    struct KnownFile: Sendable {
        let name: String
        /// Nil where it is not known.
        let size: Int64?
    }

    static func run(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        let files = try knownFiles(of: arguments, context)
        for line in try overview(of: files, arguments, context) { try context.console.result(line) }
        return .success
    }

    /// The files of the chosen data set that a program can get.
    private static func knownFiles(
        of arguments: Arguments, _ context: Context
    ) throws -> [KnownFile] {
        try arguments.chosenManifest(context).select(.all).files.map {
            KnownFile(name: $0.name, size: $0.size)
        }
    }

    static func overview(
        of files: [KnownFile], _ arguments: Arguments, _ context: Context
    ) throws(DiskError) -> [String] {
        let archives = arguments.dataFolder.appending("tar")
        let sizes = try presentSizes(context.resolve(archives))
        let width = files.map(\.name.columns).max() ?? 0
        var lines = ["\(archives):"]
        for file in files {
            lines.append("  \(file.name.padded(to: width))  \(state(of: file, sizes[file.name]))")
        }
        lines.append("")
        lines.append("Try:")
        lines += next.map { "  \($0)" }
        return lines
    }

    private static let next = [
        "imagenet-fetch sample tiny     a small data set like ImageNet, to try things on",
        "imagenet-fetch manifest show   the files of the data sets",
        "imagenet-fetch --help          everything else",
    ]

    private static func state(of file: KnownFile, _ present: Int64?) -> String {
        let known = file.size.map(Shown.bytes)
        guard let present else { return known.map { "absent (\($0))" } ?? "absent" }
        if let known, present != file.size {
            return "\(Shown.bytes(present)), but the whole file has \(known)"
        }
        return "present (\(Shown.bytes(present)))"
    }

    private static func presentSizes(_ path: Path) throws(DiskError) -> [String: Int64] {
        let folder: Folder
        do {
            folder = try Folder(path)
        } catch  where error.code == .notFound || error.code == .notAFolder {
            return [:]
        }
        var sizes: [String: Int64] = [:]
        for entry in try folder.entries() where entry.kind == .file || entry.kind == .link {
            // An archive may be a link to the lab's copy: what counts is what it leads to.
            guard let name = entry.name.string,
                let file = try? FileDescriptor(path.appending(entry.name), .reading)
            else { continue }
            sizes[name] = try file.size()
        }
        return sizes
    }
}
