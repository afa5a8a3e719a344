import Disk
import Synchronization
import Testing

@Suite struct WorkersTests {
    private struct Stop: Error, Equatable { let index: Int }

    @Test("every index is worked on once, whatever the number of threads", arguments: [1, 2, 7])
    func forEach(_ threads: Int) throws {
        let seen = Monitor([Int](repeating: 0, count: 1000))
        try Workers.forEach(1000, threads: threads) { index in seen.update { $0[index] += 1 } }
        #expect(seen.update { $0.allSatisfy { $0 == 1 } })
        try Workers.forEach(0, threads: threads) { _ in Issue.record("there was nothing to do") }
    }

    @Test("the first error stops the rest and is thrown")
    func error() {
        let count = Atomic<Int>(0)
        #expect(throws: Stop(index: 10)) {
            try Workers.forEach(100_000, threads: 2) { index in
                count.add(1, ordering: .relaxed)
                if index == 10 { throw Stop(index: index) }
            }
        }
        #expect(count.load(ordering: .relaxed) < 100_000)
    }

    @Test("values arrive in order, and only so many are ever waiting", arguments: [1, 2, 5])
    func inOrder(_ threads: Int) throws {
        let made = Atomic<Int>(0)
        var order: [Int] = []
        var most = 0
        try Workers.inOrder(500, threads: threads, window: 8) { index in
            made.add(1, ordering: .relaxed)
            return index * 2
        } consume: { index, value in
            most = max(most, made.load(ordering: .relaxed) - index)
            #expect(value == index * 2)
            order.append(index)
        }
        #expect(order == Array(0..<500))
        #expect(most <= 8)
    }

    @Test("what is made is used once, and little of it waits", arguments: [1, 3])
    func feed(_ threads: Int) throws {
        let used = Monitor([Int](repeating: 0, count: 500))
        let taken = Atomic<Int>(0)
        var made = 0
        var most = 0
        try Workers.feed(threads: threads, window: 4) { () -> Int? in
            most = max(most, made - taken.load(ordering: .relaxed))
            made += 1
            return made <= 500 ? made - 1 : nil
        } use: { index, value in
            taken.add(1, ordering: .relaxed)
            #expect(index == value)
            used.update { $0[value] += 1 }
        }
        #expect(used.read { $0.allSatisfy { $0 == 1 } })
        #expect(most <= 4 + threads)
    }

    @Test("an error of the maker or of a user ends both")
    func feedErrors() {
        var made = 0
        #expect(throws: Stop(index: 7)) {
            try Workers.feed(window: 2) { () -> Int? in
                made += 1
                if made == 7 { throw Stop(index: 7) }
                return made
            } use: { _, _ in
            }
        }
        made = 0
        #expect(throws: Stop(index: 5)) {
            try Workers.feed(threads: 2, window: 2) { () -> Int? in
                made += 1
                return made
            } use: { _, value in
                if value == 5 { throw Stop(index: 5) }
            }
        }
    }

    @Test("an error of the maker or of the taker ends it, and no thread is left")
    func inOrderErrors() {
        #expect(throws: Stop(index: 3)) {
            try Workers.inOrder(1000, window: 4) { index in
                if index == 3 { throw Stop(index: 3) }
                return index
            } consume: { index, _ in
                #expect(index < 3)
            }
        }
        #expect(throws: Stop(index: 5)) {
            try Workers.inOrder(1000, window: 4) {
                $0
            } consume: { index, _ in
                if index == 5 { throw Stop(index: 5) }
            }
        }
    }

    @Test("somebody who waits wakes when the value is what he waits for")
    func monitor() {
        let monitor = Monitor(0)
        let thread = Thread { for _ in 0..<100 { monitor.update { $0 += 1 } } }
        #expect(monitor.wait { $0 == 100 ? $0 : nil } == 100)
        thread.join()
    }

    @Test("there is at least one processor, and no more than the machine has")
    func processors() {
        #expect(Workers.processors >= 1)
    }
}
