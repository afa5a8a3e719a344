internal import DataFolder
internal import DatasetManifest
internal import Disk

/// The file beside a published archive that says where its classes lie, so that others download
/// single classes without searching.
struct PublishedIndex {
    private let file: ManifestFile
    private let data: DataFolder

    init(_ file: ManifestFile, _ data: DataFolder) {
        self.file = file
        self.data = data
    }

    var name: Path { Path(ClassIndexFile.name(for: file.name)) }

    /// What to publish: what is there already if it is for this archive, else what the headers of the
    /// archive say. Nil for an archive without class tars.
    func index(in folder: borrowing Folder, size: Int64) throws -> ClassIndex? {
        guard file.role == .trainImages else { return nil }
        if let there = try Publication.contents(of: name, in: folder),
            let old = read(there), old.size == size
        {
            return old.index
        }
        let archive =
            try ifPresent(FileDescriptor(data.archive(file.name), .reading)) == nil
            ? folder.path.appending(file.name) : data.archive(file.name)
        let index = try ClassTars.index(of: archive)
        return index.entries.isEmpty ? nil : index
    }

    /// Whether these bytes are an index of the archive, as we write it.
    func isOurs(_ bytes: [UInt8]) -> Bool { read(bytes)?.encoded == bytes }

    private func read(_ bytes: [UInt8]) -> ClassIndexFile? {
        guard let old = try? ClassIndexFile(json: bytes, source: file.name),
            old.fileName == file.name
        else { return nil }
        return old
    }
}
