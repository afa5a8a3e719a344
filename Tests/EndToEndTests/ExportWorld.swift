import Disk
import Support
import Testing

/// A small data set in a folder of its own, and the program to make something of it.
struct ExportWorld: ~Copyable {
    let folder: TemporaryFolder

    init(_ more: String...) throws {
        let folder = try TemporaryFolder()
        let made = try Support.run(
            Binary.path, ["sample", folder["s"].description, "--quiet"] + more)
        try #require(made.status == 0, "\(made.errors)")
        self.folder = folder
    }

    var options: [String] {
        [
            "--data", folder["s"].description, "--manifest",
            folder["s/manifest.json"].description,
        ]
    }

    func run(_ words: String...) throws -> CommandResult {
        try Support.run(Binary.path, words + options)
    }

    /// Every file below a folder with its digest, as the system's programs see it.
    func digests(_ name: String) throws -> String {
        try Support.run(
            "bash", ["-c", "cd '\(folder[name])' && find . -type f | sort | xargs sha1sum"]
        ).output
    }
}
