public import DatasetManifest
internal import Disk

// What is wrong with chosen classes.
extension ExportError {
    /// - Parameter place: where it was found; nil for one that was chosen.
    static func unknownClass(
        _ wnid: WNID, in place: Path?, among count: Int, of source: String?
    ) -> ExportError {
        ExportError(
            place == nil ? .badOption : .badInput,
            "the class \(wnid)\(place.map { " in \($0)" } ?? "") is not among the \(count) of "
                + (source ?? "the labels"),
            hint: "name the labels of this data set with \(.labels) or \(.auxFolder)")
    }

    /// Chosen classes that an archive or a tree does not have.
    static func absentClasses(_ wnids: [WNID], in place: Path) -> ExportError {
        ExportError(.nothingThere, "\(subject(wnids)) not in \(place)")
    }

    /// Chosen classes of an archive that is partly downloaded.
    public static func notDownloaded(_ wnids: [WNID], of archive: String) -> ExportError {
        ExportError(
            .nothingThere, "\(subject(wnids)) not downloaded yet (\(escaped(archive)))",
            hint: "\(run: .fetch, .classes(wnids.map(\.description))) downloads "
                + (wnids.count == 1 ? "it" : "them"))
    }

    /// An archive that is partly downloaded, where all of it is needed.
    ///
    /// - Parameter hasClasses: whether some of its classes can be used.
    public static func notWhole(_ archive: String, hasClasses: Bool) -> ExportError {
        ExportError(
            .nothingThere,
            "\(escaped(archive)) is not completely downloaded",
            hint: "\(run: .fetch, .only(archive)) completes it"
                + (hasClasses ? "; or choose classes that are there with \(.classes)" : ""))
    }

    /// An unpacked tree that has only some classes.
    static func otherClasses(
        _ place: Path, has wnids: [WNID], hint: Remedy
    ) -> ExportError {
        let count = wnids.count == 1 ? "1 class" : "\(wnids.count) classes"
        return ExportError(
            .nothingThere, "\(place) has only \(count) of the data set", hint: hint)
    }

    private static func subject(_ wnids: [WNID]) -> String {
        guard let first = wnids.first else { return "a chosen class is" }
        switch wnids.count {
        case 1: return "\(first) is"
        case 2: return "\(first) and \(wnids[1]) are"
        default: return "\(first) and \(wnids.count - 1) more classes are"
        }
    }
}
