import Checksums
import DataFolder
import Driver

// Receipts lie beside the data, where anybody's hand or disk may have changed them. The CRC at the
// end is put right, so that what stands before it is reached.
fuzz { input in
    _ = Receipt.read(input)
    var crc = CRC32C()
    crc.update(input)
    let hex = hexText(withUnsafeBytes(of: crc.value.bigEndian) { Array($0) })
    let sealed = input + Array("  \"crc32c\": \"\(hex)\"\n}\n".utf8)
    guard case .receipt(let receipt) = Receipt.read(sealed) else { return }
    guard case .receipt(let again) = Receipt.read(receipt.encoded), again == receipt else {
        preconditionFailure("a receipt that was read cannot be read again")
    }
}
