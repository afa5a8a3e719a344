import Archives
import DataFolder
import DatasetManifest
import Disk

/// Which members `list --classes` shows.
struct ListedClasses: Sendable {
    let selection: ClassSelection
    /// Whether the only class must be there.
    let isOnly: Bool
    /// For validation images, whose names do not say their class.
    private let labels: ClassLabels?

    /// Nil without `--classes` and `--only-class`.
    init?(_ arguments: Arguments, _ context: Context) throws {
        isOnly = arguments.list.onlyClass != nil
        if let wnid = arguments.list.onlyClass {
            guard arguments.classes == nil,
                let only = ClassSelection(title: "\(wnid)", wnids: [wnid])
            else {
                throw UsageError(
                    .conflict, "--only-class and --classes cannot be used together")
            }
            selection = only
            labels = nil
            return
        }
        guard let selection = try arguments.chosenClasses(context) else { return nil }
        self.selection = selection
        labels = try arguments.findLabels(context)
    }

    /// Whether a tar inside is that of a chosen class, in whatever folder of the archive.
    func wants(tar name: UnsafeRawBufferPointer) -> Bool {
        let start = (name.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1
        return WNID(bytes: name[start...].dropLast(4)).map(selection.contains) ?? false
    }

    /// Whether a member belongs to a chosen class: by its class tar, its folder, or its name.
    func wants(_ member: ArchiveMember) -> Bool {
        if !member.container.isEmpty, let wnid = WNID(bytes: member.container.dropLast(4)) {
            return selection.contains(wnid)
        }
        let parts = member.name.split(separator: UInt8(ascii: "/"))
        guard let last = parts.last else { return false }
        for folder in parts.dropLast().reversed() {
            if let wnid = WNID(bytes: folder) { return selection.contains(wnid) }
        }
        if let wnid = WNID(bytes: last.prefix(9)) { return selection.contains(wnid) }
        guard let labels, let index = ValidationName.index(last) else { return false }
        return labels.class(validationImage: index).map { selection.contains($0.wnid) } ?? false
    }
}

/// What a listing found beside the members.
struct ListingOutcome {
    private(set) var damage: ArchiveError?
    private(set) var missing: ArchiveError?
    /// A tar without an end mark: the archive, or one inside.
    private(set) var openTar: Path?
    /// Chosen classes that are not there.
    private(set) var absent: [WNID] = []

    /// Hands the members to `visit`, those of chosen classes alone.
    ///
    /// - Parameter run: walks over the archive.
    init(
        _ walk: MemberWalk, _ classes: ListedClasses?, of archive: Path,
        _ run: @escaping (MemberWalk, (ArchiveMember) throws -> Void) throws -> MemberWalk.Outcome,
        _ visit: (ArchiveMember) throws -> Void
    ) throws {
        guard let classes else {
            add(try run(walk, visit), of: archive)
            return
        }
        var walk = walk
        walk.wantsTar = { classes.wants(tar: $0) }
        walk.mostTars = classes.selection.count
        var found: Set<WNID> = []
        let outcome = try run(walk) { member in
            if let wnid = Self.classTar(member) { found.insert(wnid) }
            if classes.wants(member) || member.isContainer { try visit(member) }
        }
        add(outcome, of: archive)
        if !found.isEmpty || classes.isOnly {
            absent = classes.selection.wnids.filter { !found.contains($0) }
        }
    }

    /// The same with class tars whose places are known.
    init(
        _ walk: MemberWalk, _ tars: ClassTars, of archive: ListedArchive,
        _ visit: (ArchiveMember) throws -> Void
    ) throws {
        for tar in tars.found {
            let container = Path("\(tar.wnid).tar")
            if walk.entersTars {
                let inside = tar.offset..<tar.offset + tar.size
                add(
                    try walk.run(archive.path, inside: inside, container: container, visit),
                    of: Path("\(container) in \(archive.shown)"))
            } else {
                // Nothing comes after it in these bytes, not even an end mark.
                let outcome = try walk.run(archive.path, inside: tar.range, visit)
                damage = damage ?? outcome.damage
            }
        }
        absent = tars.missing
    }

    private mutating func add(_ outcome: MemberWalk.Outcome, of archive: Path) {
        damage = damage ?? outcome.damage
        missing = missing ?? outcome.missing
        if openTar == nil, outcome.missing == nil {
            openTar =
                outcome.hasEndMark
                ? outcome.openTar.map { Path("\($0) in \(archive)") } : archive
        }
    }

    private static func classTar(_ member: ArchiveMember) -> WNID? {
        guard member.isContainer || member.kind == .file, member.container.isEmpty,
            member.name.suffix(4).elementsEqual(".tar".utf8)
        else { return nil }
        return WNID(bytes: member.name.suffix(13).dropLast(4))
    }
}
