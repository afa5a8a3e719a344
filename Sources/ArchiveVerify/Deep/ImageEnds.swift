internal import Disk

/// Whether a file is an image, and complete, by its first and last bytes.
enum ImageEnds {
    enum Verdict: Equatable {
        case jpeg, png
        /// It begins as an image and does not end as one: decoders silently fill the rest with grey.
        case cut
        case foreign
    }

    /// The verdict on an image.
    enum Judgement: Equatable {
        case cut, foreign
        /// An unexpected kind: which.
        case odd(String)
        /// Why it cannot be shown.
        case broken(String)
    }

    static let foreignness = "it is neither a JPEG nor a PNG"

    /// Some images have bytes after their end mark: this is how far back it is looked for.
    private static let tail = 64 << 10
    /// First and last bytes that decide almost all images.
    private static let glance = 8
    /// The buffer that `look(in:)` needs.
    static let bufferSize = glance + tail

    private static let pngMark: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    /// The name and the checksum of the chunk that ends every PNG.
    private static let pngEnd: [UInt8] = [0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82]

    /// The most important fault of a whole image; nil if it is sound.
    static func judge(
        _ image: UnsafeRawBufferPointer, _ inspect: DatasetCheck.Inspector?
    ) -> Judgement? {
        let ends = look(at: image)
        guard let inspect, ends != .foreign else { return judgement(ends) }
        let verdict = inspect(image)
        // A decoder finds the end of a JPEG, however much comes after it. A PNG that has lost nothing
        // but its end mark can still be shown.
        if ends == .cut, !isJPEG(image) { return .cut }
        switch verdict {
        case .broken(let reason): return ends == .cut ? .cut : .broken(reason)
        case .odd(let what): return .odd(what)
        case .sound: return nil
        }
    }

    /// By the ends alone.
    static func judgement(_ ends: Verdict) -> Judgement? {
        switch ends {
        case .jpeg: nil
        case .png: .odd("PNG")
        case .cut: .cut
        case .foreign: .foreign
        }
    }

    private static func look(at image: UnsafeRawBufferPointer) -> Verdict {
        // A JPEG may contain thumbnails, which have end marks too.
        let end = isJPEG(image) ? UnsafeRawBufferPointer(rebasing: image.suffix(tail)) : image
        return atFirstGlance(image, image) ?? search(image, end)
    }

    /// Looks at the ends of an image in a file.
    ///
    /// - Parameter buffer: `bufferSize` bytes.
    static func look(
        in file: borrowing FileDescriptor, at offset: Int64, size: Int64,
        _ buffer: UnsafeMutableRawBufferPointer
    ) throws(DiskError) -> Verdict {
        let head = UnsafeMutableRawBufferPointer(
            rebasing: buffer[..<Int(min(size, Int64(glance)))])
        try file.readFully(head, at: offset)
        let start = UnsafeRawBufferPointer(head)
        func end(_ longest: Int) throws(DiskError) -> UnsafeRawBufferPointer {
            let count = Int(min(size, Int64(longest)))
            let room = UnsafeMutableRawBufferPointer(rebasing: buffer[glance..<glance + count])
            try file.readFully(room, at: offset + size - Int64(count))
            return UnsafeRawBufferPointer(room)
        }
        if let sure = atFirstGlance(start, try end(glance)) { return sure }
        return search(start, try end(tail))
    }

    /// - Returns: nil if more of the end has to be read.
    private static func atFirstGlance(
        _ head: UnsafeRawBufferPointer, _ end: UnsafeRawBufferPointer
    ) -> Verdict? {
        if isJPEG(head) {
            return end.count >= 4 && end[end.count - 2] == 0xFF && end[end.count - 1] == 0xD9
                ? .jpeg : nil
        }
        guard head.starts(with: pngMark) else { return .foreign }
        return end.suffix(pngEnd.count).elementsEqual(pngEnd) ? .png : nil
    }

    private static func search(
        _ head: UnsafeRawBufferPointer, _ end: UnsafeRawBufferPointer
    ) -> Verdict {
        isJPEG(head)
            ? contains(end, 2) { end[$0] == 0xFF && end[$0 + 1] == 0xD9 } ? .jpeg : .cut
            : contains(end, pngEnd.count) { place in
                end[place] == pngEnd[0]
                    && end[place..<place + pngEnd.count].elementsEqual(pngEnd)
            } ? .png : .cut
    }

    private static func isJPEG(_ head: UnsafeRawBufferPointer) -> Bool {
        head.count >= 4 && head.starts(with: [0xFF, 0xD8, 0xFF])
    }

    /// Whether a mark is found, searching from the end.
    private static func contains(
        _ bytes: UnsafeRawBufferPointer, _ length: Int, _ isThere: (Int) -> Bool
    ) -> Bool {
        var place = bytes.count - length
        while place >= 0 {
            if isThere(place) { return true }
            place -= 1
        }
        return false
    }
}
