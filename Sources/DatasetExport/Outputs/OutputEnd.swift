internal import DataFolder
internal import Disk

/// How finished work gets the output's name, the same for trees and for shards.
///
/// Everything is synced. Then a note with the receipt is written: from now on, if this run is
/// killed, the next run finishes. The work gets its name, the receipt is saved, and all that is
/// beside the work is removed, the note too.
struct OutputEnd {
    let place: OutputPlace
    let note: Path
    /// What is removed last: the note or its folder.
    let beside: Path
    let lock: Path

    /// - Returns: the receipt that the output will have; nil if not everything is written.
    func receipt(in parent: borrowing Folder) throws(DiskError) -> OutputReceipt? {
        guard try parent.status(beside) != nil else { return nil }
        let receipt = try OutputReceipt.left(note, in: parent)
        return receipt?.name == place.name ? receipt : nil
    }

    /// Finishes for a run that was killed after it had written everything.
    ///
    /// - Parameter publish: gives the work its name.
    func finishKilledRun(
        publish: (borrowing Folder, OutputReceipt) throws -> Void
    ) throws -> Bool {
        guard let parent = try ifPresent(Folder(place.parent)),
            let receipt = try receipt(in: parent)
        else { return false }
        let held = try FileLock(parent.path.appending(lock))
        try conclude(receipt, in: parent, publish)
        withExtendedLifetime(held) {}
        return true
    }

    /// - Parameters:
    ///   - isLocked: whether the caller holds the lock.
    ///   - distrust: is called if the disk may have lost what was written.
    func finish(
        _ receipt: OutputReceipt, in parent: borrowing Folder, isLocked: Bool,
        distrust: () throws -> Void, check: () throws -> Void,
        publish: (borrowing Folder, OutputReceipt) throws -> Void
    ) throws {
        do throws(DiskError) {
            try parent.syncFileSystem()
        } catch {
            try? distrust()
            throw error
        }
        try check()
        if note == beside {
            try parent.publish(note, receipt.encoded)
        } else {
            try parent.folder(beside).publish(note.lastComponent, receipt.encoded)
        }
        if isLocked { return try conclude(receipt, in: parent, publish) }
        let held = try FileLock(parent.path.appending(lock))
        try conclude(receipt, in: parent, publish)
        withExtendedLifetime(held) {}
    }

    private func conclude(
        _ receipt: OutputReceipt, in parent: borrowing Folder,
        _ publish: (borrowing Folder, OutputReceipt) throws -> Void
    ) throws {
        if try parent.status(place.work) != nil {
            // The old receipt must never be beside the new output.
            try parent.remove(OutputReceipt.fileName(receipt.name))
            if place.holdsReceipt {
                try receipt.save(inside: parent.folder(place.work))
            }
            try publish(parent, receipt)
        }
        try place.finishSwap(in: parent)
        if !place.holdsReceipt { try receipt.save(in: parent) }
        try parent.removeTree(beside)
    }
}

extension OutputReceipt {
    private static let insideName: Path = ".imagenet-fetch.layout.json"

    /// The receipt that a folder of this name holds itself, under the name that the folder has now.
    static func inside(
        _ name: Path, in parent: borrowing Folder
    ) throws(DiskError) -> OutputReceipt? {
        guard let text = name.string, try parent.status(name)?.kind == .folder,
            var receipt = try left(insideName, in: parent.folder(name))
        else { return nil }
        receipt.name = text
        return receipt
    }

    fileprivate func save(inside folder: borrowing Folder) throws(DiskError) {
        try folder.publish(Self.insideName, encoded)
    }

    /// A receipt that an unfinished output has left in a file.
    static func left(_ name: Path, in folder: borrowing Folder) throws(DiskError) -> OutputReceipt?
    {
        try folder.contents(ifPresent: name, limit: sizeLimit).flatMap { read($0).record }
    }
}
