internal import CExpat

/// The class of a validation image, from the XML file that says where its objects are.
enum ValidationBoxes {
    static let longestFile = 1 << 20

    /// The name of the first object.
    ///
    /// - Parameter file: what errors call the file; safe for a terminal.
    static func wnid(_ xml: [UInt8], file: String) throws(LabelError) -> WNID {
        guard let parser = XML_ParserCreate(nil) else {
            throw .xml(file, "there is no memory to read it")
        }
        defer { XML_ParserFree(parser) }
        let search = ObjectNameSearch(parser)
        return try withExtendedLifetime(search) { () throws(LabelError) in
            XML_SetUserData(parser, Unmanaged.passUnretained(search).toOpaque())
            XML_SetElementHandler(parser, startCallback, endCallback)
            XML_SetCharacterDataHandler(parser, textCallback)
            XML_SetEntityDeclHandler(parser, entityCallback)
            let status = xml.withUnsafeBytes { bytes in
                XML_Parse(
                    parser, bytes.bindMemory(to: CChar.self).baseAddress,
                    CInt(clamping: bytes.count), 1)
            }
            if let refusal = search.refusal { throw .xml(file, refusal) }
            if search.isFound {
                if let wnid = WNID(bytes: search.name) { return wnid }
                throw .xml(file, "its first object has a name that is not a WNID")
            }
            if status != XML_STATUS_OK {
                throw .xml(
                    file, "it is not valid XML at line \(XML_GetCurrentLineNumber(parser))")
            }
            throw .xml(file, "it names no object")
        }
    }
}

/// Finds `annotation/object/name` while the parser runs.
private final class ObjectNameSearch {
    private static let way = ["annotation", "object", "name"].map { Array($0.utf8) }
    private static let deepest = 32
    private static let longestName = 64

    private let parser: XML_Parser
    private var depth = 0
    /// How many of the open elements are on that path.
    private var matched = 0
    private(set) var name: [UInt8] = []
    private(set) var isFound = false
    private(set) var refusal: String?

    init(_ parser: XML_Parser) { self.parser = parser }

    func start(_ element: UnsafePointer<CChar>) {
        depth += 1
        if depth > Self.deepest { return refuse("its elements are nested too deeply") }
        guard matched == depth - 1, matched < Self.way.count else { return }
        let wanted = Self.way[matched]
        let isWanted =
            wanted.enumerated().allSatisfy { UInt8(bitPattern: element[$0]) == $1 }
            && element[wanted.count] == 0
        if isWanted { matched += 1 }
    }

    func end() {
        if matched == depth {
            if matched == Self.way.count {
                isFound = true
                XML_StopParser(parser, 0)
            }
            matched -= 1
        }
        depth -= 1
    }

    func text(_ bytes: UnsafeBufferPointer<CChar>) {
        guard matched == Self.way.count, depth == matched else { return }
        name += bytes.lazy.map { UInt8(bitPattern: $0) }.filter { $0 > 0x20 }
        if name.count > Self.longestName { refuse("its first object has a very long name") }
    }

    func refuse(_ reason: String) {
        refusal = refusal ?? reason
        XML_StopParser(parser, 0)
    }
}

private func search(_ context: UnsafeMutableRawPointer?) -> ObjectNameSearch? {
    context.map { Unmanaged<ObjectNameSearch>.fromOpaque($0).takeUnretainedValue() }
}

private func startCallback(
    context: UnsafeMutableRawPointer?, element: UnsafePointer<CChar>?,
    _: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) {
    if let element { search(context)?.start(element) }
}

private func endCallback(context: UnsafeMutableRawPointer?, _: UnsafePointer<CChar>?) {
    search(context)?.end()
}

private func textCallback(
    context: UnsafeMutableRawPointer?, text: UnsafePointer<CChar>?, count: CInt
) {
    search(context)?.text(UnsafeBufferPointer(start: text, count: Int(count)))
}

// Entities can make a gigabyte of a kilobyte, and no box file needs one.
private func entityCallback(
    context: UnsafeMutableRawPointer?, _: UnsafePointer<CChar>?, _: CInt,
    _: UnsafePointer<CChar>?, _: CInt, _: UnsafePointer<CChar>?, _: UnsafePointer<CChar>?,
    _: UnsafePointer<CChar>?, _: UnsafePointer<CChar>?
) {
    search(context)?.refuse("it declares entities")
}
