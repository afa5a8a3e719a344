public import DatasetManifest
public import Disk

/// A submission to the classification task for the evaluation server: a line per test image in the
/// order of their names, with 1 to 5 labels, the likeliest first.
///
///     let report = try Submission(lines: 100_000, classes: 1000).check("predictions.txt")
///     for fault in report.faults { print(fault.line, fault.column, fault.sentence) }
public struct Submission: Sendable {
    public enum Numbering: String, Sendable, CaseIterable {
        /// ILSVRC ids from 1 in the devkit's order, as the devkits ask for.
        case ids
        /// The class's line in the list of WNIDs, from 1, as the page of TFDS says.
        case alphabetical

        public var text: String {
            switch self {
            case .ids: "ILSVRC ids (from 1, in the devkit's order)"
            case .alphabetical: "lines of the sorted list of WNIDs (class index + 1)"
            }
        }
    }

    public let lines: Int
    public let classes: Int

    public init(lines: Int, classes: Int) {
        self.lines = lines
        self.classes = classes
    }

    // MARK: Checking

    /// Checks any file as a submission, in constant memory.
    public func check(_ path: Path) throws -> SubmissionReport {
        var report = SubmissionReport()
        var values: [Int] = []
        try LabelLines.read(path) { line in
            report.check(line, &values) { word in
                guard let number = SubmissionReport.number(word) else {
                    return .failure(.init(text: "is not a whole number"))
                }
                guard (1...classes).contains(number) else {
                    return .failure(.init(text: "is not between 1 and \(classes)"))
                }
                return .success(number)
            }
        }
        report.finish(wanted: lines)
        return report
    }

    // MARK: Writing

    /// Checks predictions: WNIDs, or class indexes from 0, up to 5 per line.
    public func checkPredictions(_ path: Path, _ labels: ClassLabels) throws -> SubmissionReport {
        try predictions(path, labels) { _ in }
    }

    /// - Parameter write: gets each line's ranks, until the first fault.
    private func predictions(
        _ path: Path, _ labels: ClassLabels, _ write: ([Int]) throws -> Void
    ) throws -> SubmissionReport {
        var report = SubmissionReport()
        var ranks: [Int] = []
        var areWNIDs: Bool?
        try LabelLines.read(path) { line in
            report.check(line, &ranks) { word in
                let wnid = WNID(bytes: word)
                let isFirst = areWNIDs == nil
                if isFirst { areWNIDs = wnid != nil }
                guard (wnid != nil) == areWNIDs else {
                    let kind = areWNIDs == true ? "a WNID" : "a class index"
                    return .failure(.init(text: "is not \(kind), as the first label is"))
                }
                return Self.rank(word, wnid, labels)
            }
            if report.isValid { try write(ranks) }
        }
        report.finish(wanted: lines)
        return report
    }

    private static func rank(
        _ word: ArraySlice<UInt8>, _ wnid: WNID?, _ labels: ClassLabels
    ) -> Result<Int, SubmissionReport.Reason> {
        if let wnid {
            guard let found = labels.class(wnid) else {
                return .failure(.init(text: "is not a class of the data set"))
            }
            return .success(found.rank)
        }
        guard let number = SubmissionReport.number(word) else {
            return .failure(.init(text: "is neither a WNID nor a class index"))
        }
        guard labels.classes.indices.contains(number) else {
            return .failure(
                .init(text: "is not a class index from 0 to \(labels.classes.count - 1)"))
        }
        return .success(number)
    }

    /// Converts predictions to a submission, if all of them are valid.
    ///
    /// The file is read twice: if the report has faults, `write` was never called.
    ///
    /// - Throws: `.badInput` if ids are wanted and the labels have none.
    public func write(
        _ path: Path, labels: ClassLabels, numbering: Numbering,
        to write: ([UInt8]) throws -> Void
    ) throws -> SubmissionReport {
        var numbers: [[UInt8]] = []
        for item in labels.classes {
            let number = numbering == .alphabetical ? item.rank + 1 : item.id
            guard let number else { throw ExportError.noIDs(labels.source) }
            numbers.append(Array("\(number)".utf8))
        }
        let first = try checkPredictions(path, labels)
        if !first.isValid { return first }
        var pending: [UInt8] = []
        let second = try predictions(path, labels) { ranks in
            for (index, rank) in ranks.enumerated() {
                if index > 0 { pending.append(UInt8(ascii: " ")) }
                pending += numbers[rank]
            }
            pending.append(UInt8(ascii: "\n"))
            if pending.count >= 64 << 10 {
                try write(pending)
                pending.removeAll(keepingCapacity: true)
            }
        }
        guard second == first else {
            throw ExportError.badInput("\(path) changed while it was being read")
        }
        try write(pending)
        return first
    }
}
