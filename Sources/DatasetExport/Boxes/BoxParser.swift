internal import CExpat
internal import Glibc

/// Reads what process_bounding_boxes.py reads of an annotation: the texts of some elements,
/// anywhere in the document. One parser can read any number of files.
final class BoxParser {
    enum Tag: Int, CaseIterable {
        case width, height, name, xmin, ymin, xmax, ymax
    }

    struct Fault: Error {
        let reason: String
    }

    /// Far more than any annotation has.
    private static let mostBoxes = 100_000
    private static let deepest = 64
    private static let longestText = 4096

    private let parser: XML_Parser
    /// The salt of hashed names, so that nobody can choose names that collide.
    private let salt = UInt.random(in: 1...UInt.max)
    private var depth = 0
    /// The element whose text is being read; the text ends at its first child.
    private var current: (tag: Tag, depth: Int)?
    private var text: [UInt8] = []
    private var fault: Fault?

    /// The first of each.
    private(set) var width: Double?
    private(set) var height: Double?
    private(set) var name: [UInt8]?
    /// All xmin, ymin, xmax and ymax, in document order.
    private(set) var edges: [[Double]] = Array(repeating: [], count: 4)

    init() throws(ExportError) {
        guard let parser = XML_ParserCreate(nil) else { throw .encoder("expat", "no memory") }
        self.parser = parser
    }

    deinit { XML_ParserFree(parser) }

    func read(_ xml: UnsafeRawBufferPointer) throws(Fault) {
        reset()
        let context = Unmanaged.passUnretained(self).toOpaque()
        XML_SetUserData(parser, context)
        XML_SetElementHandler(parser, startCallback, endCallback)
        XML_SetCharacterDataHandler(parser, textCallback)
        XML_SetEntityDeclHandler(parser, entityCallback)
        let status = XML_Parse(
            parser, xml.bindMemory(to: CChar.self).baseAddress, CInt(clamping: xml.count), 1)
        if let fault { throw fault }
        if status != XML_STATUS_OK {
            throw Fault(reason: "it is not valid XML at line \(XML_GetCurrentLineNumber(parser))")
        }
    }

    private func reset() {
        XML_ParserReset(parser, nil)
        // Otherwise expat would ask the system for a salt for each file.
        XML_SetHashSalt(parser, salt)
        depth = 0
        current = nil
        fault = nil
        (width, height, name) = (nil, nil, nil)
        for index in edges.indices { edges[index].removeAll(keepingCapacity: true) }
    }

    fileprivate func start(_ element: UnsafePointer<CChar>) {
        depth += 1
        if depth > Self.deepest { return refuse("its elements are nested too deep") }
        // In ElementTree, text after a child is not the element's text.
        finishText()
        guard let tag = Self.tag(element) else { return }
        current = (tag, depth)
        text.removeAll(keepingCapacity: true)
    }

    fileprivate func end() {
        if current?.depth == depth { finishText() }
        depth -= 1
    }

    fileprivate func add(_ bytes: UnsafeBufferPointer<CChar>) {
        guard let current, current.depth == depth else { return }
        text.append(contentsOf: UnsafeRawBufferPointer(bytes))
        if text.count > Self.longestText { refuse("the text of an element is too long") }
    }

    fileprivate func refuse(_ reason: String) {
        fault = fault ?? Fault(reason: reason)
        XML_StopParser(parser, 0)
    }

    private func finishText() {
        guard let tag = current?.tag else { return }
        current = nil
        switch tag {
        case .name: if name == nil { name = text }
        case .width: if width == nil { width = number(tag) }
        case .height: if height == nil { height = number(tag) }
        case .xmin, .ymin, .xmax, .ymax:
            let list = tag.rawValue - Tag.xmin.rawValue
            guard edges[list].count < Self.mostBoxes else { return refuse("it has too many boxes") }
            if let value = number(tag) { edges[list].append(value) }
        }
    }

