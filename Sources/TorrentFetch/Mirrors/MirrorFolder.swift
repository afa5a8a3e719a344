public import Disk

/// The folder that a mirror's files lie in, for the small files that are published beside them.
public struct MirrorFolder: Hashable, Sendable, CustomStringConvertible {
    private enum Place: Hashable, Sendable {
        /// Ends in a slash.
        case web(String)
        case local(Path)
    }

    private let place: Place
    /// For display.
    public let description: String
    /// Whether it is on ImageNet's own server.
    public let isImageNet: Bool

    /// - Parameters:
    ///   - address: a mirror as a person or a manifest names it: of a folder, or of one file.
    ///   - fileName: a file that is to be got from it.
    /// - Returns: nil for the address of another file, and where no folder can be told.
    public init?(of address: String, holding fileName: String) {
        guard let address = Mirror.address(address, of: fileName), !address.isEmpty else {
            return nil
        }
        guard address.contains("://") else {
            self.init(Path(address), fileName)
            return
        }
        guard let url = URLParts.resolve(address, against: address), let parts = URLParts(url),
            !parts.hasQuery, !parts.hasCredentials
        else { return nil }
        if parts.scheme == "file" {
            guard let bytes = URLParts.percentDecoded(parts.path) else { return nil }
            self.init(Path(bytes: bytes), fileName)
            return
        }
        guard ["http", "https"].contains(parts.scheme), let slash = url.lastIndex(of: "/") else {
            return nil
        }
        let folder = String(url[...slash])
        self.init(.web(folder), escaped(folder), isImageNet: Mirror.isImageNet(parts.host))
    }

    private init(_ path: Path, _ fileName: String) {
        let isFile = path.lastComponent == Path(fileName) && (try? Folder(path)) == nil
        // With a slash or without, it is one folder.
        let folder = isFile ? path.parent : path.parent.appending(path.lastComponent)
        self.init(.local(folder), folder.description, isImageNet: false)
    }

    private init(_ place: Place, _ description: String, isImageNet: Bool) {
        self.place = place
        self.description = description
        self.isImageNet = isImageNet
    }

    /// The bytes of a small file there. Nothing of them is verified.
    ///
    /// Blocks the calling thread. A web server is asked once, and has to know byte ranges.
    ///
    /// - Parameters:
    ///   - limit: the most bytes that the file may have.
    ///   - patience: how long a server may take to answer.
    /// - Throws: `FetchError` as `RemoteFile`; `DiskError` for a folder; the reason to stop.
    public func contents(
        of name: String, limit: Int, options: MirrorOptions = MirrorOptions(),
        patience: Duration = .seconds(10), stop: StopCheck = .never
    ) throws -> [UInt8] {
        switch place {
        case .local(let folder):
            return try FileDescriptor(folder.appending(name), .reading).contents(limit: limit)
        case .web(let folder):
            var options = options
            // A pause as long as the patience: there is no second attempt.
            options.pause = patience
            let mirror = try Mirror(
                folder, fileName: name, allowsInsecureHTTP: options.allowsInsecureHTTP)
            let file = try RemoteFile(mirror, options: options, patience: patience, stop: stop)
            guard file.size <= Int64(limit) else {
                throw FetchError.mirror(
                    .mirrorRefused, mirror,
                    "its file has \(file.size) bytes, and such a file may have \(limit)")
            }
            var bytes = [UInt8](repeating: 0, count: Int(file.size))
            let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
            return Array(bytes[..<count])
        }
    }
}
