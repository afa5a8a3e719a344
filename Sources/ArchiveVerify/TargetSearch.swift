internal import DataFolder
public import DatasetManifest
public import Disk

/// Finds the files to verify in the places that the user names.
///
/// Files are known by their names: in manifests, in a checksum list, or from a receipt beside them.
/// A folder is searched two levels deep; unknown files in it are skipped.
public struct TargetSearch: Sendable {
    /// How deep folders are searched: their files, and those of their subfolders.
    private static let depth = 2

    private let known: KnownFiles
    /// The only names that count, if some were chosen.
    private let chosen: Set<String>?
    /// Those that must be there.
    private let required: [ManifestFile]
    private let state: Path?
    private let knowsByReceipt: Bool
    /// Not archives, whatever their names, and not searched.
    private let passedOver: Set<Path>

    /// - Parameters:
    ///   - chosen: the only files to find; nil for all known files.
    ///   - required: files that are reported as missing if they are not found.
    ///   - state: the folder of receipts; nil for the usual one beside each file.
    ///   - knowsByReceipt: whether a receipt alone makes a file known.
    ///   - passedOver: our outputs in the folders that are searched.
    public init(
        known: KnownFiles, chosen: [ManifestFile]? = nil, required: [ManifestFile] = [],
        state: Path? = nil, knowsByReceipt: Bool = true, passedOver: Set<Path> = []
    ) {
        self.passedOver = passedOver
        self.known = known
        self.chosen = chosen.map { Set($0.map(\.name)) }
        self.required = required
        self.state = state
        self.knowsByReceipt = knowsByReceipt
    }

    /// What a search finds.
    public struct Found: Sendable {
        public let targets: [Target]
        public let unfinished: [UnfinishedFile]

        public init(_ targets: [Target] = [], unfinished: [UnfinishedFile] = []) {
            self.targets = targets
            self.unfinished = unfinished
        }

        /// With what was wanted and is not finished as missing files.
        public var allTargets: [Target] {
            targets
                + unfinished.filter(\.isWanted).map { unfinished in
                    Target(
                        unfinished.path.parent.appending(unfinished.file.name), unfinished.file,
                        data: unfinished.data, size: nil, receipt: nil)
                }
        }
    }

    /// What was found in one search.
    private struct Findings {
        var targets: [Target] = []
        /// Downloads that are not complete, by the name of the file that they will be.
        var unfinished: [String: (path: Path, file: ManifestFile, isNamed: Bool)] = [:]
        var paths: Set<Path> = []
        var names: Set<String> = []
        /// Receipts of files that were not beside them, with the folders where they should be.
        var unmatched: [(receipt: Receipt, folder: Path)] = []
        var folders: [Path] = []
        /// The receipts of a state folder that all places share.
        var shared: [String: Receipt]?
    }

    /// The files to verify; one that was wanted and is not finished is missing.
    ///
    /// - Throws: as `find`.
    public func search(_ paths: [Path]) throws -> [Target] { try find(paths).allTargets }

    /// The files to verify, and the downloads beside them that are not finished.
    ///
    /// - Throws: `VerifyError`; `DiskError` for a place that is missing or cannot be read.
    public func find(_ paths: [Path]) throws -> Found {
        var findings = Findings()
        for path in paths { try look(at: path, &findings) }
        addMissing(&findings)
        if findings.targets.isEmpty, findings.unfinished.isEmpty {
            throw VerifyError.nothingToVerify(paths)
        }
        let required = Set(required.map(\.name))
        let unmatched = Set(findings.unmatched.map(\.receipt.fileName))
        let unfinished = findings.unfinished.sorted { $0.key < $1.key }
            .filter { !findings.names.contains($0.key) }
            .map { name, found in
                UnfinishedFile(
                    found.path, found.file, data: data(for: found.path),
                    // Where nothing else is there, it is what was meant.
                    isWanted: found.isNamed || chosen != nil || required.contains(name)
                        || unmatched.contains(name) || findings.targets.isEmpty)
            }
        return Found(findings.targets, unfinished: unfinished)
    }

