public import Disk
internal import Glibc

/// A fresh folder for one test, removed with all that is in it when the test is over.
public struct TemporaryFolder: ~Copyable {
    public let path: Path

    public init() throws {
        var template = Array("/tmp/imagenet-fetch-test.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw CannotMakeFolder(errno: errno) }
        path = Path(bytes: template.map { UInt8(bitPattern: $0) })
    }

    deinit {
        guard let parent = try? Folder(path.parent) else { return }
        try? parent.removeTree(path.lastComponent)
    }
}

struct CannotMakeFolder: Error {
    let errno: CInt
}
