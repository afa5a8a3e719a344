import DatasetExport
import Disk

/// What `--slice` says: a part of the shards, the part of this task of a Slurm array, or the end of
/// all parts.
enum SliceChoice: Sendable, Equatable {
    case part(ShardSlice)
    case auto, merge

    /// The share of this run, with Slurm's variables.
    func share(_ variable: (String) -> String?) throws(UsageError) -> ShardShare {
        switch self {
        case .part(let slice): .slice(slice)
        case .auto: .slice(try Self.slurm(variable))
        case .merge: .merge
        }
    }

    /// The ids of an array are counted from its least in its own steps, so that `--array=10-40:10`
    /// makes four parts as `--array=1-4` does.
    private static func slurm(_ variable: (String) -> String?) throws(UsageError) -> ShardSlice {
        guard let id = variable("SLURM_ARRAY_TASK_ID") else {
            throw UsageError(
                .badValue,
                "--slice auto needs a task of a Slurm array, and SLURM_ARRAY_TASK_ID is not set",
                hint: "submit it with: sbatch --array=1-4 SCRIPT; or name the part: --slice 1/4")
        }
        func number(_ name: String, _ usual: Int? = nil) -> Int? {
            guard let text = variable("SLURM_ARRAY_TASK_" + name) else { return usual }
            return Int(text)
        }
        // Steps are set only where there are some in older versions.
        guard let index = Int(id), let count = number("COUNT"), let least = number("MIN"),
            let step = number("STEP", 1), step >= 1, index >= least,
            case let (offset, overflow) = index.subtractingReportingOverflow(least), !overflow,
            offset % step == 0, count <= ShardSlice.mostParts,
            let slice = ShardSlice(index: offset / step + 1, count: count)
        else {
            throw UsageError(
                .badValue,
                "--slice auto cannot tell which part task \(id) of this Slurm array is to write",
                hint: "number the tasks evenly, as in: sbatch --array=1-4 SCRIPT")
        }
        return slice
    }
}

extension ValueKind<SliceChoice?> {
    static var slice: ValueKind {
        let words: [String: SliceChoice] = ["auto": .auto, "merge": .merge]
        let names = words.keys.sorted()
        return ValueKind("I/N|" + names.joined(separator: "|"), .words(names)) {
            word throws(ValueFault) in
            let text = word.text ?? ""
            if let choice = words[text] { return choice }
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
                .map { Int($0) }
            guard parts.count == 2, let index = parts[0], let count = parts[1],
                count <= ShardSlice.mostParts, let slice = ShardSlice(index: index, count: count)
            else { throw ValueFault("1/4 is the first of four; or auto, or merge") }
            return .part(slice)
        }
    }
}
