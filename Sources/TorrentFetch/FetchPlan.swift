public import DataFolder
public import DatasetManifest
public import Disk

/// What a fetch would do: which files, how many bytes are missing, from where they can come, what
/// the disk must have. Made before the first byte; a value with all the numbers that a dry run shows.
///
///     let plan = try FetchPlan.survey(try manifest.select(.defaults), in: data, options)
///     if let refusal = plan.refusal { throw refusal }
///     for item in plan.items where item.isToDo { … }
public struct FetchPlan: Sendable, Equatable {
    public struct Options: Sendable, Equatable {
        /// Bytes to leave free on the disk.
        public var reserve = FetchOptions.usualReserve
        /// Bytes that what is made of the files takes on the same disk, afterwards.
        public var furtherBytes: Int64 = 0
        public var usesSwarm = true
        public var usesMirrors = true
        /// Mirrors beyond those of the manifest.
        public var extraMirrors = 0
        /// Files that nothing pins are fetched too, and pinned by their first use.
        public var allowsUnverified = false
        /// Files that were removed after a proven unpack are fetched again when they are meant.
        public var fetchesRetired = true

        public init() {}
    }

    /// How far a file is.
    public enum State: Sendable, Equatable {
        /// Proven before, and still the same file.
        case whole(Receipt)
        /// Under its final name and of the right size, but nothing says that it was proven.
        case unproven
        /// Under its final name with another size. With a torrent its good pieces are kept.
        case wrongSize(Int64)
        /// Half there, with a journal that says what.
        case partial
        /// Half there, without a journal: what it holds shows when it is read.
        case candidate
        /// aria2 has not finished it.
        case halfFinished
        case absent
        /// Removed by us after a proven unpack; not wanted again.
        case retired(Receipt)
        /// Only a person can get it; what lies in its place has so many bytes, and not its own.
        case manual(how: String?, found: Int64?)
        /// Another file stands in its place.
        case superseded(by: String?)
    }

    public struct Item: Sendable, Equatable {
        public let file: ManifestFile
        public let state: State
        /// The bytes of the file; nil where nobody has said.
        public let size: Int64?
        /// Whether `size` is a published, rounded number.
        public let isSizeAbout: Bool
        /// Bytes that lie there under the final name, right or not.
        public let bytesThere: Int64
        /// Bytes still to come; for a `candidate` and its like as many as the file has holes.
        public let bytesMissing: Int64
        /// Bytes to come if nothing of what is there turns out to be right.
        public let bytesAtMost: Int64
        /// Whether `bytesMissing` is known, not guessed.
        public let isMissingExact: Bool
        /// Bytes that will be taken from the disk: those beyond what the file already takes up.
        public let bytesOnDisk: Int64
        /// Files that will be made, journals and receipts among them.
        public let inodes: Int64
        public let hasTorrent: Bool
        public let mirrors: Int
        /// Why this file is not fetched, while the others are.
        public let refusal: FetchError?
        /// What a person should know about it besides.
        public let note: String?

        /// Whether there is anything to read or fetch.
        public var isToDo: Bool {
            switch state {
            case .whole, .retired, .manual, .superseded: false
            default: refusal == nil
            }
        }

        /// Whether a run says something about it in the end, and does not pass over it.
        public var isMeant: Bool {
            if case .whole = state { return true }
            return isToDo || refusal != nil
        }

        /// Whether bytes are to come over a wire.
        public var isToFetch: Bool {
            if case .unproven = state { return false }
            return isToDo
        }
    }

    /// The files in the order in which they are fetched: small ones first, so that a pipeline can be
    /// tried within minutes; then those that there is nothing to do for by us.
    public let items: [Item]
    public let space: FreeSpace
    public let reserve: Int64
    /// Bytes that what is made of the files takes on the same disk, afterwards.
    public let furtherBytes: Int64

    public init(
        _ selected: SelectedFiles, found: [String: FoundFile], space: FreeSpace,
        _ options: Options = Options()
    ) {
        self.space = space
        reserve = max(options.reserve, 0)
        furtherBytes = max(options.furtherBytes, 0)
        let names = Set((selected.files + selected.manual).map(\.name))
        let planned = selected.files.map {
            Item($0, found[$0.name] ?? FoundFile(), options, beside: names)
        }
        let manual = selected.manual.map { file in
            // What a person has already put there is proven like any other.
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

    /// Looks at what the folder has, then plans. Nothing is made, and no payload is read.
    public static func survey(
        _ selected: SelectedFiles, in data: DataFolder, _ options: Options = Options()
    ) throws(DiskError) -> FetchPlan {
        let boot = JournalStore.currentBoot()
        var found: [String: FoundFile] = [:]
        for file in selected.files + selected.manual {
            found[file.name] = try data.look(for: file.name, boot: boot)
        }
        return FetchPlan(selected, found: found, space: try data.freeSpace(), options)
    }

    // MARK: All together

    public var bytesMissing: Int64 { total(\.bytesMissing) }

    /// Bytes to come if nothing that is to be looked at first turns out to be right.
    public var bytesAtMost: Int64 { total(\.bytesAtMost) }

    public var bytesOnDisk: Int64 { total(\.bytesOnDisk) }

    public var inodes: Int64 { total(\.inodes) }

    /// Whether every number above is known, not about.
    public var isExact: Bool {
        items.allSatisfy {
            !$0.isToDo || ($0.isMissingExact && !$0.isSizeAbout && $0.size != nil)
        }
    }

    public var isNothingToDo: Bool { !items.contains { $0.isToDo } }

    /// What the disk must have for the files and for what is made of them.
    public var bytesNeeded: Int64 {
        let (sum, overflow) = bytesOnDisk.addingReportingOverflow(furtherBytes)
        return overflow ? .max : sum
    }

    /// Bytes that the disk lacks; 0 where everything fits and the reserve stays free.
    public var shortfall: Int64 {
        // A reserve that is used up already is no reason to refuse what needs nothing.
        guard bytesNeeded > 0 else { return 0 }
        let (wanted, overflow) = bytesNeeded.addingReportingOverflow(reserve)
        return max((overflow ? .max : wanted) - space.bytes, 0)
    }

    /// Why nothing of it can be begun: it does not fit.
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

    /// Why files that were meant are not fetched, while the others are.
    public var refusals: [FetchError] { items.compactMap(\.refusal) }

    private func total(_ value: (Item) -> Int64) -> Int64 {
        items.reduce(0) { sum, item in
            guard item.isToDo else { return sum }
            let (next, overflow) = sum.addingReportingOverflow(value(item))
            return overflow ? .max : next
        }
    }
}
