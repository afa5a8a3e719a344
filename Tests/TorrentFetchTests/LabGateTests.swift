import Testing

@testable import TorrentFetch

/// When a machine of a lab downloads from outside.
@Suite struct LabGateTests {
    private let start = ContinuousClock.now
    private var lone: Swarm.Neighbours { Swarm.Neighbours() }

    private func neighbours(lower: Int, ahead: Bool = false) -> Swarm.Neighbours {
        Swarm.Neighbours(count: 15, lower: lower, isLowerAhead: ahead, unfinished: 15)
    }

    /// Looks once a second, and gives the second in which the gate opens.
    private func opening(
        _ gate: inout LabGate, _ neighbours: Swarm.Neighbours, _ received: (Int) -> Int64
    ) -> Int? {
        (1...120).first { second in
            gate.look(
                at: start + .seconds(second), neighbours, received: received(second))
        }
    }

    @Test("the lowest address opens first, and the others one after the other")
    func order() {
        for lower in 0..<16 {
            var gate = LabGate(start)
            let second = opening(&gate, neighbours(lower: lower)) { _ in 0 }
            #expect(second == 5 * (lower + 1))
            #expect(gate.isOpen)
        }
        var gate = LabGate(start)
        let second = opening(&gate, lone) { _ in 0 }
        #expect(second == 5)
    }

    @Test("who is given something does not open; who no longer is, does")
    func dry() {
        var gate = LabGate(start)
        let never = opening(&gate, neighbours(lower: 1)) { Int64($0) }
        #expect(never == nil)
        gate = LabGate(start)
        let second = opening(&gate, neighbours(lower: 1)) { min(Int64($0), 30) }
        #expect(second == 40)
    }

    @Test("of two that are open, the one with the higher address closes")
    func two() {
        var gate = LabGate(start)
        _ = opening(&gate, lone) { _ in 0 }
        var moves: [Bool] = []
        func look(_ second: Int, _ neighbours: Swarm.Neighbours) {
            moves.append(gate.look(at: start + .seconds(second), neighbours, received: 0))
        }
        look(6, neighbours(lower: 0, ahead: true))
        look(6, neighbours(lower: 1))
        look(6, neighbours(lower: 1, ahead: true))
        #expect(moves == [false, false, true] && !gate.isOpen)
        // And opens again when the other one gives nothing.
        look(15, neighbours(lower: 1))
        look(16, neighbours(lower: 1))
        #expect(moves.suffix(2) == [false, true] && gate.isOpen)
    }
}
