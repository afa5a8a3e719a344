import Disk
import Glibc
import Support

/// A disk of its own, mounted on a folder for as long as a test holds it.
final class SmallDisk {
    private let folder: Path

    /// Only root may mount, and not in every container.
    static let isPossible: Bool = {
        guard getuid() == 0, let scratch = try? TemporaryFolder() else { return false }
        return (try? SmallDisk(scratch["disk"], image: scratch["image"], mebibytes: 1)) != nil
    }()

    init(_ folder: Path, image: Path, mebibytes: Int) throws {
        self.folder = folder
        mkdir(folder.description, 0o755)
        let commands = [
            ["truncate", "-s", "\(mebibytes)M", image.description],
            ["mkfs.ext2", "-q", "-m", "0", image.description],
            ["mount", "-o", "loop", image.description, folder.description],
        ]
        for command in commands {
            let result = try run(command[0], Array(command.dropFirst()))
            guard result.status == 0 else { throw RigFailed(reason: result.errors) }
        }
    }

    deinit { _ = try? run("umount", [folder.description]) }
}
