import Archives
import Support
import Testing

@Suite struct TarStepTests {
    /// GNU tar's own headers.
    @Test("follows the headers of a tar from one to the next")
    func chain() throws {
        let folder = try TemporaryFolder()
        try folder.write([UInt8](repeating: 7, count: 700), to: "a.tar")
        try folder.write([UInt8](repeating: 7, count: 512), to: "b")
        let long = String(repeating: "x", count: 120)
        try folder.write([1], to: long)
        let made = try run(
            "tar",
            ["-C", "\(folder.path)", "--format=gnu", "-cf", "\(folder["t"])", "a.tar", "b", long])
        try #require(made.status == 0, "\(made.errors)")
        let tar = try folder.read("t")
        var steps: [TarStep] = []
        var next = 0
        while next < tar.count, steps.last != .end {
            let step = TarStep(Array(tar[next..<next + 512]), at: Int64(next))
            steps.append(step)
            switch step {
            case .member(_, _, _, let after), .about(let after): next = Int(after)
            case .end, .nonsense: break
            }
        }
        #expect(
            steps == [
                .member(name: Array("a.tar".utf8), size: 700, offset: 512, next: 1536),
                .member(name: Array("b".utf8), size: 512, offset: 2048, next: 2560),
                .about(next: 3584),
                .member(name: Array(long.utf8.prefix(100)), size: 1, offset: 4096, next: 4608),
                .end,
            ])
    }

    @Test("what is no header is told, and a size that no file has")
    func nonsense() throws {
        #expect(TarStep([1, 2, 3], at: 0) == .nonsense)
        #expect(TarStep([UInt8](repeating: 0x41, count: 512), at: 0) == .nonsense)
        var tar = TarBytes()
        tar.add("a.tar", "x")
        let header = Array(tar.bytes.prefix(512))
        #expect(TarStep(header, at: .max - 1000) == .nonsense)
        #expect(TarStep(header, at: 1 << 40) != .nonsense)
    }
}
