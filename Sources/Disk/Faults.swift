internal import Synchronization

/// Faults that tests inject into system calls, such as a full disk.
///
/// A fault names the call and a part of the path, so that parallel tests do not
/// disturb each other. Without faults it costs one relaxed load a call.
package struct Fault: Sendable {
    package enum Outcome: Sendable {
        /// The call does nothing and fails with this errno.
        case failure(CInt)
        /// The call moves at most this many bytes.
        case short(Int)
        /// The call waits before it moves bytes.
        case late(milliseconds: Int)
    }

    let call: SystemCall
    let pathPart: String
    var skip: Int
    var times: Int
    let outcome: Outcome
    /// The only bytes of the file that it concerns.
    let range: Range<Int64>?

    package init(
        _ call: SystemCall, onPathsWith pathPart: String, after skip: Int = 0, times: Int = 1,
        in range: Range<Int64>? = nil, _ outcome: Outcome
    ) {
        self.range = range
        self.call = call
        self.pathPart = pathPart
        self.skip = skip
        self.times = times
        self.outcome = outcome
    }
}

package enum Faults {
    private static let count = Atomic<Int>(0)
    private static let planned = Monitor<[Int: Fault]>([:])
    private static let nextID = Atomic<Int>(0)

    /// Arms faults until `end()`.
    package static func planned(_ faults: [Fault]) -> Planned {
        let ids = faults.map { fault in
            let id = nextID.add(1, ordering: .relaxed).newValue
            planned.update { $0[id] = fault }
            return id
        }
        count.add(ids.count, ordering: .releasing)
        return Planned(ids: ids)
    }

    package struct Planned {
        fileprivate let ids: [Int]

        /// How many calls are still to meet them.
        package var left: Int {
            Faults.planned.read { planned in ids.reduce(0) { $0 + (planned[$1]?.times ?? 0) } }
        }

        package func end() {
            Faults.planned.update { planned in for id in ids { planned[id] = nil } }
            Faults.count.subtract(ids.count, ordering: .releasing)
        }
    }

    /// Runs `body` with these faults.
    package static func during<R: ~Copyable>(_ faults: [Fault], _ body: () throws -> R) rethrows
        -> R
    {
        let planned = planned(faults)
        defer { planned.end() }
        return try body()
    }

    @inline(__always)
    static func next(
        _ call: SystemCall, _ path: @autoclosure () -> Path,
        of bytes: @autoclosure () -> Range<Int64>? = nil
    ) -> Fault.Outcome? {
        guard count.load(ordering: .relaxed) > 0 else { return nil }
        return take(call, path(), bytes())
    }

    private static func take(
        _ call: SystemCall, _ path: Path, _ bytes: Range<Int64>?
    ) -> Fault.Outcome? {
        let text = path.description
        return planned.update { planned in
            for (id, fault) in planned
            where fault.call == call && fault.times > 0 && text.contains(fault.pathPart)
                && fault.range.map({ range in bytes.map(range.overlaps) ?? false }) ?? true
            {
                if fault.skip > 0 {
                    planned[id]?.skip -= 1
                } else {
                    planned[id]?.times -= 1
                    return fault.outcome
                }
            }
            return nil
        }
    }
}
