import Disk
import Support

/// A temporary folder that a suite can hold.
final class TemporaryFolderBox {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    var path: Path { folder.path }

    /// Writes a file and returns where.
    func file(_ name: String, _ bytes: [UInt8]) throws -> Path {
        try Folder(folder.path).publish(Path(name), bytes)
        return folder.path.appending(name)
    }
}

extension Path {
    var bytesAsText: String { String(decoding: bytes, as: UTF8.self) }
}

/// SplitMix64: the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
