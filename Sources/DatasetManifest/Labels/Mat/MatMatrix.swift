// Matrices, the only elements that hold values (MAT-file format, level 5, "miMATRIX").
extension MatCursor {
    private static let longestFieldName = 64
    private static let mostFields = 256
    private static let mostDimensions = 32

    /// Reads the matrix whose data this is: its name, empty inside others, and its value.
    func matrix(depth: Int, _ budget: inout MatBudget) throws(LabelError) -> (String, MatValue) {
        var cursor = self
        // An empty cell or field may be a matrix of no bytes at all.
        if cursor.remaining == 0 { return ("", .numbers([])) }
        if depth > MatFile.deepest {
            throw damage("values are nested more than \(MatFile.deepest) deep")
        }
        let flags = try cursor.element(.uint32, for: "the array's flags").data
        guard flags.remaining >= 8 else { throw flags.damage("flags of 8 bytes are expected") }
        let classNumber = Int(flags.item(0, width: 4) & 0xFF)
        guard classNumber <= 15 else {
            return ("", .other(classNumber: classNumber))
        }
        let dimensions = try cursor.dimensions()
        let name = String(
            decoding: try cursor.element(.int8, .uint8, .utf8, for: "a name").data.allBytes,
            as: UTF8.self)
        let value: MatValue
        switch classNumber {
        case 1: value = .cells(try cursor.values(count: dimensions.count, depth: depth, &budget))
        case 2:
            value = .structs(try cursor.structs(count: dimensions.count, depth: depth, &budget))
        case 4: value = .text(try cursor.text(dimensions, &budget))
        case 6...15: value = .numbers(try cursor.numbers(count: dimensions.count, &budget))
        default: value = .other(classNumber: classNumber)
        }
        return (name, value)
    }

    struct Dimensions {
        let rows: Int
        /// The product of all.
        let count: Int
    }

    private mutating func dimensions() throws(LabelError) -> Dimensions {
        let data = try element(.int32, .uint32, for: "the dimensions").data
        let number = data.remaining / 4
        guard (1...Self.mostDimensions).contains(number) else {
            throw data.damage("an array has \(number) dimensions")
        }
        var count = 1
        for index in 0..<number {
            let size = Int(data.item(index, width: 4))
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            guard !overflow, size <= Int32.max else {
                throw data.damage("an array's dimensions are too large")
            }
            count = product
        }
        return Dimensions(rows: Int(data.item(0, width: 4)), count: count)
    }

    /// The stated number of matrices.
    private mutating func values(count: Int, depth: Int, _ budget: inout MatBudget)
        throws(LabelError) -> [MatValue]
    {
        // A matrix takes a tag of 8 bytes at least.
        guard count <= remaining / 8 else {
            throw damage("\(count) values are stated, but there are \(remaining) bytes")
        }
        try take(count, &budget)
        var result: [MatValue] = []
        result.reserveCapacity(count)
        for _ in 0..<count {
            let element = try element(.matrix, for: "a value")
            result.append(try element.data.matrix(depth: depth + 1, &budget).1)
        }
        return result
    }

    private mutating func structs(count: Int, depth: Int, _ budget: inout MatBudget)
        throws(LabelError) -> MatStructs
    {
        let lengthData = try element(.int32, .uint32, for: "the field names' length").data
        guard lengthData.remaining >= 4 else {
            throw lengthData.damage("a length of 4 bytes is expected")
        }
        let length = Int(lengthData.item(0, width: 4))
        guard (1...Self.longestFieldName).contains(length) else {
            throw lengthData.damage("field names have \(length) bytes, not 1–64")
        }
        let names = try element(.int8, .uint8, for: "the field names").data
        let bytes = names.allBytes
        guard bytes.count.isMultiple(of: length), bytes.count / length <= Self.mostFields else {
            throw names.damage("\(bytes.count) bytes are not field names of \(length) bytes each")
        }
        let fields = stride(from: bytes.startIndex, to: bytes.endIndex, by: length).map { start in
            String(decoding: bytes[start..<(start + length)].prefix { $0 != 0 }, as: UTF8.self)
        }
        let (total, overflow) = count.multipliedReportingOverflow(by: fields.count)
        if overflow || fields.isEmpty && count > MatFile.mostItems {
            throw damage("\(count) structs are too many")
        }
        let values = try values(count: total, depth: depth, &budget)
        return MatStructs(fields: fields, count: count, values: values)
    }

