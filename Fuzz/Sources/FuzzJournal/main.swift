import Checksums
import DataFolder
import Driver

// The CRC at the end is put right, so that what stands before it is reached.
fuzz { input in
    _ = Journal.decode(input)
    var crc = CRC32C()
    crc.update(input)
    let sealed = input + Array("crc32c \(String(crc.value, radix: 16))\n".utf8)
    guard let found = Journal.decode(sealed) else { return }
    _ = found.journal.hashes
    precondition(Journal.decode(found.journal.encoded(boot: found.boot))?.journal == found.journal)
}
