import Archives
import Disk
import Driver

/// The same bytes as if they were far away.
final class FarBytes: RandomAccessBytes {
    let path = Path("far.tar")
    let file: FileDescriptor
    let size: Int64

    init(_ path: String) throws {
        file = try FileDescriptor(Path(path), .reading)
        size = try file.size()
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int {
        precondition(offset >= 0 && offset <= size)
        return try file.readUpTo(buffer, at: offset)
    }

    func another(stop: StopCheck) -> FarBytes { self }
}

fuzz { input in
    let file = TarFile(input)
    defer { file.remove() }
    for entersTars in [false, true] {
        var count = 0
        // A bomb is bounded by whoever reads; here by what a fuzzer has time for.
        struct Enough: Error {}
        let outcome = try? MemberWalk(entersTars: entersTars).run(Path(file.path)) { member in
            count += 1
            if count > 1000 { throw Enough() }
            _ = member.path
            guard member.isWhole, let offset = member.offset, let start = member.headerOffset else {
                return
            }
            precondition(start >= 0 && start < offset && member.storedSize >= 0)
            precondition(offset + member.storedSize <= Int64(file.count))
        }
        if let damage = outcome?.damage { precondition(!damage.message.isEmpty) }
        guard outcome?.hasOffsets == true, let far = try? FarBytes(file.path) else { continue }
        var farCount = 0
        let farOutcome = try? MemberWalk(entersTars: entersTars).run(far) { _ in farCount += 1 }
        precondition(farCount == count && farOutcome?.damageCount == outcome?.damageCount)
    }
}
