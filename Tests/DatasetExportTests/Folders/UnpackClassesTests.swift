import DataFolder
import DatasetManifest
import Disk
import SampleData
import Support
import Testing

@testable import DatasetExport

/// Trees of chosen classes: begun, extended, completed.
@Suite struct UnpackClassesTests {
    private struct Interrupted: Error {}

    private func selection(_ labels: ClassLabels, _ ranks: Int...) throws -> ClassSelection {
        try #require(
            ClassSelection(title: "some", wnids: ranks.map { labels.classes[$0].wnid }))
    }

    /// Paths and bytes below a folder.
    private func tree(_ path: Path) throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for entry in try Folder(path).entries() {
            let inner = path.appending(entry.name)
            if entry.kind == .folder {
                for (name, bytes) in try tree(inner) { files["\(entry.name)/\(name)"] = bytes }
            } else {
                files["\(entry.name)"] = try FileDescriptor(inner, .reading)
                    .contents(limit: 1 << 30)
            }
        }
        return files
    }

    private func chosen(
        _ all: [String: [UInt8]], _ classes: ClassSelection
    ) -> [String: [UInt8]] {
        all.filter { name, _ in
            classes.wnids.contains { name.hasPrefix("\($0)/") || name.hasPrefix("\($0)_") }
        }
    }

    private func check(_ unpacker: Unpacker) throws -> OutputCheck.Verdict {
        let receipt = try #require(try unpacker.existingReceipt())
        var check = OutputCheck(.init(receipt: receipt, path: unpacker.path))
        check.archives = [unpacker.archive.parent]
        if case .validation(let labels) = unpacker.form { check.labels = labels }
        return try check.run { _ in }
    }

    private func state(_ unpacker: Unpacker) throws -> FoundOutput? {
        let data = DataFolder(unpacker.parent.parent)
        return try OutputSurvey(data).outputs().first { $0.name == unpacker.name }
    }

    @Test("some classes, then others, then all", arguments: ["train", "val"], [false, true])
    func steps(_ part: String, _ flat: Bool) throws {
        let work = try Unpacking(Unpacking.small)
        let labels = try work.labels()
        var unpacker = try work.unpacker(part, flat: flat)
        var whole = unpacker
        whole = Unpacker(unpacker.archive, unpacker.form, in: work.folder["whole"], isFlat: flat)
        try whole.run()
        let all = try tree(whole.path)

        let first = try selection(labels, 0, 2)
        unpacker.classes = first
        let made = try unpacker.run()
        #expect(!made.isAlreadyDone)
        #expect(try tree(unpacker.path) == chosen(all, first))
        #expect(made.receipt.chosenClasses == first.wnids)
        #expect(try check(unpacker).isRight)
        #expect(try check(unpacker).proof == .archive)
        #expect(try state(unpacker)?.state == .whole)
        #expect(try unpacker.run().isAlreadyDone)
        unpacker.classes = try selection(labels, 2)
        #expect(try unpacker.run().isAlreadyDone)
        #expect(try unpacker.existingReceipt()?.chosenClasses == first.wnids)

        unpacker.classes = try selection(labels, 2, 3)
        let added = try unpacker.run()
        let both = try selection(labels, 0, 2, 3)
        #expect(try tree(unpacker.path) == chosen(all, both))
        #expect(added.receipt.chosenClasses == both.wnids)
        #expect(added.files == Int64(chosen(all, both).count))
        #expect(added.bytes == chosen(all, both).values.reduce(0) { $0 + Int64($1.count) })
        if !flat { #expect(added.addedFolders == 1 && added.folders == 3) }
        #expect(try check(unpacker).isRight)
        #expect(try state(unpacker)?.state == .whole)

        unpacker.classes = nil
        let completed = try unpacker.run()
        #expect(try tree(unpacker.path) == all)
        #expect(completed.receipt.chosenClasses == nil)
        #expect(completed.files == Int64(all.count))
        #expect(try check(unpacker).isRight)
        let wholeReceipt = try #require(try whole.existingReceipt())
        #expect(completed.receipt.treeDigest == wholeReceipt.treeDigest)
        #expect(completed.receipt.counts == wholeReceipt.counts)
        unpacker.classes = first
        #expect(try unpacker.run().isAlreadyDone)
        #expect(try tree(unpacker.path) == all)
    }

    @Test("what such a tree has lost is written again, and nothing else", arguments: [false, true])
    func refill(_ flat: Bool) throws {
        let work = try Unpacking(Unpacking.small)
        let labels = try work.labels()
        for part in ["train", "val"] {
            var unpacker = try work.unpacker(part, flat: flat)
            unpacker.classes = try selection(labels, 0, 2)
            try unpacker.run()
            let before = try tree(unpacker.path)
            let victim = try #require(before.keys.min())
            let path = unpacker.path.appending(victim)
            try Folder(path.parent).remove(path.lastComponent)
            #expect(try state(unpacker)?.state != .whole)
            // Whatever is asked for next.
            unpacker.classes = try selection(labels, 2)
            #expect(try unpacker.run().refilledFolders == 1)
            #expect(try tree(unpacker.path) == before)
            #expect(try check(unpacker).isRight)
        }
    }

    @Test("a run that is stopped while it adds classes leaves a tree that says so")
    func stopped() throws {
        let work = try Unpacking(Unpacking.small)
        let labels = try work.labels()
        for part in ["train", "val"] {
            var unpacker = try work.unpacker(part)
            unpacker.threads = 1
            unpacker.classes = try selection(labels, 1)
            try unpacker.run()
            unpacker.classes = try selection(labels, 0, 3)
            let counter = Counter()
            #expect(throws: Interrupted.self) {
                try unpacker.run { now in
                    if now.stage == .writing, counter.add(1) > 1 { throw Interrupted() }
                }
            }
            let broken = try #require(try state(unpacker))
            guard case .broken = broken.state else {
                Issue.record("\(broken.state)")
                continue
            }
            #expect(broken.canBeRefilled)
            unpacker.classes = try selection(labels, 1)
            let summary = try unpacker.run()
            let all = try selection(labels, 0, 1, 3)
            #expect(summary.receipt.chosenClasses == all.wnids)
            let files = try tree(unpacker.path)
            #expect(
                Set(files.keys.map { $0.prefix(9) }) == Set(all.wnids.map { "\($0)".prefix(9) }))
            #expect(summary.files == Int64(files.count))
            #expect(try check(unpacker).isRight)
            #expect(try state(unpacker)?.state == .whole)
        }
    }

    @Test("a partial archive gives the classes that are there, and names one that is not")
    func partial() throws {
        let work = try Unpacking(Unpacking.small)
        let labels = try work.labels()
        let archive = work.folder["s/tar/ILSVRC2012_img_train.tar"]
        let whole = Unpacker(archive, .classTars, in: work.folder["whole"])
        try whole.run()
        let all = try tree(whole.path)
        let first = try selection(labels, 1)
        func unpacker(_ there: ClassSelection, _ classes: ClassSelection?) throws -> Unpacker {
            let file = try work.folder.partial(of: archive, there)
            let data = DataFolder(work.folder["partial"])
            var unpacker = Unpacker(
                data.archive("ILSVRC2012_img_train.tar"), .classTars, in: work.untar)
            unpacker.partial = PartialArchive(
                file, verified: file.verified, digests: [], torrent: file.torrent, index: nil)
            unpacker.classes = classes
            return unpacker
        }
        try unpacker(first, first).run()
        #expect(
            try tree(whole.path.parent.parent.appending("untar/ILSVRC2012_img_train"))
                == chosen(all, first))
        // Only what is missing must be there.
        let second = try selection(labels, 3)
        try unpacker(second, second).run()
        let both = try selection(labels, 1, 3)
        let made = try unpacker(both, both).run()
        #expect(made.isAlreadyDone && made.receipt.chosenClasses == both.wnids)
        #expect(try tree(made.path) == chosen(all, both))
        let before = try tree(made.path)
        var error = try failure(ExportError.self) {
            try unpacker(both, try selection(labels, 0, 1)).run()
        }
        #expect(error.message.hasPrefix("\(labels.classes[0].wnid) is not downloaded yet"))
        error = try failure(ExportError.self) { try unpacker(both, nil).run() }
        #expect(error.message.contains("not completely downloaded"))
        #expect(try tree(made.path) == before)
        #expect(
            try #require(try unpacker(both, both).existingReceipt()).chosenClasses == both.wnids)
        // The whole archive completes it.
        var complete = Unpacker(archive, .classTars, in: work.untar)
        complete.inputTorrent = made.receipt.inputs.first?.torrent
        try complete.run()
        #expect(try tree(complete.path) == all)
    }

    @Test("a class that the archive or the labels do not have is named, and nothing is made")
    func absent() throws {
        let work = try Unpacking(Unpacking.small)
        let labels = try work.labels()
        let stranger = try #require(WNID("n99999999"))
        for part in ["train", "val"] {
            var unpacker = try work.unpacker(part)
            unpacker.classes = ClassSelection(
                title: "x", wnids: [labels.classes[0].wnid, stranger])
            let error = try failure(ExportError.self) { try unpacker.run() }
            #expect(error.message.contains("n99999999"))
            #expect(try work.outputs() == [])
        }
        var test = try work.unpacker("test_v10102019")
        test.classes = try selection(labels, 0)
        #expect(try failure(ExportError.self) { try test.run() }.code == .badOption)
    }

    @Test("a layout of chosen classes has links to them alone")
    func layout() throws {
        let work = try Unpacking(Unpacking.small)
        let labels = try work.labels()
        for part in ["train", "val"] { try work.unpacker(part).run() }
        let sources = LayoutSources(
            trees: [work.untar], archives: [work.folder["s/tar"]], merged: [], tfrecord: [],
            labels: labels)
        let classes = try selection(labels, 1, 2)
        var layout = Layout(.deepVision, at: work.folder["deep"], from: sources)
        layout.classes = classes
        _ = try layout.run { _ in }
        let wnids = classes.wnids.map(\.description)
        for part in ["train", "val"] {
            #expect(try work.folder.names(in: "deep/\(part)").sorted() == wnids)
            let images = try work.folder.names(in: "deep/\(part)_flatten")
            #expect(!images.isEmpty)
            #expect(images.allSatisfy { name in wnids.contains { name.hasPrefix($0) } })
        }
        let synsets = try work.folder.text("deep/synsets.txt").split(separator: "\n")
        #expect(synsets.map { String($0.prefix(9)) } == wnids)
        #expect(try layout.run { _ in }.isAlreadyDone)
        layout.classes = try selection(labels, 1)
        #expect(try failure(ExportError.self) { _ = try layout.run { _ in } }.code == .exists)
        layout.classes = ClassSelection(title: "x", wnids: [try #require(WNID("n99999999"))])
        #expect(
            try failure(ExportError.self) { _ = try layout.run { _ in } }.message
                .contains("n99999999 is not in"))
        var manual = Layout(.tfds, at: work.folder["manual"], from: sources)
        manual.classes = classes
        #expect(try failure(ExportError.self) { _ = try manual.run { _ in } }.code == .badOption)
    }

    @Test("a layout of a tree of some classes is whole")
    func layoutOfSome() throws {
        let work = try Unpacking(Unpacking.small)
        var unpacker = try work.unpacker("train")
        unpacker.classes = try selection(try work.labels(), 1, 2)
        try unpacker.run()
        let sources = LayoutSources(
            trees: [work.untar], archives: [], merged: [], tfrecord: [], labels: nil)
        let summary = try Layout(.imageDatasets, at: work.folder["l"], from: sources).run { _ in }
        #expect(summary.parts == ["train"])
    }
}
