import DatasetExport
import Disk
import Testing

@testable import imagenet_fetch

@Suite struct SliceChoiceTests {
    /// The variables of a task in a Slurm array.
    private func slice(
        _ id: String?, least: String = "1", step: String? = "1", count: String
    ) throws -> ShardShare {
        let variables = ["ID": id, "MIN": least, "STEP": step, "COUNT": count]
        return try SliceChoice.auto.share { name in
            name.hasPrefix("SLURM_ARRAY_TASK_")
                ? variables[String(name.dropFirst(17))] ?? nil : nil
        }
    }

    private func part(_ index: Int, _ count: Int) throws -> ShardShare {
        .slice(try #require(ShardSlice(index: index, count: count)))
    }

    @Test("a task's part is its place in the array, wherever that begins and however it is stepped")
    func places() throws {
        #expect(try slice("1", count: "4") == part(1, 4))
        #expect(try slice("4", count: "4") == part(4, 4))
        #expect(try slice("0", least: "0", count: "4") == part(1, 4))
        #expect(try slice("40", least: "10", step: "10", count: "4") == part(4, 4))
        #expect(try slice("3", least: "2", step: nil, count: "2") == part(2, 2))
        #expect(try slice("7", least: "7", count: "1") == part(1, 1))
    }

    @Test(
        "without an array, or in one with gaps, nothing is guessed",
        arguments: [
            (nil, "1", "1", "4"), ("5", "1", "1", "4"), ("7", "0", "1", "3"),
            ("3", "1", "4", "4"), ("0", "1", "1", "4"), ("x", "1", "1", "4"),
            ("1", "1", "0", "4"), ("1", "1", "1", "0"), ("1", "1", "1", "99999999"),
            ("9223372036854775807", "-9223372036854775808", "1", "4"),
        ] as [(String?, String, String, String)])
    func refused(_ id: String?, _ least: String, _ step: String, _ count: String) {
        let error = #expect(throws: UsageError.self) {
            try slice(id, least: least, step: step, count: count)
        }
        #expect(error?.hint != nil)
    }
}
