public import Disk
internal import Glibc

/// A fresh folder that is gone, with all that is in it, when the test has ended.
public struct TemporaryFolder: ~Copyable {
    public let path: Path

    public init() throws {
        let top = Path("/tmp")
        var name = "imagenet-fetch-test-"
        for _ in 0..<4 { name += String(UInt32.random(in: 0...UInt32.max), radix: 36) }
        path = top.appending(name)
        _ = try Folder(top).folder(Path(name), creating: true)
    }

    deinit {
        try? Folder(path.parent).removeTree(path.lastComponent)
    }
}
