import DatasetExport
import Disk
import Driver

/// One annotation in a tar of its own.
fuzz { input in
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at place: Int) {
        header.replaceSubrange(place..<place + text.utf8.count, with: text.utf8)
    }
    put("n01440764/n01440764_1.xml", at: 0)
    put("0000644", at: 100)
    let digits = String(input.count, radix: 8)
    put(String(repeating: "0", count: 11 - digits.utf8.count) + digits, at: 124)
    put("0", at: 156)
    put("ustar\u{0}00", at: 257)
    let rest = [UInt8](repeating: 0, count: (512 - input.count % 512) % 512 + 1024)
    let file = TarFile(header + input + rest)
    defer { file.remove() }
    guard let boxes = try? BoundingBoxes(archive: Path(file.path), classes: .folders) else {
        return
    }
    precondition(boxes.summary.files == 1)
    var lines = 0
    try? boxes.writeCSV { text in
        precondition(text.allSatisfy { $0 == 0x0A || $0 >= 0x20 })
        lines += text.count { $0 == 0x0A }
    }
    precondition(lines == boxes.summary.boxes)
}
