import ArchiveVerify
import DatasetManifest
import Disk
import TorrentFetch

/// The output of `repair`: the damage of each file, then the same as `fetch`. The repair goes on
/// even if nobody reads the output: the console keeps the error for the end.
final class RepairReport: Sendable {
    private static let schema = "imagenet-fetch.repair/1"
    private let context: Context
    private let isJSON: Bool
    private let isDryRun: Bool
    private let fetching: FetchReport

    init(_ context: Context, _ arguments: Arguments) {
        self.context = context
        isJSON = arguments.isJSON
        isDryRun = arguments.fetch.isDryRun
        fetching = FetchReport(
            context, arguments, schema: Self.schema, done: "repaired, verified",
            progressAfter: .seconds(1))
    }

    func tell(_ event: FetchEvent) { fetching.tell(event) }

    func end() { fetching.end() }

    func tellWhole(_ target: Target) {
        end()
        let name = target.file.name
        if isJSON {
            try? context.console.result(
                schema: Self.schema,
                [
                    "event": "whole", "file": .string(name), "path": .path(target.path),
                    "bytes": target.size.map { .int($0) },
                ])
            return
        }
        try? context.console.result("\(escaped(name)): not damaged, verified")
        try? context.console.flush()
    }

    /// The damage and its cost: the result of a dry run, otherwise a note.
    func tellDamage(_ examination: Examination, _ damage: [Damage]) {
        end()
        if isJSON {
            try? context.console.result(Self.json(examination, damage))
            return
        }
        guard isDryRun else { return context.console.note(Self.sentence(examination, damage)) }
        try? context.console.result(Self.sentence(examination, damage, isBrief: true))
        for place in damage.places { try? context.console.result("  \(place)") }
        try? context.console.result("  sources: \(Self.sources(examination))")
        try? context.console.flush()
    }

    private static func sentence(
        _ examination: Examination, _ damage: [Damage], isBrief: Bool = false
    ) -> String {
        let pieces = examination.damagedPieces
        var parts = [
            "\(escaped(examination.file.name)): "
                + Shown.counted(pieces, "damaged piece", "damaged pieces")
                + ", \(Shown.bytes(examination.bytesToFetch)) of "
                + "\(Shown.bytes(examination.size)) to download"
        ]
        if examination.sizeFound != examination.size {
            parts.append("it has \(examination.sizeFound) bytes, not \(examination.size)")
        }
        return (parts + (isBrief ? [] : damage.places)).joined(separator: "; ")
    }

    private static func sources(_ examination: Examination) -> String {
        let all =
            (examination.hasTorrent ? ["torrent"] : [])
            + examination.mirrors.map { escaped($0) }
        return all.isEmpty ? "none" : all.joined(separator: ", ")
    }

    private static func json(_ examination: Examination, _ damage: [Damage]) -> JSON {
        .line(
            schema: schema,
            [
                "event": "damage", "file": .string(examination.file.name),
                "path": .path(examination.path), "size": .int(examination.size),
                "sizeFound": .int(examination.sizeFound),
                "damagedPieces": .int(Int64(examination.damagedPieces)),
                "unreadablePieces": .int(Int64(examination.unreadablePieces)),
                "bytesToFetch": .int(examination.bytesToFetch),
                "badRanges": .array(damage.map(\.json)),
                "torrent": .bool(examination.hasTorrent),
                "mirrors": .array(examination.mirrors.map { .string($0) }),
            ])
    }
}
