/// A reusable buffer for names that outgrow a header.
///
/// Not an array: its bytes have no stable address.
final class ByteArena {
    private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 512, alignment: 1)
    private(set) var count = 0

    deinit { memory.deallocate() }

    /// The bytes; good until the next change.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }

    func removeAll() { count = 0 }

    func append(_ bytes: UnsafeRawBufferPointer) {
        room(for: bytes.count)
        UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: bytes)
        count += bytes.count
    }

    func append(_ byte: UInt8) {
        room(for: 1)
        memory[count] = byte
        count += 1
    }

    func set(_ bytes: some Collection<UInt8>) {
        count = 0
        room(for: bytes.count)
        memory.copyBytes(from: bytes)
        count = bytes.count
    }

    private func room(for more: Int) {
        guard count + more > memory.count else { return }
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(2 * memory.count, count + more), alignment: 1)
        larger.copyMemory(from: bytes)
        memory.deallocate()
        memory = larger
    }
}
