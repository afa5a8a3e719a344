internal import Disk

/// Reads headers ahead of a walk over a tar that is far away, each scout over its own connection: a
/// header says where the next one is, so that a walk alone waits for the network at every member.
///
/// The file is divided into segments. A scout looks for the first header in its segment, and from
/// there goes from header to header. What it has read is kept for the walk, byte for byte, so a scout
/// that takes an image for a header costs some bytes and nothing else.
final class HeaderScouts<Source: RandomAccessBytes>: Sendable {
    private struct Segment {
        /// What was read, by offset.
        var parts: [(offset: Int64, bytes: [UInt8])] = []
        var byteCount = 0
        var isDone = false

        /// The bytes from there on, if so many were read at once.
        func part(at offset: Int64, _ least: Int) -> ArraySlice<UInt8>? {
            var (low, high) = (0, parts.count)
            while low < high {
                let middle = (low + high) / 2
                if parts[middle].offset <= offset { low = middle + 1 } else { high = middle }
            }
            guard low > 0 else { return nil }
            let behind = offset - parts[low - 1].offset
            guard behind + Int64(least) <= Int64(parts[low - 1].bytes.count) else { return nil }
            return parts[low - 1].bytes[Int(behind)...]
        }
    }

    private struct State {
        /// The segments that are taken and that the walk has not passed.
        var segments: [Int: Segment] = [:]
        /// The first segment that no scout has taken.
        var next = 0
        /// Where the walk is.
        var current = 0
        var scouts: Int
        var isOver = false
    }

    private struct Over: Error {}

    /// A longer search is not worth it: this is where a large member lies.
    private static var longestSearch: Int64 { 1 << 20 }
    /// Read first, to look for a header.
    private static var searchAhead: Int { 64 << 10 }
    /// What scouts may keep, all together.
    private static var memory: Int { 16 << 20 }

    private let range: Range<Int64>
    private let length: Int64
    /// Segments from that of the walk on that may be taken.
    private let window: Int
    private let state: Monitor<State>

    /// - Parameter range: where the walk will be, from a header on.
    /// - Returns: nil where scouts would not help.
    init?(_ range: Range<Int64>, scouts: Int) {
        guard scouts > 0, range.count > 8 << 20 else { return nil }
        self.range = range
        let share = Int64(range.count) / Int64(8 * scouts)
        length = min(max(share & ~(Int64(TarHeader.blockSize) - 1), 4 << 20), 16 << 20)
        window = 2 * scouts
        state = Monitor(State(scouts: scouts))
    }

    /// Runs the scouts for as long as `body` runs.
    func run<Result>(_ source: Source, _ body: () throws -> Result) throws -> Result {
        let stop = StopCheck { [state] in state.read { $0.isOver } ? Over() : nil }
        let threads = (0..<state.read { $0.scouts }).map { _ in
            Thread { [self] in
                defer { state.update { $0.scouts -= 1 } }
                guard let own = try? source.another(stop: stop) else { return }
                while let index = take() {
                    let isUsable = walk(index, own)
                    state.update { $0.segments[index]?.isDone = true }
                    if !isUsable { return }
                }
            }
        }
        defer {
            state.update { $0.isOver = true }
            for thread in threads { thread.join() }
        }
        return try body()
    }

    // MARK: For the walk

    /// The bytes from there on, at least so many, once a scout has read them; nil if none will.
    func take(at offset: Int64, _ least: Int) -> ArraySlice<UInt8>? {
        guard range.contains(offset) else { return nil }
        let index = Int((offset - range.lowerBound) / length)
        if state.read({ $0.current != index }) {
            state.update { state in
                state.current = index
                state.next = max(state.next, index)
                for passed in state.segments.keys where passed < index {
                    state.segments[passed] = nil
                }
            }
        }
        return state.wait { state -> ArraySlice<UInt8>?? in
            guard let segment = state.segments[index] else {
                // It is not taken yet, or was passed.
                return state.scouts > 0 && state.next <= index ? nil : .some(nil)
            }
            if let part = segment.part(at: offset, least) { return part }
            let isPassed = segment.parts.last.map { $0.offset > offset } ?? false
            return segment.isDone || isPassed ? .some(nil) : nil
        }
    }

    // MARK: For a scout

    /// The next segment; nil when there is no more.
    private func take() -> Int? {
        let count = (Int64(range.count) + length - 1) / length
        return state.wait { state -> Int?? in
            if state.isOver || Int64(state.next) >= count { return .some(nil) }
            guard state.next < state.current + window else { return nil }
            state.segments[state.next] = Segment()
            state.next += 1
            return state.next - 1
        }
    }

    /// Reads the headers of a segment.
    ///
    /// - Returns: false when the source has failed.
    private func walk(_ index: Int, _ source: Source) -> Bool {
        let start = range.lowerBound + Int64(index) * length
        let end = min(start + length, range.upperBound)
        let most = Self.memory / window
        let isFirst = index == 0
        let input = RemoteInput(
            source, ahead: isFirst ? nil : Self.searchAhead, largest: 256 << 10,
            longestSearch: Self.longestSearch
        ) { [state] offset, bytes in
            state.update { state in
                state.segments[index]?.parts.append((offset, Array(bytes)))
                state.segments[index]?.byteCount += bytes.count
            }
        }
        // Members reach beyond the end of the segment; headers there are the next one's.
        let cursor = TarCursor(input, start..<input.end, ReadableRanges([start..<end]))
        do throws(ArchiveError) {
            if !isFirst, try !cursor.resume({ _ in true }) { return input.failure == nil }
            while state.read({ !$0.isOver && $0.segments[index]?.byteCount ?? most < most }) {
                do throws(ArchiveError) {
                    guard let member = try cursor.next() else { break }
                    // The walk may want what is inside.
                    if member.kind == .file, MemberWalk.isTar(member.name) {
                        cursor.position = cursor.dataOffset
                    }
                } catch {
                    // The end of a tar inside, or damage.
                    guard try cursor.resume({ _ in true }) else { break }
                }
            }
        } catch {
            // The walk itself finds out what is wrong there.
        }
        return input.failure == nil
    }
}
