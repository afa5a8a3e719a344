import Archives
import Disk
import Driver

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
    }
}
