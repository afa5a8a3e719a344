internal import Disk

/// A MAT file of level 5, as MATLAB's `save` and SciPy's `savemat` write it, compressed or not, of
/// either byte order.
///
///     let file = try MatFile(bytes, name: "meta.mat")
///     if case .structs(let synsets)? = file.variables["synsets"] { … }
///
/// Nothing is trusted: sizes are checked against the bytes, and there are limits on the whole
/// (64 MiB, inflated 256 MiB), on depth and on the number of values.
public struct MatFile: Sendable {
    /// The variables by name; of one that appears twice, the last.
    public let variables: [String: MatValue]

    static let longestFile = 64 << 20
    static let longestInflated = 256 << 20
    static let deepest = 8
    /// Numbers, characters and values in the whole file: a devkit has less than a tenth.
    static let mostItems = 4 << 20

    private static let headerLength = 128

    /// - Parameter name: what errors call the file; safe for a terminal.
    public init(_ bytes: [UInt8], name: String) throws(LabelError) {
        var elements = try Self.elements(of: bytes, name: name)
        var budget = MatBudget(items: Self.mostItems, inflated: Self.longestInflated)
        var variables: [String: MatValue] = [:]
        while elements.remaining > 0 {
            var element = try elements.element()
            if element.type == .compressed {
                var inner = try element.data.inflated(&budget)
                element = try inner.element()
            }
            guard element.type == .matrix else { continue }
            let (variable, value) = try element.data.matrix(depth: 1, &budget)
            variables[variable] = value
        }
        self.variables = variables
    }

    /// Everything after the header, which is checked.
    private static func elements(of bytes: [UInt8], name: String) throws(LabelError) -> MatCursor {
        if bytes.count > longestFile {
            throw .unsupportedMat(
                name, "it has \(bytes.count) bytes, and may have \(longestFile)")
        }
        if bytes.starts(with: [0x89] + Array("HDF\r\n".utf8)) { throw tooNew(name) }
        guard bytes.count >= headerLength else {
            throw .damagedMat(
                name, at: "byte \(bytes.count)", "it ends within the header of 128 bytes")
        }
        let isBigEndian: Bool
        switch (bytes[126], bytes[127]) {
        case (UInt8(ascii: "I"), UInt8(ascii: "M")): isBigEndian = false
        case (UInt8(ascii: "M"), UInt8(ascii: "I")): isBigEndian = true
        default:
            throw .damagedMat(name, at: "byte 126", "it is not marked as a level 5 MAT file")
        }
        var version = (Int(bytes[125]), Int(bytes[124]))
        if isBigEndian { version = (version.1, version.0) }
        if version.0 == 2 { throw tooNew(name) }
        guard version.0 == 1 else {
            throw .damagedMat(name, at: "byte 124", "the version is \(version.0), not 1")
        }
        return MatCursor(bytes, from: headerLength, isBigEndian: isBigEndian, name: name)
    }

    private static func tooNew(_ name: String) -> LabelError {
        .unsupportedMat(
            name, "it is a level 7.3 MAT file, and only level 5 can be read",
            hint: "save it again in MATLAB with -v7")
    }
}

/// What is left of the limits of a file.
struct MatBudget {
    private(set) var items: Int
    private(set) var inflated: Int

    init(items: Int, inflated: Int) {
        self.items = items
        self.inflated = inflated
    }

    /// - Returns: false if there is not that much left.
    mutating func take(items count: Int) -> Bool {
        guard count <= items else { return false }
        items -= count
        return true
    }

    mutating func take(inflated count: Int) -> Bool {
        guard count <= inflated else { return false }
        inflated -= count
        return true
    }
}
