internal import DatasetManifest

/// What was found in a submission, or in predictions.
public struct SubmissionReport: Sendable, Hashable {
    public struct Fault: Sendable, Hashable {
        /// Both from 1; the column counts bytes.
        public let line: Int
        public let column: Int
        /// Without a full stop, safe for a terminal.
        public let sentence: String
    }

    /// More faults are only counted.
    static let mostFaults = 10

    public internal(set) var lines = 0
    public private(set) var faults: [Fault] = []
    public private(set) var faultCount = 0
    /// The fewest and the most labels per line.
    public private(set) var labels = 0...0
    /// Whether a label is 0: then these are class indexes, not ILSVRC ids.
    public private(set) var hasZero = false
    public private(set) var hasWNIDs = false

    public var isValid: Bool { faultCount == 0 }

    mutating func add(_ line: Int, _ column: Int, _ sentence: String) {
        faultCount += 1
        guard faults.count < Self.mostFaults else { return }
        faults.append(Fault(line: line, column: column, sentence: sentence))
    }

    // MARK: Lines

    static let mostLabels = 5

    /// Checks the rules that do not depend on what labels mean.
    ///
    /// - Parameters:
    ///   - value: the meaning of a word, or why it has none.
    ///   - values: gets the line's labels; valid if no fault was added.
    mutating func check(
        _ line: LabelLines.Line, _ values: inout [Int],
        value: (ArraySlice<UInt8>) -> Result<Int, Reason>
    ) {
        lines = line.number
        values.removeAll(keepingCapacity: true)
        if line.count == 0 { return add(line.number, 1, "there is no label") }
        let count = min(line.count, Self.mostLabels)
        labels =
            line.number == 1
            ? count...count : min(labels.lowerBound, count)...max(labels.upperBound, count)
        for word in line.words.prefix(Self.mostLabels) {
            note(line.bytes(word))
            switch value(line.bytes(word)) {
            case .failure(let reason):
                add(line.number, word.column, "\(line.shown(word)) \(reason.text)")
            case .success(let label):
                if values.contains(label) {
                    add(line.number, word.column, "the label \(line.shown(word)) is there twice")
                }
                values.append(label)
            }
        }
        if line.count > Self.mostLabels {
            add(
                line.number, line.words[Self.mostLabels].column,
                "there are \(line.count) labels, and \(Self.mostLabels) are allowed")
        }
    }

    mutating func finish(wanted: Int) {
        if lines < wanted {
            add(lines + 1, 1, "the file ends after \(lines) of \(wanted) lines")
        } else if lines > wanted {
            add(wanted + 1, 1, "the file has \(lines) lines instead of \(wanted)")
        }
    }

    private mutating func note(_ word: ArraySlice<UInt8>) {
        if word.elementsEqual("0".utf8) { hasZero = true }
        if word.first == UInt8(ascii: "n"), WNID(bytes: word) != nil { hasWNIDs = true }
    }

    /// What is wrong with a word, as the rest of a sentence.
    struct Reason: Error {
        let text: String
    }

    /// A whole number, limited so that it cannot overflow.
    static func number(_ word: ArraySlice<UInt8>) -> Int? {
        var number = 0
        for byte in word {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
            if word.count > 18 { number = .max / 16 }
        }
        return word.isEmpty ? nil : number
    }
}
