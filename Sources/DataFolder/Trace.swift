public import Disk

/// The file in a published folder that says when it was last brought up to date. It also shows that
/// the folder is for others, and no place for receipts.
public enum Trace {
    public static let name: Path = "TRACE"

    /// Whether these bytes are a trace as we write it.
    package static func isTrace(_ bytes: [UInt8]) -> Bool { bytes.isEmpty || time(bytes) != nil }

    /// The time that a trace says; nil for anything else.
    package static func time(_ bytes: [UInt8]) -> UTCTime? {
        let text = String(decoding: bytes, as: UTF8.self)
        return text.hasSuffix("\n") ? UTCTime(text.dropLast()) : nil
    }

    /// Whether a folder is published: it has a trace, and no state.
    package static func marks(_ folder: borrowing Folder) -> Bool {
        guard let bytes = try? folder.contents(ifPresent: name, limit: 64), !bytes.isEmpty,
            isTrace(bytes)
        else { return false }
        return (try? folder.status(Path(DataFolder.stateName))) == nil
    }
}
