import Archives
import Testing

@Suite struct ReadableRangesTests {
    @Test("ranges in any order are one set")
    func merged() {
        let ranges = ReadableRanges([20..<30, 0..<5, 5..<10, 25..<40, 50..<50])
        #expect(ranges == ReadableRanges([0..<10, 20..<40]))
        #expect(ranges.contains(0..<10) && ranges.contains(21..<40) && ranges.contains(15..<15))
        #expect(!ranges.contains(9..<11) && !ranges.contains(10..<20) && !ranges.contains(39..<41))
        #expect(ranges.next(from: 0) == 0)
        #expect(ranges.next(from: 10) == 20)
        #expect(ranges.next(from: 25) == 25)
        #expect(ranges.next(from: 40) == nil)
    }

    @Test("the complement of damage is what can be read")
    func complement() {
        let ranges = ReadableRanges.except([10..<20, 15..<30])
        #expect(ranges == ReadableRanges([0..<10, 30..<Int64.max]))
        #expect(ReadableRanges.except([]).contains(0..<Int64.max))
        #expect(ReadableRanges.except([0..<Int64.max]) == ReadableRanges([]))
    }

    @Test("everything holds everything, and nothing nothing")
    func extremes() {
        #expect(ReadableRanges.all.contains(0..<Int64.max))
        #expect(ReadableRanges.all.next(from: 7) == 7)
        #expect(!ReadableRanges([]).contains(0..<1))
        #expect(ReadableRanges([]).next(from: 0) == nil)
    }
}

extension ReadableRanges {
    /// All but these bytes.
    static func except(_ damaged: [Range<Int64>]) -> ReadableRanges {
        var result: [Range<Int64>] = []
        var position: Int64 = 0
        for range in damaged.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > position { result.append(position..<range.lowerBound) }
            position = max(position, range.upperBound)
        }
        if position < .max { result.append(position..<Int64.max) }
        return ReadableRanges(result)
    }
}
