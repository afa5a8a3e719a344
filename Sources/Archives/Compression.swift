internal import Disk

/// How a whole file is compressed.
enum Compression: CaseIterable {
    case gzip, bzip2, xz, zstd

    /// The longest of the marks.
    static let longestMark = 6

    /// By its first bytes; nil if it is not compressed in one of these ways.
    init?(_ start: UnsafeRawBufferPointer) {
        guard let found = Self.allCases.first(where: { $0.begins(start) }) else { return nil }
        self = found
    }

    /// Whether such a stream begins there.
    func begins(_ start: UnsafeRawBufferPointer) -> Bool {
        switch self {
        // Deflate is the only method (RFC 1952, 2.3.1).
        case .gzip: start.starts(with: [0x1F, 0x8B, 8])
        case .bzip2:
            start.starts(with: "BZh".utf8) && start.count > 3
                && (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(start[3])
        case .xz: start.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00])
        case .zstd: start.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) || isSkippable(start)
        }
    }

    /// A frame of zstd that holds something else (RFC 8878, 3.1.2).
    private func isSkippable(_ start: UnsafeRawBufferPointer) -> Bool {
        start.count >= 4 && start[0] & 0xF0 == 0x50
            && start[1..<4].elementsEqual([0x2A, 0x4D, 0x18])
    }

    func codec() throws(ArchiveError) -> any Codec {
        switch self {
        case .gzip: try Gunzip()
        case .bzip2: try Bunzip2()
        case .xz: try Unxz()
        case .zstd: try Unzstd()
        }
    }
}

/// Decompresses streams, one after the other.
protocol Codec: AnyObject {
    /// Takes bytes from the front of `input` and writes their output. After `.ended` the next bytes
    /// begin another stream.
    func step(
        _ input: inout UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
    ) -> (written: Int, state: CodecState)
}

enum CodecState {
    case open
    case ended
    /// The output before it still counts.
    case failed(String)
    case outOfMemory
    /// It needs more memory than the limit.
    case needsTooMuch
}

extension CodecState {
    /// Most libraries have a message.
    static func nonsense(_ words: UnsafePointer<CChar>?) -> CodecState {
        let details = words.map { " (\(String(cString: $0)))" } ?? ""
        return .failed("the compressed data is invalid\(details)")
    }

    static var wrongSum: CodecState {
        .failed("its checksum is wrong")
    }
}