    // MARK: Numbers and text

    private mutating func numbers(count: Int, _ budget: inout MatBudget) throws(LabelError)
        -> [Double]
    {
        // The imaginary part of complex numbers would follow; nothing here needs it.
        let element = try element()
        let data = element.data
        let type = element.type
        guard data.remaining.isMultiple(of: type.width), data.remaining / type.width == count else {
            throw data.damage(
                "\(count) numbers are expected, but there are \(data.remaining) bytes")
        }
        try take(count, &budget)
        return try (0..<count).map { index throws(LabelError) in
            let bits = data.item(index, width: type.width)
            switch type {
            case .int8: return Double(Int8(truncatingIfNeeded: bits))
            case .int16: return Double(Int16(truncatingIfNeeded: bits))
            case .int32: return Double(Int32(truncatingIfNeeded: bits))
            case .int64: return Double(Int64(truncatingIfNeeded: bits))
            case .uint8, .uint16, .uint32, .uint64: return Double(bits)
            case .single: return Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
            case .double: return Double(bitPattern: bits)
            case .matrix, .compressed, .utf8, .utf16, .utf32:
                throw data.damage("numbers are expected, but there is a \(type) element")
            }
        }
    }

    private mutating func text(_ dimensions: Dimensions, _ budget: inout MatBudget)
        throws(LabelError) -> [String]
    {
        if remaining == 0, dimensions.count == 0 { return [] }
        let element = try element()
        let data = element.data
        try take(data.remaining / element.type.width, &budget)
        let text: String
        switch element.type {
        case .int8, .uint8, .utf8: text = data.narrowText
        case .int16, .uint16, .utf16: text = data.text(UTF16.self, width: 2)
        case .int32, .uint32, .utf32: text = data.text(UTF32.self, width: 4)
        default: throw data.damage("text is expected, but there is a \(element.type) element")
        }
        if dimensions.count == 0 { return [] }
        if dimensions.rows == 1 { return [text] }
        // Characters go down the columns.
        let units = Array(text.unicodeScalars)
        guard units.count == dimensions.count else {
            throw data.damage("\(dimensions.count) characters are expected, not \(units.count)")
        }
        return (0..<dimensions.rows).map { row in
            var line = String.UnicodeScalarView()
            for index in stride(from: row, to: units.count, by: dimensions.rows) {
                line.append(units[index])
            }
            return String(line)
        }
    }

    private func text<Encoding: Unicode.Encoding>(_: Encoding.Type, width: Int) -> String
    where Encoding.CodeUnit: FixedWidthInteger {
        let units = (0..<(remaining / width)).map {
            Encoding.CodeUnit(truncatingIfNeeded: item($0, width: width))
        }
        return String(decoding: units, as: Encoding.self)
    }

    /// Text of a byte a character or UTF-8; the file does not always tell which.
    private var narrowText: String {
        if let text = String(validating: allBytes, as: UTF8.self) { return text }
        var latin = String.UnicodeScalarView()
        latin.append(contentsOf: allBytes.map { Unicode.Scalar($0) })
        return String(latin)
    }

    private var allBytes: ArraySlice<UInt8> { bytes[range] }

    private func take(_ count: Int, _ budget: inout MatBudget) throws(LabelError) {
        guard budget.take(items: count) else {
            throw unsupported("it holds more than \(MatFile.mostItems) values")
        }
    }
}
