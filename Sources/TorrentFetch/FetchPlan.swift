public import DataFolder
public import DatasetManifest
public import Disk

/// What a fetch would do: which files, how many bytes, from where, and how much space they need. It
/// is made before the first byte and has all the numbers of a dry run.
///
///     let plan = try FetchPlan.survey(try manifest.select(.defaults), in: data, options)
///     if let refusal = plan.refusal { throw refusal }
///     for item in plan.items where item.isToDo { … }
public struct FetchPlan: Sendable, Equatable {
    public enum State: Sendable, Equatable {
        /// Verified before, and still the same file.
        case whole(Receipt)
        /// Under its final name and of the right size, but without a receipt.
        case unproven
        /// Under its final name with another size. With a torrent its good pieces are kept.
        case wrongSize(Int64)
        /// Unfinished, with a journal.
        case partial
        /// Unfinished, without a journal: it must be read.
        case candidate
        /// aria2 has not finished it.
        case halfFinished
        case absent
        /// All chosen classes are there and verified.
        case classesThere
        /// Removed after it was unpacked and verified; not wanted again.
        case retired(Receipt)
        /// Must be downloaded by hand; `found` is the size of a wrong file in its place.
        case manual(how: String?, found: Int64?)
        case superseded(by: String?)
    }

    public struct Item: Sendable, Equatable {
        public let file: ManifestFile
        public let state: State
        /// The size of the file; nil where it is unknown.
        public let size: Int64?
        /// Whether `size` is a published, rounded number.
        public let isSizeAbout: Bool
        /// Bytes under the final name, right or not.
        public let bytesThere: Int64
        /// Bytes to download. For a `candidate` and its like, the size of its holes.
        public let bytesMissing: Int64
        /// Bytes to download if none of what is there is right.
        public let bytesAtMost: Int64
        public let isMissingExact: Bool
        /// Disk space to allocate, beyond what the file already has.
        public let bytesOnDisk: Int64
        /// Files to create, journals and receipts included.
        public let inodes: Int64
        public let hasTorrent: Bool
        public let mirrors: Int
        /// Why this file is not fetched while the others are.
        public let refusal: FetchError?
        public let note: String?
        /// What the chosen classes come to; nil for a whole file.
        public let classes: ClassWork?

        public var isToDo: Bool {
            switch state {
            case .whole, .classesThere, .retired, .manual, .superseded: false
            default: refusal == nil
            }
        }

        /// Whether a run reports an outcome for it.
        public var isMeant: Bool {
            switch state {
            case .whole, .classesThere: return true
            default: break
            }
            return isToDo || refusal != nil
        }

        public var isToFetch: Bool {
            if case .unproven = state { return false }
            return isToDo
        }
    }

    /// The files in the order of the downloads: small ones first, so that a pipeline can be tried
    /// within minutes, then those that need no work.
    public let items: [Item]
    public let space: FreeSpace
    public let reserve: Int64
    /// Bytes that outputs made from the files will need on the same disk.
    public let furtherBytes: Int64

    /// - Parameter classes: what the chosen classes of a file come to, by the name of the file.
    public init(
        _ selected: SelectedFiles, found: [String: FoundFile], space: FreeSpace,
        _ options: FetchOptions = FetchOptions(), classes: [String: ClassWork] = [:]
    ) {
        self.space = space
        reserve = max(options.reserve, 0)
        furtherBytes = max(options.furtherBytes, 0)
        let names = Set((selected.files + selected.manual).map(\.name))
        let planned = selected.files.map {
            Item(
                $0, found[$0.name] ?? FoundFile(), options, beside: names,
                classes: classes[$0.name])
        }
        let manual = selected.manual.map { file in
            // A file that a person has put there is verified like any other.
            Item(
                file, found[file.name] ?? FoundFile(), options, orElse: file.source,
                isMissed: selected.missed.contains(file.name))
        }
        let superseded = selected.superseded.map { file in
            Item(file, FoundFile(), options, orElse: file.source)
        }
        items =
            planned.enumerated().sorted { a, b in
                let (x, y) = (a.element.size ?? .max, b.element.size ?? .max)
                return x == y ? a.offset < b.offset : x < y
            }.map(\.element) + manual + superseded
    }

