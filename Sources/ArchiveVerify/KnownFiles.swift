internal import Checksums
public import DatasetManifest

/// The files of some manifests, to be found by name, by size and by what is in them.
public struct KnownFiles: Sendable {
    private let byName: [String: [ManifestFile]]
    private let bySize: [Int64: [ManifestFile]]

    public init(_ files: [ManifestFile]) {
        byName = Dictionary(grouping: files, by: \.name)
        bySize = Dictionary(grouping: files.filter { $0.size != nil }) { $0.size ?? 0 }
    }

    public init(_ manifests: [Manifest]) { self.init(manifests.flatMap(\.files)) }

    /// The file of this name. Where several data sets have one, the first that has this size.
    public func file(named name: String, size: Int64? = nil) -> ManifestFile? {
        let files = byName[name] ?? []
        return files.first { $0.size == size } ?? files.first
    }

    /// The files that have exactly this size.
    public func files(ofSize size: Int64) -> [ManifestFile] { bySize[size] ?? [] }
}