    private func look(at path: Path, _ findings: inout Findings) throws {
        switch try Self.kind(of: path) {
        case .folder:
            findings.folders.append(path)
            try look(in: try Folder(path), levels: Self.depth, &findings)
        case .file: try add(named: path, &findings)
        case .nothing(let error):
            // In a missing folder, all required files are missing.
            if !required.isEmpty, known.file(named: path.lastComponent.string ?? "") == nil {
                findings.folders.append(path)
            } else {
                try addMissing(path, error, &findings)
            }
        }
    }

    private enum Place { case folder, file, nothing(DiskError) }

    private static func kind(of path: Path) throws(DiskError) -> Place {
        do throws(DiskError) {
            _ = try Folder(path)
            return .folder
        } catch {
            if error.code == .notAFolder { return .file }
            if error.code == .notFound { return .nothing(error) }
            throw error
        }
    }

    // MARK: Folders

    private func look(
        in folder: borrowing Folder, levels: Int, _ findings: inout Findings
    ) throws(DiskError) {
        let receipts = try receipts(beside: folder.path, &findings)
        let isRecorded = state != nil || !Trace.marks(folder)
        var there: Set<String> = []
        var inner: [Path] = []
        for entry in try folder.entries() {
            let path = folder.path.appending(entry.name)
            if passedOver.contains(path) { continue }
            let name = entry.name.string ?? ""
            if let size = try size(entry, in: folder),
                let file = file(named: name, size: size, receipts[name])
            {
                there.insert(name)
                add(path, file, size, receipts[name], isRecorded: isRecorded, &findings)
            } else if entry.kind == .file, let final = Self.finalName(name),
                let file = self.file(named: final, size: 0, receipts[final])
            {
                findings.unfinished[final] = (path, file, false)
            } else if entry.kind == .folder, entry.name.bytes.first != UInt8(ascii: ".") {
                inner.append(entry.name)
            }
        }
        for (_, receipt) in receipts.sorted(by: { $0.key < $1.key })
        where !there.contains(receipt.fileName) {
            findings.unmatched.append((receipt, folder.path))
        }
        guard levels > 1 else { return }
        for name in inner {
            do throws(DiskError) {
                try look(in: try folder.folder(name), levels: levels - 1, &findings)
            } catch  where error.code == .denied {
                // A folder without permission is skipped; required files in it are missing.
            }
        }
    }

    /// The size of a possible archive; nil for anything else.
    private func size(
        _ entry: Folder.Entry, in folder: borrowing Folder
    ) throws(DiskError) -> Int64? {
        switch entry.kind {
        case .file: return try folder.status(entry.name)?.size
        case .link:
            // A link to a folder is not followed: its files are elsewhere.
            let path = folder.path.appending(entry.name)
            do throws(DiskError) {
                return try FileDescriptor(path, .reading).size()
            } catch {
                // An unreadable target is reported; a dead link is ignored.
                return [.denied, .io].contains(error.code) ? 0 : nil
            }
        case .folder, .other: return nil
        }
    }

    /// The known file of this name, if it was chosen.
    private func file(named name: String, size: Int64, _ receipt: Receipt?) -> ManifestFile? {
        if let chosen, !chosen.contains(name) { return nil }
        if let file = known.file(named: name, size: size) { return file }
        return knowsByReceipt ? receipt.map(Self.file) : nil
    }

    /// A file that is known by its receipt only.
    private static func file(from receipt: Receipt) -> ManifestFile {
        ManifestFile(
            name: receipt.fileName, part: ChecksumList.part, size: receipt.identity.size,
            digests: receipt.digests, torrent: receipt.torrent)
    }

    private func add(
        _ path: Path, _ file: ManifestFile, _ size: Int64?, _ receipt: Receipt?,
        isRecorded: Bool = true, _ findings: inout Findings
    ) {
        findings.names.insert(file.name)
        // One file may be in two of the places.
        guard findings.paths.insert(path).inserted else { return }
        var target = Target(path, file, data: data(for: path), size: size, receipt: receipt)
        target.isRecorded = isRecorded
        findings.targets.append(target)
    }

    // MARK: Files

