import Archives
import DatasetExport
import Disk
import Support
import Testing

/// How an archive ends is judged in one way, whether it lies in a file as it is or is compressed.
@Suite struct UnpackEndTests {
    private struct Odd: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let reason: String

        init(_ name: String, _ reason: String, _ make: (inout TarBytes) -> Void) {
            var tar = TarBytes()
            make(&tar)
            testDescription = name
            bytes = tar.bytes
            self.reason = reason
        }
    }

    private static let odd = [
        Odd("no end mark", "no end mark") { $0.add("a.JPEG", "a") },
        Odd("members behind the end mark", "the end mark is there") {
            $0.add("a.JPEG", "a")
            $0.end()
            $0.add("b.JPEG", "b")
            $0.end()
        },
        Odd("a pax header of nonsense", "pax record") {
            $0.add("PaxHeaders/x", "99 a=b\n", type: "x")
            $0.add("a.JPEG", "a")
            $0.end()
        },
        Odd("zeros", "is empty") { $0.append([UInt8](repeating: 0, count: 64 << 10)) },
        Odd("no members", "is empty") { $0.end() },
    ]

    @Test("both refuse what is no whole archive", arguments: odd, [false, true])
    private func judged(_ odd: Odd, _ isCompressed: Bool) throws {
        let here = try Unpacking()
        let unpacker =
            isCompressed
            ? try here.unpacker(TarBytes.gzipped(odd.bytes), .tree, named: "a.tar.gz")
            : try here.unpacker(odd.bytes, .tree)
        let message: String
        do {
            try unpacker.run()
            message = "nothing was thrown"
        } catch let error as ExportError {
            #expect(error.code == .badInput)
            message = error.message
        } catch let error as ArchiveError {
            // Of what is compressed, zeros begin no tar.
            #expect([.damaged, .notAnArchive].contains(error.code))
            message = error.message
        }
        let isSaid = [odd.reason, "holds no tar"].contains { message.contains($0) }
        #expect(isSaid, "\(message)")
        // What there was may lie in a tree that is not finished: never in one that looks whole.
        #expect(try here.outputs().allSatisfy { $0.hasPrefix(".") })
    }
}
