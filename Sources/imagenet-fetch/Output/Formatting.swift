import DatasetManifest
import Disk

/// Quantities as people read them.
enum Shown {
    /// `512 B`, `1.2 GiB`.
    static func bytes(_ count: Int64) -> String { ByteCount.text(count) }

    /// `10 of 1,000 classes`.
    static func classes(_ number: Int, of total: Int?) -> String {
        guard let total else { return counted(number, "class", "classes") }
        return "\(count(Int64(number))) of \(counted(total, "class", "classes"))"
    }

    static func classes(_ selection: ClassSelection) -> String {
        classes(selection.count, of: selection.total)
    }

    /// `79 %`; only the whole is 100 %.
    static func percent(_ part: Int64, of whole: Int64) -> String {
        whole > 0 ? "\(UInt128(max(part, 0)) * 100 / UInt128(whole)) %" : "0 %"
    }

    /// `35.2 MiB/s`.
    static func rate(_ bytesPerSecond: Double) -> String {
        let limited = bytesPerSecond.isFinite ? min(max(bytesPerSecond, 0), 1e18) : 0
        return bytes(Int64(limited)) + "/s"
    }

    /// `00:42`, `1:02:03`, `2d 03h`.
    static func duration(_ duration: Duration) -> String {
        let seconds = max(duration.components.seconds, 0)
        let (minutes, hours) = (seconds / 60 % 60, seconds / 3600)
        if hours >= 48 { return "\(hours / 24)d \(two(hours % 24))h" }
        if hours > 0 { return "\(hours):\(two(minutes)):\(two(seconds % 60))" }
        return "\(two(minutes)):\(two(seconds % 60))"
    }

    /// As options have it: `90s`, `10m`, `5h`.
    static func span(_ duration: Duration) -> String {
        let seconds = max(duration.components.seconds, 0)
        if seconds > 0, seconds % 3600 == 0 { return "\(seconds / 3600)h" }
        return seconds > 0 && seconds % 60 == 0 ? "\(seconds / 60)m" : "\(seconds)s"
    }

    /// `1,281,167`.
    static func count(_ count: Int64) -> String {
        let digits = Array(String(count.magnitude))
        var text = count < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return text
    }

    /// A number with what there is so many of: `1 image`, `1,281,167 images`.
    static func counted(_ count: Int, _ one: String, _ many: String) -> String {
        "\(Shown.count(Int64(count))) \(count == 1 ? one : many)"
    }

    private static func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

extension Sequence<Int64> {
    /// The sum, limited to the largest number.
    var limitedSum: Int64 {
        reduce(0) { left, right in
            let (sum, overflow) = left.addingReportingOverflow(right)
            return overflow ? .max : sum
        }
    }
}

extension String {
    /// With blanks up to this many columns, behind it or before it.
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: Swift.max(0, width - columns))
    }

    func rightAligned(in width: Int) -> String {
        String(repeating: " ", count: Swift.max(0, width - columns)) + self
    }

    /// The columns that a terminal needs for it.
    var columns: Int { unicodeScalars.reduce(0) { $0 + $1.columns } }

    /// As much of its beginning as fits into this many columns.
    func truncated(to width: Int) -> String {
        var result = String.UnicodeScalarView()
        var used = 0
        for scalar in unicodeScalars {
            used += scalar.columns
            if used > width { break }
            result.append(scalar)
        }
        return String(result)
    }
}

extension Unicode.Scalar {
    fileprivate var columns: Int {
        if value < 0x300 { return 1 }
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        // East Asian letters and pictographs are two columns wide.
        switch value {
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }
}
