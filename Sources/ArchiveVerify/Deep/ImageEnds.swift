internal import Disk

/// What the first and the last bytes of a file say: whether it is an image, and all of it.
enum ImageEnds {
    enum Verdict: Equatable {
        case jpeg, png
        /// It begins as an image and does not end as one: decoders fill what is missing with grey,
        /// and say nothing.
        case cut
        case foreign
    }

    /// Some images have bytes behind their end mark, and these are how far to look for it.
    private static let tail = 64 << 10
    /// As many first and last bytes as tell almost all images.
    private static let glance = 8
    /// What `look(in:)` needs room for.
    static let bufferSize = glance + tail

    private static let pngMark: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    /// The name and the checksum of the chunk that ends every PNG.
    private static let pngEnd: [UInt8] = [0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82]

    /// Looks at a whole image.
    static func look(at image: UnsafeRawBufferPointer) -> Verdict {
        atFirstGlance(image, image)
            ?? search(image, UnsafeRawBufferPointer(rebasing: image.suffix(tail)))
    }

    /// Looks at an image in a file, which it reads little of.
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

    /// - Returns: nil where more of the end has to be looked at.
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
        head.count >= 4 && head[0] == 0xFF && head[1] == 0xD8
    }

    /// Whether a mark of so many bytes stands somewhere, looked for from the end.
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