    /// Looks at the folder and plans. Nothing is created, and no payload is read.
    public static func survey(
        _ selected: SelectedFiles, in data: DataFolder, _ options: FetchOptions = FetchOptions(),
        classes: (ManifestFile, FoundFile) -> ClassWork? = { _, _ in nil }
    ) throws(DiskError) -> FetchPlan {
        let boot = JournalStore.currentBoot()
        var found: [String: FoundFile] = [:]
        var chosen: [String: ClassWork] = [:]
        for file in selected.files + selected.manual {
            let there = try data.look(for: file.name, boot: boot)
            found[file.name] = there
            chosen[file.name] = classes(file, there)
        }
        return FetchPlan(
            selected, found: found, space: try data.freeSpace(), options, classes: chosen)
    }

    // MARK: All together

    public var bytesMissing: Int64 { total(\.bytesMissing) }

    /// Bytes to download if nothing that must be read first is right.
    public var bytesAtMost: Int64 { total(\.bytesAtMost) }

    public var bytesOnDisk: Int64 { total(\.bytesOnDisk) }

    public var inodes: Int64 { total(\.inodes) }

    public var isExact: Bool {
        items.allSatisfy {
            !$0.isToDo || ($0.isMissingExact && !$0.isSizeAbout && $0.size != nil)
        }
    }

    public var isNothingToDo: Bool { !items.contains { $0.isToDo } }

    /// Disk space for the files and for the outputs made from them.
    public var bytesNeeded: Int64 {
        let (sum, overflow) = bytesOnDisk.addingReportingOverflow(furtherBytes)
        return overflow ? .max : sum
    }

    /// Bytes that the disk lacks; 0 where everything fits and the reserve stays free.
    var shortfall: Int64 {
        // A used-up reserve is no reason to refuse a file that needs no space.
        guard bytesNeeded > 0 else { return 0 }
        let (wanted, overflow) = bytesNeeded.addingReportingOverflow(reserve)
        return max((overflow ? .max : wanted) - space.bytes, 0)
    }

    public var refusal: FetchError? {
        if shortfall > 0 {
            return .noSpace(
                needed: bytesOnDisk, further: furtherBytes, reserve: reserve, free: space.bytes)
        }
        if let free = space.inodes, inodes > free {
            return .noInodes(needed: inodes, free: free)
        }
        return nil
    }

    public var refusals: [FetchError] { items.compactMap(\.refusal) }

    private func total(_ value: (Item) -> Int64) -> Int64 {
        items.reduce(0) { sum, item in
            guard item.isToDo else { return sum }
            let (next, overflow) = sum.addingReportingOverflow(value(item))
            return overflow ? .max : next
        }
    }

    /// Splits the files to download by whether the disk has room for them, in the order of the
    /// plan: small files first.
    ///
    /// A caller that prefers some files to none plans those that fit again.
    public func fitting() -> (files: [ManifestFile], others: [ManifestFile]) {
        guard refusal != nil else { return (items.map(\.file), []) }
        var files: [ManifestFile] = []
        var others: [ManifestFile] = []
        let (beside, overflow) = reserve.addingReportingOverflow(furtherBytes)
        var bytes = overflow ? 0 : max(space.bytes - beside, 0)
        var inodes = space.inodes ?? .max
        for item in items {
            if item.isToDo {
                // A file that needs no more space fits even when the reserve is used up.
                guard item.bytesOnDisk <= bytes, item.inodes <= inodes else {
                    others.append(item.file)
                    continue
                }
                bytes -= item.bytesOnDisk
                inodes -= item.inodes
            }
            files.append(item.file)
        }
        return (files, others)
    }
}
