internal import Archives
internal import DatasetManifest
internal import Disk

/// The tree that a tar will become, from its headers alone: jobs, and the number of files in each
/// folder. Class tars' images do not need memory.
struct TarSurvey: Sendable {
    struct Job: Sendable {
        /// Nil if the members are in `list`.
        var classTar: ClassTar?
        var members: Range<Int>
        var bytes: Int64
        /// Bytes in whole disk blocks.
        var room: Int64

        var files: Int { members.count }
    }

    /// Shows whether an archive was cut between two members.
    struct Completeness: Sendable, Equatable {
        var images = 0
        /// The first class tar without an end mark.
        var openTar: Path?
    }

    struct ClassTar: Sendable {
        let name: Path
        /// The folder of its images, unless the tree is flat.
        let folder: Path
        let range: Range<Int64>
    }

    /// Images of a job without class tars: some tens of mebibytes.
    private static let runLength = 256

    private(set) var jobs: [Job] = []
    /// Members that are not in class tars.
    private(set) var list = FileList()
    private(set) var listing = TreeListing()
    private(set) var completeness = Completeness()

    var files: Int { jobs.reduce(0) { $0 + $1.files } }
    var bytes: Int64 { jobs.reduce(0) { $0 + $1.bytes } }

    /// The bytes of the other folders.
    func bytes(notIn folders: Set<Path>) -> Int64 {
        let tars = jobs.reduce(Int64(0)) { sum, job in
            guard let tar = job.classTar, !folders.contains(tar.folder) else { return sum }
            return sum + job.bytes
        }
        return list.records.reduce(tars) { sum, record in
            folders.contains(list.folders[Int(record.folder)]) ? sum : sum + record.size
        }
    }

    /// Reads the headers.
    ///
    /// - Parameter progress: gets the number of files, on any thread.
    /// - Returns: nil if members have no offsets.
    /// - Throws: `ExportError` `.unsafeArchive` for the first member that must not become a file;
    ///   `ArchiveError` for a damaged archive.
    static func of(
        _ lister: FileLister, threads: Int, progress: @escaping @Sendable (Int) throws -> Void
    ) throws -> TarSurvey? {
        var survey = TarSurvey()
        if case .classTars = lister.rule.form {
            try survey.findClassTars(lister, threads, progress)
            return survey
        }
        do {
            survey.list = try lister.members(progress)
        } catch is FileLister.NoOffsets {
            return nil
        }
        survey.completeness.images = survey.list.images
        survey.cutIntoRuns()
        return survey
    }

    // MARK: Class tars

    private mutating func findClassTars(
        _ lister: FileLister, _ threads: Int, _ progress: @escaping @Sendable (Int) throws -> Void
    ) throws {
        let rule = lister.rule
        let tars = try lister.classTars()
        let found = Monitor([Int: (job: Job, hashes: [UInt64])]())
        let complete = Monitor([Int: (images: Int, isOpen: Bool)]())
        let counted = Monitor(0)
        try Workers.forEach(tars.count, threads: threads) { index in
            let list = try lister.members(of: tars[index])
            let job = Job(
                classTar: tars[index], members: 0..<list.count, bytes: list.bytes,
                room: list.room)
            let hashes = rule.isFlat ? list.records.map(list.hash) : []
            found.update { $0[index] = (job, hashes) }
            complete.update { $0[index] = (list.images, !list.hasEndMark) }
            try progress(
                counted.update { count in
                    count += list.count
                    return count
                })
        }
        let ends = complete.read { $0 }
        completeness.images = ends.values.reduce(0) { $0 + $1.images }
        completeness.openTar = tars.indices.first { ends[$0]?.isOpen == true }
            .map { tars[$0].name }
        let all = found.read { $0 }
        for index in tars.indices {
            guard let job = all[index]?.job else { continue }
            jobs.append(job)
            listing.add(rule.isFlat ? "" : tars[index].folder, files: job.files)
        }
        if rule.isFlat { try checkFlat(all.mapValues(\.hashes), lister) }
    }

    /// In a flat folder, images of different classes must have different names.
    private func checkFlat(_ hashes: [Int: [UInt64]], _ lister: FileLister) throws {
        var pairs = hashes.flatMap { tar, hashes in hashes.map { (hash: $0, tar: tar) } }
        pairs.sort { $0.hash < $1.hash }
        for (one, other) in zip(pairs, pairs.dropFirst()) where one.hash == other.hash {
            guard let first = jobs[one.tar].classTar, let second = jobs[other.tar].classTar else {
                continue
            }
            let names = Set(try lister.members(of: first).allNames)
            for name in try lister.members(of: second).allNames where names.contains(name) {
                throw ExportError.refused(
                    second.name.appending(name), in: lister.archive,
                    "another class has an image of that name")
            }
        }
    }

    // MARK: Runs

