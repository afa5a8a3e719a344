public import Disk
internal import Glibc

/// A fresh folder for one test, removed with all that is in it when the test lets go of it.
public struct TemporaryFolder: ~Copyable {
    public let path: Path

    public init() throws {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/imagenet-fetch-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw CannotMakeFolder(base: base) }
        path = Path(bytes: template.map { UInt8(bitPattern: $0) })
    }

    deinit {
        guard let parent = try? Folder(path.parent) else { return }
        try? parent.removeTree(path.lastComponent)
    }

    /// A path below this folder.
    public subscript(_ name: String) -> Path { path.appending(name) }

    /// Writes a file below this folder, and the folders above it.
    public func write(_ contents: [UInt8], to name: String) throws {
        let target = self[name]
        try Folder.creating(target.parent).publish(target.lastComponent, contents)
    }

    public func write(_ text: String, to name: String) throws {
        try write(Array(text.utf8), to: name)
    }

    /// The bytes of a file below this folder.
    public func read(_ name: String) throws -> [UInt8] {
        try FileDescriptor(self[name], .reading).contents(limit: 1 << 30)
    }

    public func text(_ name: String) throws -> String {
        String(decoding: try read(name), as: UTF8.self)
    }

    /// The names in this folder, sorted.
    public func names(in name: String = "") throws -> [String] {
        try Folder(self[name]).entries().map { $0.name.description }
    }
}

struct CannotMakeFolder: Error {
    let base: String
}
