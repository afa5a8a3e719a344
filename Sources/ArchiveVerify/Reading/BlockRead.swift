internal import Checksums
internal import DatasetManifest
internal import Disk

/// The memory of one block, which one thread fills and others then read.
final class BlockBuffer: Sendable {
    // Safe: written before it is handed over under a lock, and not reused until all who
    // read it have said under that lock that they are done.
    nonisolated(unsafe) let bytes: UnsafeMutableRawBufferPointer

    init(_ count: Int) { bytes = .allocate(byteCount: count, alignment: 4096) }
    deinit { bytes.deallocate() }
}

/// Reads one block and hashes its pieces while each part of it is still in the processor's cache.
struct BlockRead {
    /// Small enough for the second-level cache of one core.
    static let step = 256 << 10
    /// How finely unreadable bytes are told from readable bytes.
    private static let grain = 64 << 10

    /// The hashes of the block's pieces, one after the other.
    var hashes: [UInt8] = []
    var unreadable: [Range<Int64>] = []
    /// Where the file ended within this block.
    var end: Int64?
    var failure: DiskError?
    /// How long the disk took for it.
    var wait = Duration.zero

    /// - Parameter memory: takes the whole block where it is as long, else one step after the other.
    init(_ order: ReadOrder, _ range: Range<Int64>, into memory: UnsafeMutableRawBufferPointer) {
        var pieces = order.pieceLength.map { PieceMapBuilder(pieceLength: $0) }
        let isKept = memory.count >= Int(range.upperBound - range.lowerBound)
        var offset = range.lowerBound
        while offset < range.upperBound {
            let count = Int(min(Int64(Self.step), range.upperBound - offset))
            let place = isKept ? Int(offset - range.lowerBound) : 0
            let part = UnsafeMutableRawBufferPointer(rebasing: memory[place..<place + count])
            let start = ContinuousClock.now
            let goesOn = fill(part, at: offset, order.file.value)
            wait += ContinuousClock.now - start
            guard goesOn else { return }
            pieces?.update(UnsafeRawBufferPointer(part))
            offset += Int64(count)
        }
        // The builder has taken as many bytes as the range has: it always has its map.
        hashes = (try? pieces?.map().hashes) ?? []
        for gap in unreadable { forget(gap, in: range, order.pieceLength) }
    }

    /// - Returns: false if reading on is useless.
    private mutating func fill(
        _ part: UnsafeMutableRawBufferPointer, at offset: Int64, _ file: borrowing FileDescriptor
    ) -> Bool {
        do throws(DiskError) {
            let got = try file.readUpTo(part, at: offset)
            if got < part.count { end = offset + Int64(got) }
            return got == part.count
        } catch  where error.code == .io {
            return fillInGrains(part, at: offset, file)
        } catch {
            failure = error
            return false
        }
    }

    private mutating func fillInGrains(
        _ part: UnsafeMutableRawBufferPointer, at offset: Int64, _ file: borrowing FileDescriptor
    ) -> Bool {
        var start = 0
        while start < part.count {
            let stop = min(start + Self.grain, part.count)
            let grain = UnsafeMutableRawBufferPointer(rebasing: part[start..<stop])
            let place = offset + Int64(start)
            do throws(DiskError) {
                let got = try file.readUpTo(grain, at: place)
                if got < grain.count {
                    end = place + Int64(got)
                    return false
                }
            } catch  where error.code == .io {
                unreadable.append(place..<offset + Int64(stop))
            } catch {
                failure = error
                return false
            }
            start = stop
        }
        return true
    }

    /// Clears the hashes of pieces with unreadable bytes.
    private mutating func forget(_ gap: Range<Int64>, in range: Range<Int64>, _ pieceLength: Int?) {
        guard let pieceLength else { return }
        let first = Int((gap.lowerBound - range.lowerBound) / Int64(pieceLength))
        let last = Int((gap.upperBound - 1 - range.lowerBound) / Int64(pieceLength))
        for index in first * 20..<min((last + 1) * 20, hashes.count) { hashes[index] = 0 }
    }
}