    private mutating func cutIntoRuns() {
        var start = 0
        while start < list.count {
            let members = start..<min(start + Self.runLength, list.count)
            var job = Job(classTar: nil, members: members, bytes: 0, room: 0)
            for record in list.records[members] {
                job.bytes += record.size
                job.room += FileList.blocks(record.size)
                listing.add(list.folders[Int(record.folder)], files: 1)
            }
            jobs.append(job)
            start = members.upperBound
        }
        listing.add("", files: 0)
    }
}

extension FileList {
    var bytes: Int64 { records.reduce(0) { $0 + $1.size } }
    var room: Int64 { records.reduce(0) { $0 + Self.blocks($1.size) } }
    var allNames: [Path] { records.map(name) }

    /// A size in whole disk blocks. No member is larger than its archive.
    static func blocks(_ size: Int64) -> Int64 { (size / 4096 + 1) * 4096 }
}

/// Finds the files in a tar by its headers.
struct FileLister: Sendable {
    struct NoOffsets: Error {}

    let rule: TargetRule
    private let rules: MemberRules
    /// The wanted classes of an archive that is not whole.
    private let partial: (archive: PartialArchive, classes: [WNID])?
    var archive: Path { rule.archive }

    init(
        _ rule: TargetRule, _ rules: MemberRules,
        partial: (archive: PartialArchive, classes: [WNID])? = nil
    ) {
        self.rule = rule
        self.rules = rules
        self.partial = partial
    }

    /// The walk over an inner tar.
    private var walk: MemberWalk { partial?.archive.walk ?? MemberWalk(endsAtDamage: true) }

    /// The wanted class tars of an archive, by their headers in it.
    func classTars() throws -> [TarSurvey.ClassTar] {
        if let partial {
            return try partial.archive.classTars(partial.classes).map { tar in
                TarSurvey.ClassTar(
                    name: Path("\(tar.wnid).tar"), folder: Path("\(tar.wnid)"),
                    range: tar.offset..<tar.offset + tar.size)
            }
        }
        var tars: [TarSurvey.ClassTar] = []
        var folders: Set<Path> = []
        var isEmpty = true
        let outcome = try MemberWalk(entersTars: false, endsAtDamage: true).run(archive) { member in
            isEmpty = false
            try rules.check(member)
            if member.kind == .folder { return }
            let name = Path(bytes: member.name).lastComponent
            guard let offset = member.offset else {
                throw ExportError.badInput(
                    "cannot unpack \(archive): it is compressed, and holds class tars",
                    hint: "decompress it first; ImageNet's own is not compressed")
            }
            guard name.hasSuffix(".tar"), name.bytes.count > 4, name.bytes.first != 0x2E else {
                throw ExportError.refused(member.name, in: archive, "it is not a class tar")
            }
            let folder = Path(bytes: name.bytes.dropLast(4))
            guard folders.insert(folder).inserted else {
                throw ExportError.refused(
                    member.name, in: archive, "another member has that name")
            }
            if let wants = rule.wants, !wants(folder) { return }
            tars.append(
                TarSurvey.ClassTar(
                    name: name, folder: folder, range: offset..<offset + member.storedSize))
        }
        try check(outcome, isEmpty: isEmpty)
        return tars
    }

    /// The images of a class tar.
    func members(of tar: TarSurvey.ClassTar) throws -> FileList {
        var list = FileList()
        let outcome = try walk.run(archive, inside: tar.range) { member in
            try add(member, in: tar.folder, to: &list)
        }
        if let damage = outcome.damage ?? outcome.missing { throw damage }
        if list.count == 0, !outcome.hasEndMark {
            throw ExportError.refused(tar.name, in: archive, "it is not a tar")
        }
        list.hasEndMark = outcome.hasEndMark
        try checkNames(list)
        return list
    }

    /// The files of an archive without class tars.
    func members(_ progress: (Int) throws -> Void) throws -> FileList {
        var list = FileList()
        var isEmpty = true
        let outcome = try MemberWalk(entersTars: false, endsAtDamage: true).run(archive) { member in
            isEmpty = false
            if member.offset == nil { throw NoOffsets() }
            try add(member, in: nil, to: &list)
            if list.count.isMultiple(of: 4096) { try progress(list.count) }
        }
        guard outcome.hasOffsets else { throw NoOffsets() }
        try check(outcome, isEmpty: isEmpty)
        try checkNames(list)
        return list
    }

    private func add(_ member: ArchiveMember, in holder: Path?, to list: inout FileList) throws {
        try rules.check(member)
        guard member.kind == .file, let offset = member.offset else { return }
        guard let target = try rule.target(member.name, in: holder) else {
            if rule.wants != nil { list.passedOver += 1 }
            return
        }
        try list.add(
            target.name, in: target.folder, offset: offset, size: member.storedSize, of: archive)
    }

    private func check(_ outcome: MemberWalk.Outcome, isEmpty: Bool) throws {
        if let damage = outcome.damage { throw damage }
        try ExportError.judgeEnd(of: archive, isEmpty: isEmpty, hasEndMark: outcome.hasEndMark)
    }

    private func checkNames(_ list: FileList) throws {
        if let path = list.duplicate() {
            throw ExportError.refused(path, in: archive, "another member has that name")
        }
    }
}