    private func add(named path: Path, _ findings: inout Findings) throws {
        let size = try Self.size(of: path)
        let name = path.lastComponent.string ?? ""
        let receipt = try receipt(of: name, at: path)
        guard let file = known.file(named: name, size: size) ?? receipt.map(Self.file) else {
            let twins = known.files(ofSize: size).map(\.name)
            if let final = Self.finalName(name) {
                guard let file = known.file(named: final) else {
                    throw VerifyError.unfinished(path, twins)
                }
                findings.unfinished[final] = (path, file, true)
                return
            }
            throw VerifyError.unknownFile(path, ofSize: twins)
        }
        let isRecorded = state != nil || !Self.isPublished(path.parent)
        add(path, file, size, receipt, isRecorded: isRecorded, &findings)
    }

    private static func isPublished(_ path: Path) -> Bool {
        guard let folder = try? Folder(path) else { return false }
        return Trace.marks(folder)
    }

    /// The name that an unfinished download will have; nil for any other name.
    private static func finalName(_ name: String) -> String? {
        let suffix = DataFolder.stagingName("").description
        guard name.hasSuffix(suffix), name.utf8.count > suffix.utf8.count else { return nil }
        return String(name.dropLast(suffix.count))
    }

    private static func size(of path: Path) throws(DiskError) -> Int64 {
        do throws(DiskError) {
            return try FileDescriptor(path, .reading).size()
        } catch  where [.denied, .io].contains(error.code) {
            // It exists; why it cannot be verified is reported later.
            return 0
        }
    }

    /// A path without a file: missing if its name is known, else a typo.
    private func addMissing(
        _ path: Path, _ error: DiskError, _ findings: inout Findings
    ) throws {
        let name = path.lastComponent.string ?? ""
        let receipt = try receipt(of: name, at: path)
        guard let file = known.file(named: name) ?? receipt.map(Self.file) else { throw error }
        let staging = path.parent.appending(DataFolder.stagingName(name))
        if (try? FileDescriptor(staging, .reading)) != nil {
            findings.unfinished[name] = (staging, file, true)
            return
        }
        add(path, file, nil, receipt, &findings)
    }

    // MARK: What is missing

    private func addMissing(_ findings: inout Findings) {
        guard let folder = findings.folders.first else { return }
        for file in required
        where !findings.names.contains(file.name) && findings.unfinished[file.name] == nil {
            add(folder.appending(file.name), file, nil, nil, &findings)
        }
        for (receipt, folder) in findings.unmatched where receipt.proof != .retired {
            let name = receipt.fileName
            // A shared state folder does not say which of the places it lay in.
            if state != nil, findings.names.contains(name) { continue }
            if findings.unfinished[name] != nil { continue }
            if let file = file(named: name, size: receipt.identity.size, receipt) {
                add(folder.appending(name), file, nil, receipt, &findings)
            }
        }
    }

    // MARK: What is known

    private func data(for path: Path) -> DataFolder { data(in: path.parent) }

    private func data(in folder: Path) -> DataFolder {
        DataFolder(folder, state: state ?? folder.appending(DataFolder.stateName))
    }

    private func receipts(
        beside folder: Path, _ findings: inout Findings
    ) throws(DiskError) -> [String: Receipt] {
        if let shared = findings.shared { return shared }
        var result: [String: Receipt] = [:]
        for receipt in try Self.readable({ () throws(DiskError) in
            try data(in: folder).receipts.list()
        }) ?? [] {
            result[receipt.fileName] = receipt
        }
        if state != nil { findings.shared = result }
        return result
    }

    private func receipt(of name: String, at path: Path) throws(DiskError) -> Receipt? {
        guard !name.isEmpty else { return nil }
        let reading = try Self.readable { () throws(DiskError) in
            try data(for: path).receipts.load(name)
        }
        guard case .receipt(let receipt)? = reading else { return nil }
        return receipt
    }

    /// Receipts that cannot be read are ignored: the files can be read.
    private static func readable<R>(
        _ body: () throws(DiskError) -> R
    ) throws(DiskError) -> R? {
        do throws(DiskError) {
            return try body()
        } catch  where [.denied, .notAFolder, .isALink].contains(error.code) {
            return nil
        }
    }
}
