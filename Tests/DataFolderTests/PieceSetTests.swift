import DataFolder
import Support
import Testing

@Suite struct PieceSetTests {
    @Test(
        "agrees with a plain array of booleans, whatever is done to it",
        arguments: [
            0, 1, 63, 64, 65, 130, 1000,
        ])
    func model(_ count: Int) throws {
        var numbers = SeededNumbers(seed: UInt64(count))
        var set = PieceSet(count: count)
        var model = [Bool](repeating: false, count: count)
        for _ in 0..<(count * 3) {
            let (piece, value) = (
                Int.random(in: 0..<count, using: &numbers), Bool.random(using: &numbers)
            )
            set[piece] = value
            model[piece] = value
        }
        #expect((0..<count).map { set[$0] } == model)
        #expect(set.members == model.count { $0 })
        for start in 0...count {
            #expect(set.firstMissing(from: start) == model[start...].firstIndex(of: false) ?? count)
            #expect(set.firstPresent(from: start) == model[start...].firstIndex(of: true) ?? count)
        }
        let missing = set.missingRanges
        #expect(missing.flatMap { Array($0) } == (0..<count).filter { !model[$0] })
        #expect(zip(missing, missing.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
        #expect(PieceSet(count: count, hex: set.hex) == set)
    }

    @Test("agrees with a plain set about pieces without others", arguments: [0, 1, 64, 65, 130])
    func without(_ count: Int) {
        var numbers = SeededNumbers(seed: UInt64(count))
        let random = { (numbers: inout SeededNumbers) in
            Set((0..<count).filter { _ in Bool.random(using: &numbers) })
        }
        let models = [random(&numbers), random(&numbers), random(&numbers)]
        let sets = models.map { model in
            var set = PieceSet(count: count)
            for piece in model { set[piece] = true }
            return set
        }
        #expect(sets[0].count(without: sets[1]) == models[0].subtracting(models[1]).count)
        for start in 0...count {
            let rest = models[0].subtracting(models[1]).subtracting(models[2])
            #expect(
                sets[0].first(from: start, without: sets[1], and: sets[2])
                    == rest.filter { $0 >= start }.min() ?? count)
        }
        let all = PieceSet.all(count)
        #expect(all.isComplete && all.members == count && all.firstMissing() == count)
        var inserted = PieceSet(count: count)
        inserted.insert(0..<count)
        #expect(inserted == all)
    }

    @Test("pieces outside are never there")
    func outside() {
        var set = PieceSet(count: 10)
        set[10] = true
        set[-1] = true
        #expect(!set[10] && !set[-1] && set.isEmpty)
        #expect(set.firstMissing(from: 11) == 10)
    }

    @Test(
        "text of another length, or with bits beyond the end, is refused",
        arguments: [
            "", "ff", "ffff00", "ffe0", "zz80",
        ])
    func badText(_ hex: String) {
        #expect(PieceSet(count: 10, hex: hex) == nil)
        #expect(PieceSet(count: 10, hex: "ffc0")?.isComplete == true)
    }
}
