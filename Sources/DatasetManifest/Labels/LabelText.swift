internal import Disk

/// A text file of labels, told apart by its lines.
enum LabelText {
    /// A WNID a line.
    case wnids([WNID])
    /// A number a line.
    case ids([Int])
    /// An id and a WNID a line, in either order, perhaps with a name: `1 n02119789`, tabs or commas
    /// as well, and `n02119789 1 kit_fox`.
    case classes([ClassLabels.Fact])
    /// The WNIDs of the validation images, from lines with an image's name and a WNID, in any order.
    case images([WNID])

    static let longestFile = 16 << 20
    private static let longestLine = 4096
    private static let mostLines = 1_000_000

    private enum Form { case wnid, id, idAndWNID, wnidAndID, nameAndWNID, wnidAndName }

    /// - Parameter file: what errors call the file; safe for a terminal.
    init(_ bytes: [UInt8], file: String) throws(LabelError) {
        let lineCount = bytes.count { $0 == UInt8(ascii: "\n") }
        if lineCount > Self.mostLines {
            throw .invalid(file, "it has \(lineCount) lines, more than \(Self.mostLines)")
        }
        var lines = Self.lines(of: bytes)
        var firstLine = 1
        while lines.last?.isEmpty == true { lines.removeLast() }
        if lines.isEmpty { throw .invalid(file, "it is empty") }
        for (index, line) in lines.enumerated() where line.count > Self.longestLine {
            throw .line(index + 1, of: file, "has \(line.count) bytes")
        }
        if lines.count > 1, Self.isHeading(lines[0]) {
            lines.removeFirst()
            firstLine = 2
        }
        let form = try Self.form(of: Self.fields(lines[0]), line: firstLine, file: file)
        var rows = Rows()
        for (index, line) in lines.enumerated() {
            let fields = Self.fields(line)
            guard rows.add(fields, form) else {
                let shown = escaped(line.prefix(60))
                throw .line(
                    index + firstLine, of: file,
                    "is \"\(shown)\", where \(Self.expectation(form)) is expected")
            }
        }
        switch form {
        case .wnid: self = .wnids(rows.wnids)
        case .id: self = .ids(rows.numbers)
        case .idAndWNID, .wnidAndID: self = .classes(rows.facts)
        case .nameAndWNID, .wnidAndName:
            self = .images(
                try ImageOrder.wnids(Array(zip(rows.numbers, rows.wnids)), file: file))
        }
    }

    private struct Rows {
        var wnids: [WNID] = []
        var numbers: [Int] = []
        var facts: [ClassLabels.Fact] = []

        /// - Returns: false if the fields are not of that form.
        mutating func add(_ fields: [ArraySlice<UInt8>], _ form: Form) -> Bool {
            switch form {
            case .wnid:
                guard fields.count == 1, let wnid = WNID(bytes: fields[0]) else { return false }
                wnids.append(wnid)
            case .id:
                guard fields.count == 1, let id = number(fields[0]) else { return false }
                numbers.append(id)
            case .idAndWNID, .wnidAndID:
                guard fields.count >= 2 else { return false }
                let (first, second) =
                    form == .idAndWNID ? (fields[0], fields[1]) : (fields[1], fields[0])
                guard let id = number(first), let wnid = WNID(bytes: second) else { return false }
                let word = fields.dropFirst(2).map { String(decoding: $0, as: UTF8.self) }
                    .joined(separator: " ").replacing("_", with: " ")
                facts.append(
                    ClassLabels.Fact(id: id, wnid: wnid, words: word.isEmpty ? [] : [word]))
            case .nameAndWNID, .wnidAndName:
                guard fields.count >= 2 else { return false }
                let (name, wnid) =
                    form == .nameAndWNID ? (fields[0], fields[1]) : (fields[1], fields[0])
                guard let index = ValidationName.index(name), let wnid = WNID(bytes: wnid) else {
                    return false
                }
                numbers.append(index)
                wnids.append(wnid)
            }
            return true
        }
    }

    private static func form(of fields: [ArraySlice<UInt8>], line: Int, file: String)
        throws(LabelError) -> Form
    {
        let first = fields.first ?? []
        if fields.count == 1 {
            if WNID(bytes: first) != nil { return .wnid }
            if number(first) != nil { return .id }
        } else if fields.count > 1 {
            let second = fields[1]
            switch (WNID(bytes: first) != nil, WNID(bytes: second) != nil) {
            case (false, true) where number(first) != nil: return .idAndWNID
            case (false, true) where ValidationName.index(first) != nil: return .nameAndWNID
            case (true, false) where number(second) != nil: return .wnidAndID
            case (true, false) where ValidationName.index(second) != nil: return .wnidAndName
            default: break
            }
            if ValidationName.index(first) != nil, number(second) != nil {
                throw .line(
                    line, of: file,
                    "has a number beside a name, which may be an ILSVRC id or a rank",
                    hint: "write the WNID instead")
            }
        }
        throw .line(
            line, of: file, "is neither a WNID, nor an id, nor an id or an image's name with a WNID"
        )
    }

    private static func expectation(_ form: Form) -> String {
        switch form {
        case .wnid: "a WNID"
        case .id: "a number"
        case .idAndWNID: "a number and a WNID"
        case .wnidAndID: "a WNID and a number"
        case .nameAndWNID: "a validation image's name and a WNID"
        case .wnidAndName: "a WNID and a validation image's name"
        }
    }

    // MARK: Lines and fields

    private static func lines(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        let text = bytes.withoutByteOrderMark
        return text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
            var line = $0
            while let last = line.last, last == UInt8(ascii: "\r") || last == UInt8(ascii: " ") {
                line.removeLast()
            }
            return line
        }
    }

    /// Words between blanks, tabs and commas, without quotation marks.
    private static func fields(_ line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        line.split { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: ",") }.map { field in
            let quote = UInt8(ascii: "\"")
            guard field.count >= 2, field.first == quote, field.last == quote else { return field }
            return field.dropFirst().dropLast()
        }
    }

    /// The names of columns: several words, no digit.
    private static func isHeading(_ line: ArraySlice<UInt8>) -> Bool {
        fields(line).count > 1
            && !line.contains { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private static func number(_ field: ArraySlice<UInt8>) -> Int? {
        guard (1...9).contains(field.count) else { return nil }
        var result = 0
        for byte in field {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            result = result * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return result
    }
}

/// Labels by the images' numbers, brought into order.
enum ImageOrder {
    /// The WNIDs of images 1 to n.
    ///
    /// - Throws: when an image is missing or there twice.
    static func wnids(_ images: [(index: Int, wnid: WNID)], file: String) throws(LabelError)
        -> [WNID]
    {
        var result: [WNID] = []
        result.reserveCapacity(images.count)
        for (index, wnid) in images.sorted(by: { $0.index < $1.index }) {
            if index == result.count {
                throw .invalid(file, "validation image \(index) appears twice")
            }
            if index != result.count + 1 {
                throw .incomplete(
                    file,
                    "it has labels for \(images.count) validation images up to number "
                        + "\(images.map(\.index).max() ?? 0), but none for \(result.count + 1)")
            }
            result.append(wnid)
        }
        return result
    }
}
