internal import Archives
internal import DatasetManifest
internal import Disk

/// One walk through an archive: names at once, images in batches.
final class DeepWalk {
    private let check: DeepCheck
    private let images: ImageBatchCheck
    private let progress: @Sendable (Int64) throws -> Void
    private var report = DeepReport()
    private var batch = ImageBatch()
    /// Where the last batch ended.
    private var place: Int64 = 0
    /// Names in the archive itself, and in the current inner tar.
    private var outer = NameSet()
    private var inner = NameSet()
    /// The class of the current inner tar, by its name.
    private var wnid: UInt32?
    /// Why a compressed archive could not be read on.
    private var failure: ArchiveError?

    /// Members of such an archive between two reports of progress.
    private static let stride = 256

    init(
        _ check: DeepCheck, _ path: Path, _ progress: @escaping @Sendable (Int64) throws -> Void
    ) throws(DiskError) {
        self.check = check
        self.progress = progress
        images = ImageBatchCheck(
            archive: .init(try FileDescriptor(path, .reading)), inspector: check.inspector,
            threads: check.threads)
    }

    // MARK: Members

    func add(_ member: ArchiveMember) throws {
        if member.isContainer { return enter(member) }
        // A folder may appear more than once.
        if member.kind == .folder { return }
        report.members += 1
        if let stream = member.stream, report.members.isMultiple(of: Self.stride) {
            try progress(stream.place)
        }
        let isOutside = member.container.isEmpty
        let isNew = isOutside ? outer.insert(member.name) : inner.insert(member.name)
        if !isNew { report.add(.duplicate, member.path, "its name appeared before") }
        let name = ImageName(Self.base(member.name))
        guard name.isImage, member.kind == .file else {
            if hasImagesOnly { report.add(.stray, member.path, "it is not an image") }
            return
        }
        report.images += 1
        // It may belong to a class whose header is lost.
        if !member.isAdrift, let why = stray(name, isOutside) {
            report.add(.stray, member.path, why)
        }
        guard member.isWhole, !member.isSparse else {
            let why = member.isWhole ? "it is stored with holes" : "part of it is missing"
            return report.add(.cut, member.path, why)
        }
        guard member.storedSize > 0 else { return report.add(.empty, member.path, "it is empty") }
        if let stream = member.stream {
            take(member, stream)
        } else if let offset = member.offset {
            batch.append(
                offset: offset, size: member.storedSize, container: member.container,
                name: member.name)
        }
        if batch.isFull { try checkBatch() }
    }

    /// Holds an image that is read now or never.
    private func take(_ member: ArchiveMember, _ stream: MemberStream) {
        do throws(ArchiveError) {
            let count = try batch.append(
                stream, size: member.size, container: member.container, name: member.name)
            if count == 0, member.size == nil {
                report.add(.empty, member.path, "it is empty")
            } else if count > ImageBatchCheck.longest {
                report.add(.broken, member.path, "it is too long to check")
            } else if let size = member.size, count < size {
                report.add(.cut, member.path, "part of it is missing")
            }
        } catch {
            failure = failure ?? error
            report.add(.cut, member.path, "part of it cannot be read")
        }
    }

    private func enter(_ container: ArchiveMember) {
        report.classes += 1
        inner.removeAll()
        if !outer.insert(container.name) {
            report.add(.duplicate, container.path, "its name appeared before")
        }
        let name = Self.base(container.name)
        wnid =
            name.count == 13
            ? ImageName.classNumber(UnsafeRawBufferPointer(rebasing: name[..<9])) : nil
    }

    private var hasImagesOnly: Bool {
        switch check.role {
        case .trainImages, .valImages, .testImages: true
        default: false
        }
    }

    /// Why an image of this name does not belong here; nil if it does, or its name is not ImageNet's.
    private func stray(_ name: ImageName, _ isOutside: Bool) -> String? {
        switch (check.role, name) {
        case (.trainImages, _) where isOutside: return "it is in no class"
        case (.trainImages, .train(let number)):
            return wnid == nil || wnid == number ? nil : "it belongs to another class"
        case (.valImages, .train), (.valImages, .test), (.testImages, .train),
            (.testImages, .val), (.trainImages, .val), (.trainImages, .test):
            return "it belongs to another part of the data set"
        default: return nil
        }
    }

    private static func base(_ name: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard let slash = name.lastIndex(of: UInt8(ascii: "/")) else { return name }
        return UnsafeRawBufferPointer(rebasing: name[(slash + 1)...])
    }

    private func checkBatch() throws {
        guard batch.count > 0 else { return }
        let (start, length) = (place, max(batch.place - place, 0))
        let count = Double(batch.count)
        // Decoding takes far longer than reading: a batch is many seconds.
        let findings = try images.run(batch) { [progress] done in
            try progress(start + Int64(Double(length) * Double(done) / count))
        }
        for finding in findings { report.add(finding) }
        place = batch.place
        batch.removeAll()
        try progress(place)
    }

    // MARK: The end

    func conclude(_ outcome: MemberWalk.Outcome) throws -> DeepReport {
        try checkBatch()
        if let damage = failure ?? outcome.damage {
            let more = outcome.damageCount - 1
            report.add(
                .archive, nil,
                damage.message
                    + (more > 0 ? " (and at \(counted(more, "more place", "more places")))" : ""))
        }
        compare("image", "images", report.images, check.images)
        compare("class", "classes", report.classes, check.classes)
        report.isDecoded = check.inspector != nil && report.images > 0
        return report
    }

    /// It is not an archive, or cannot be read at all.
    func conclude(_ error: ArchiveError) throws -> DeepReport {
        report.isArchive = error.code != .notAnArchive
        report.add(.archive, nil, error.message)
        return report
    }

    private func compare(_ one: String, _ many: String, _ found: Int, _ wanted: Int64?) {
        guard let wanted, wanted != Int64(found) else { return }
        report.add(
            .count, nil, "\(thereAre(found, one, many)), not \(shown(Int(wanted)))")
    }
}

/// The names so far, as one hash each: a collision is as unlikely as a memory fault.
private struct NameSet {
    /// More than any data set has; further names are not compared.
    private static let most = 1 << 22
    private static let small = 1 << 14

    private var numbers: Set<UInt64> = []

    /// - Returns: false for a name that appeared before.
    mutating func insert(_ name: UnsafeRawBufferPointer) -> Bool {
        var hasher = Swift.Hasher()
        hasher.combine(bytes: name)
        let number = UInt64(bitPattern: Int64(hasher.finalize()))
        guard numbers.count < Self.most else { return !numbers.contains(number) }
        return numbers.insert(number).inserted
    }

    mutating func removeAll() { numbers.removeAll(keepingCapacity: numbers.count <= Self.small) }
}
