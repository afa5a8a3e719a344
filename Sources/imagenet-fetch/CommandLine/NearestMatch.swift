/// The candidate that was most likely meant, or nil if none is near.
func nearestMatch(to word: Word, among candidates: [String]) -> String? {
    nearestMatches(to: word, among: candidates, most: 1).first
}

/// The candidates that were most likely meant, the nearest first; none if none is near.
func nearestMatches(to word: Word, among candidates: [String], most: Int = 3) -> [String] {
    // No name is that long, and the cost is the product of both lengths.
    guard (1...40).contains(word.bytes.count) else { return [] }
    let allowed = word.bytes.count <= 3 ? 1 : max(2, word.bytes.count / 3)
    let near = candidates.compactMap { candidate -> (name: String, distance: Int)? in
        let name = Array(candidate.utf8)
        // A prefix counts as near, however much is missing.
        let isBeginning = word.bytes.count >= 3 && name.starts(with: word.bytes)
        let distance = isBeginning ? 1 : editDistance(word.bytes, name)
        return distance <= allowed ? (candidate, distance) : nil
    }
    // Of equally near ones the first stays first: Swift's sort is stable.
    return near.sorted { $0.distance < $1.distance }.prefix(most).map(\.name)
}

/// The number of letters to add, drop, change or swap with their neighbour to get from one to the
/// other.
func editDistance(_ from: [UInt8], _ to: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...to.count)
    for row in 0..<from.count {
        var current = [row + 1]
        for column in 0..<to.count {
            let change = last[column] + (from[row] == to[column] ? 0 : 1)
            var distance = min(change, last[column + 1] + 1, current[column] + 1)
            if row > 0, column > 0, from[row] == to[column - 1], from[row - 1] == to[column] {
                distance = min(distance, beforeLast[column - 1] + 1)
            }
            current.append(distance)
        }
        (beforeLast, last) = (last, current)
    }
    return last[to.count]
}
