/// Memory for an image and what is around it, so that a record is hashed and written in one piece
/// although its image was read into its place.
struct RecordBuffer: ~Copyable {
    /// Space before and after an image. Longer frames are written separately.
    private static let room = 16 << 10

    private var memory: UnsafeMutableRawBufferPointer
    private var imageSize = 0

    init(longestImage: Int) {
        memory = .allocate(byteCount: 2 * Self.room + longestImage, alignment: 4096)
    }

    deinit { memory.deallocate() }

    mutating func prepare(_ size: Int) -> UnsafeMutableRawBufferPointer {
        if memory.count < 2 * Self.room + size {
            memory.deallocate()
            memory = .allocate(byteCount: 2 * Self.room + size, alignment: 4096)
        }
        imageSize = size
        return UnsafeMutableRawBufferPointer(rebasing: memory[Self.room..<Self.room + size])
    }

    var image: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: memory[Self.room..<Self.room + imageSize])
    }

    /// The image with its frame; nil if the frame is too long.
    func joined(_ frame: borrowing ShardFrame) -> UnsafeMutableRawBufferPointer? {
        guard frame.before.count <= Self.room, frame.after.count <= Self.room else { return nil }
        let start = Self.room - frame.before.count
        let end = Self.room + imageSize
        UnsafeMutableRawBufferPointer(rebasing: memory[start..<Self.room])
            .copyBytes(from: frame.before)
        UnsafeMutableRawBufferPointer(rebasing: memory[end..<end + frame.after.count])
            .copyBytes(from: frame.after)
        return UnsafeMutableRawBufferPointer(rebasing: memory[start..<end + frame.after.count])
    }
}