    private func number(_ tag: Tag) -> Double? {
        if let value = BoxNumber.whole(text) { return value }
        refuse("its \(tag) is not a number")
        return nil
    }

    private static func tag(_ element: UnsafePointer<CChar>) -> Tag? {
        // A quick check: most elements begin with another letter.
        switch UInt8(bitPattern: element[0]) {
        case UInt8(ascii: "x"): named(element, "xmin", .xmin) ?? named(element, "xmax", .xmax)
        case UInt8(ascii: "y"): named(element, "ymin", .ymin) ?? named(element, "ymax", .ymax)
        case UInt8(ascii: "w"): named(element, "width", .width)
        case UInt8(ascii: "h"): named(element, "height", .height)
        case UInt8(ascii: "n"): named(element, "name", .name)
        default: nil
        }
    }

    private static func named(
        _ element: UnsafePointer<CChar>, _ name: StaticString, _ tag: Tag
    ) -> Tag? {
        let isSame = strncmp(element, name.utf8Start, name.utf8CodeUnitCount + 1) == 0
        return isSame ? tag : nil
    }
}

enum BoxNumber {
    /// `int(float(text))` of Python; nil where Python would raise.
    static func whole(_ text: [UInt8]) -> Double? {
        var digits = 0
        for byte in text {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return slow(text) }
            digits = digits &* 10 &+ Int(byte - UInt8(ascii: "0"))
        }
        return (1...15).contains(text.count) ? Double(digits) : slow(text)
    }

    private static func slow(_ text: [UInt8]) -> Double? {
        let isBlank = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
        var trimmed = text[...].drop(while: isBlank)
        while let last = trimmed.last, isBlank(last) { trimmed.removeLast() }
        let isPlain = trimmed.allSatisfy { "+-.0123456789eE".utf8.contains($0) }
        guard isPlain, let value = Double(String(decoding: trimmed, as: UTF8.self)),
            value.isFinite
        else { return nil }
        return value.rounded(.towardZero)
    }

    /// A number from 0 to 1 as `%.4f` prints it, in ten-thousandths: its exact value rounded, ties
    /// to even.
    static func tenThousandths(_ value: Double) -> UInt16 {
        let product = value * 10_000
        // What the product lost by rounding, exactly.
        let lost = (-product).addingProduct(value, 10_000)
        let below = product.rounded(.down)
        let side = (product - below - 0.5) + lost
        let isUp = side > 0 || (side == 0 && below.truncatingRemainder(dividingBy: 2) == 1)
        return UInt16(min(max(below + (isUp ? 1 : 0), 0), 10_000))
    }
}

/// The parser of a callback, without counting references: expat calls several times for each element,
/// and `read` holds the parser meanwhile.
private func withParser(_ context: UnsafeMutableRawPointer?, _ body: (BoxParser) -> Void) {
    guard let context else { return }
    Unmanaged<BoxParser>.fromOpaque(context)._withUnsafeGuaranteedRef(body)
}

private func startCallback(
    context: UnsafeMutableRawPointer?, element: UnsafePointer<CChar>?,
    _: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) {
    if let element { withParser(context) { $0.start(element) } }
}

private func endCallback(context: UnsafeMutableRawPointer?, _: UnsafePointer<CChar>?) {
    withParser(context) { $0.end() }
}

private func textCallback(
    context: UnsafeMutableRawPointer?, text: UnsafePointer<CChar>?, count: CInt
) {
    withParser(context) { $0.add(UnsafeBufferPointer(start: text, count: Int(count))) }
}

// Entities can expand a kilobyte to a gigabyte, and no box file needs them.
private func entityCallback(
    context: UnsafeMutableRawPointer?, _: UnsafePointer<CChar>?, _: CInt,
    _: UnsafePointer<CChar>?, _: CInt, _: UnsafePointer<CChar>?, _: UnsafePointer<CChar>?,
    _: UnsafePointer<CChar>?, _: UnsafePointer<CChar>?
) {
    withParser(context) { $0.refuse("it declares entities") }
}
