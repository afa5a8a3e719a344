import Checksums
import Support
import Testing

@testable import DatasetExport

/// Vectors of NumPy 2.4.6 and CPython 3.
@Suite struct ShuffleTests {
    private func sha256(_ numbers: [UInt32]) -> String {
        var hasher = Checksums.Hasher(.sha256)
        var bytes: [UInt8] = []
        for number in numbers { bytes.appendLittleEndian(Int64(number)) }
        hasher.update(bytes)
        return hasher.digest.hex
    }

    @Test("a seed becomes the words that SeedSequence gives")
    func seeding() {
        #expect(
            NumpyShuffle.seedWords(42) == [
                0x9f1e_2e6d_cd54_0ab7, 0xd578_73dc_79fb_94b6, 0x7d28_2a1b_64d4_20b7,
                0x3365_7971_4692_d5ff,
            ])
    }

    @Test("the generator is PCG64")
    func generator() {
        var generator = NumpyShuffle(seed: 42)
        let numbers = (0..<3).map { _ in generator.next64() }
        #expect(
            numbers == [0xc621_fbcd_16d9_2688, 0x705a_5661_a791_ffc1, 0xdbcd_12c2_6eda_1624])
    }

    @Test("permutations are those of default_rng(42).permutation")
    func permutations() {
        #expect(NumpyShuffle.permutation(0, seed: 42) == [])
        #expect(NumpyShuffle.permutation(1, seed: 42) == [0])
        #expect(NumpyShuffle.permutation(10, seed: 42) == [5, 6, 0, 7, 3, 2, 4, 9, 1, 8])
        #expect(
            NumpyShuffle.permutation(1000, seed: 42).prefix(10) == [
                978, 933, 859, 916, 127, 608, 856, 260, 147, 810,
            ])
        let val = NumpyShuffle.permutation(50_000, seed: 42)
        #expect(sha256(val) == "c7cee14bf6acb10a103c2d362ed94615d4e67bcf3a944cb2dd10f4d138bccf62")
        let train = NumpyShuffle.permutation(1_281_167, seed: 42)
        #expect(train.prefix(5) == [65762, 58882, 1_166_204, 285108, 1_148_797])
        #expect(sha256(train) == "1f00a502d9b39be89757145fc438e5daa56f6d19906bfe6752505d2b3ecb4e5f")
    }

    @Test("a seed of more than 32 bits counts with all of them")
    func longSeeds() {
        #expect(
            NumpyShuffle.permutation(10, seed: 5_000_000_000) == [8, 9, 1, 0, 4, 7, 3, 6, 5, 2])
        #expect(
            PythonShuffle.permutation(10, seed: 5_000_000_000) == [9, 8, 5, 4, 3, 2, 6, 7, 0, 1])
    }

    @Test("Python's generator is the Mersenne Twister")
    func python() {
        var generator = PythonShuffle(seed: 12345)
        #expect(
            (0..<3).map { _ in generator.next() } == [1_789_368_711, 3_146_859_322, 43_676_229])
        #expect(
            PythonShuffle.permutation(10, seed: 12345).prefix(8) == [8, 7, 3, 5, 1, 2, 9, 4])
        #expect(
            PythonShuffle.permutation(50_000, seed: 12345).prefix(8) == [
                33095, 14355, 19271, 49917, 26903, 3618, 42688, 20861,
            ])
        #expect(
            PythonShuffle.permutation(1_281_167, seed: 12345).prefix(8) == [
                504188, 123635, 706554, 625400, 1_072_876, 1_057_915, 541156, 727281,
            ])
    }
}
