import Archives
import Disk
import Glibc

/// Lines about archive members, collected as bytes because there are 1.3 million of them.
struct MemberLines {
    enum Form { case path, long, json }

    private static let bufferSize = 64 << 10

    private let form: Form
    /// The JSON member that names the archive, if there are several.
    private let archive: [UInt8]
    private var bytes: [UInt8] = []
    /// The width of owner and size, which grows as in tar.
    private var width = 19

    init(_ form: Form, archive: Path?) {
        self.form = form
        self.archive = archive.map { Array("\"archive\":\(JSON.path($0).text),".utf8) } ?? []
        bytes.reserveCapacity(Self.bufferSize + 4096)
    }

    var isFull: Bool { bytes.count >= Self.bufferSize }

    /// Returns and clears the collected lines.
    mutating func take() -> [UInt8] {
        let result = bytes
        bytes.removeAll(keepingCapacity: true)
        return result
    }

    mutating func add(_ member: ArchiveMember) {
        switch form {
        case .path: addPath(member)
        case .long: addLong(member)
        case .json: addJSON(member)
        }
        bytes.append(0x0A)
    }

    // MARK: Text

    private mutating func addPath(_ member: ArchiveMember) {
        if !member.container.isEmpty {
            addEscaped(member.container)
            bytes.append(UInt8(ascii: "/"))
        }
        addEscaped(member.name)
    }

    private mutating func addEscaped(_ text: UnsafeRawBufferPointer) {
        if Self.isPlain(text) {
            bytes.append(contentsOf: text)
        } else {
            add(escaped(text))
        }
    }

    private mutating func add(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// Printable ASCII that needs no escape in text or JSON.
    private static func isPlain(_ text: UnsafeRawBufferPointer) -> Bool {
        text.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }
    }

    private mutating func addLong(_ member: ArchiveMember) {
        addMode(member)
        bytes.append(0x20)
        let start = bytes.count
        addOwner(member.userName, member.user)
        bytes.append(UInt8(ascii: "/"))
        addOwner(member.groupName, member.group)
        let size =
            switch member.kind {
            case .characterDevice, .blockDevice: "\(member.device.major),\(member.device.minor)"
            default: member.size.map { "\($0)" } ?? "?"
            }
        let used = bytes.count - start + 1 + size.utf8.count
        width = max(width, used)
        bytes.append(contentsOf: repeatElement(0x20, count: 1 + width - used))
        add(size)
        bytes.append(0x20)
        add(Self.time(member.modified ?? 0))
        bytes.append(0x20)
        addPath(member)
        switch member.kind {
        case .symbolicLink:
            add(" -> ")
            addEscaped(member.link)
        case .hardLink:
            add(" link to ")
            addEscaped(member.link)
        default: break
        }
    }

    private mutating func addOwner(_ name: UnsafeRawBufferPointer, _ number: Int64) {
        if name.isEmpty { add("\(number)") } else { addEscaped(name) }
    }

    private mutating func addMode(_ member: ArchiveMember) {
        let type: UInt8 =
            switch member.kind {
            case .file: UInt8(ascii: "-")
            case .folder: UInt8(ascii: "d")
            case .symbolicLink: UInt8(ascii: "l")
            case .hardLink: UInt8(ascii: "h")
            case .characterDevice: UInt8(ascii: "c")
            case .blockDevice: UInt8(ascii: "b")
            case .pipe: UInt8(ascii: "p")
            case .other: UInt8(ascii: "?")
            }
        bytes.append(type)
        let letters = Array("rwxrwxrwx".utf8)
        for (index, letter) in letters.enumerated() {
            let isSet = member.mode >> UInt32(8 - index) & 1 == 1
            // Set-user-id, set-group-id and the sticky bit replace the execute bit.
            let isSpecial = index % 3 == 2 && member.mode >> UInt32(11 - index / 3) & 1 == 1
            if isSpecial {
                let (set, notSet) =
                    index == 8
                    ? (UInt8(ascii: "t"), UInt8(ascii: "T"))
                    : (UInt8(ascii: "s"), UInt8(ascii: "S"))
                bytes.append(isSet ? set : notSet)
            } else {
                bytes.append(isSet ? letter : UInt8(ascii: "-"))
            }
        }
    }

    /// In the local time zone, to the minute (`localtime_r(3)`).
    private static func time(_ seconds: Int64) -> String {
        var (time, parts) = (time_t(seconds), tm())
        guard localtime_r(&time, &parts) != nil else { return "\(seconds)" }
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(Int(parts.tm_year) + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday)) "
            + "\(two(parts.tm_hour)):\(two(parts.tm_min))"
    }

    // MARK: JSON

    private mutating func addJSON(_ member: ArchiveMember) {
        add("{\"schema\":\"imagenet-fetch.list/1\",")
        bytes.append(contentsOf: archive)
        if Self.isPlain(member.container), Self.isPlain(member.name) {
            add("\"path\":\"")
            addPath(member)
            add("\"")
        } else {
            addText("path", member.path.bytes)
        }
        if let size = member.size { add(",\"size\":\(size)") }
        if let offset = member.offset { add(",\"offset\":\(offset)") }
        add(",\"type\":\"")
        add(Self.type(member.kind))
        add("\"")
        if let modified = member.modified { add(",\"mtime\":\(modified)") }
        if member.kind == .symbolicLink || member.kind == .hardLink {
            add(",")
            addText("target", Array(member.link))
        }
        if member.isSparse { add(",\"sparse\":true") }
        add("}")
    }

    /// As text if it is UTF-8, else as base64 under another key.
    private mutating func addText(_ key: String, _ text: [UInt8]) {
        if let valid = String(validating: text, as: UTF8.self) {
            add("\"\(key)\":\(JSON.string(valid).text)")
        } else {
            add("\"\(key)Bytes\":\"\(base64(text))\"")
        }
    }

    private static func type(_ kind: ArchiveMember.Kind) -> String {
        switch kind {
        case .file: "file"
        case .folder: "folder"
        case .symbolicLink: "symlink"
        case .hardLink: "hardlink"
        case .characterDevice, .blockDevice: "device"
        case .pipe: "pipe"
        case .other: "other"
        }
    }
}

/// RFC 4648, section 4.
func base64(_ bytes: [UInt8]) -> String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var result: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
        for place in 0..<4 {
            result.append(
                place <= group.count
                    ? digits[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
        }
    }
    return String(decoding: result, as: UTF8.self)
}
