import Driver

// ResponseGate.swift and ResponseHead.swift here are links to TorrentFetch's own: a library's internal
// types cannot be imported, and @testable would want every target here built for testing.
//
// The first byte says what was asked for, the rest is the answer's head, fed line by line.
let ranges: [Range<Int64>] = [0..<1, 0..<1000, 100..<200, 999..<1000, 0..<Int64.max]
let sizes: [Int64?] = [nil, 0, 1, 1000, .max]
let validators: [Validator?] = [nil, .tag("\"a\""), .date("Sun, 06 Nov 1994 08:49:37 GMT")]

fuzz { input in
    guard let first = input.first.map(Int.init) else { return }
    let size = sizes[first / ranges.count % sizes.count]
    let request = ResponseGate.Request(
        range: ranges[first % ranges.count], size: size,
        validator: validators[first % validators.count], now: 784_111_777)
    var gate = ResponseGate(request)
    for line in input.dropFirst().split(separator: 0x0A, omittingEmptySubsequences: false) {
        switch gate.take(line + [0x0D, 0x0A]) {
        case .more: continue
        case .redirected(let location): precondition(!location.utf8.contains(0x0A))
        case .refused(let refusal):
            precondition(!refusal.reason.isEmpty)
            if case .busy(let seconds?) = refusal.kind { precondition(0...86_400 ~= seconds) }
        case .accepted(let answer):
            precondition(answer.size >= 0 && (size == nil || answer.size == size))
            precondition(!answer.isWhole || request.range.lowerBound == 0 || answer.size == 0)
            // It goes back to the server, in a head of our own.
            if case .tag(let tag)? = answer.validator {
                precondition(tag.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
            }
        }
        return
    }
}
