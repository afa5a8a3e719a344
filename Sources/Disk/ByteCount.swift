/// A number of bytes as people read it: `512 B`, `1.2 GiB`.
public enum ByteCount {
    /// Up for what is needed, down for what is there.
    public enum Rounding: Sendable { case nearest, up, down }

    public static func text(_ count: Int64, _ rounding: Rounding = .nearest) -> String {
        let sign = count < 0 ? "-" : ""
        let count = count.magnitude
        if count < 1024 { return "\(sign)\(count) B" }
        var unit: UInt128 = 1024
        for name in ["KiB", "MiB", "GiB", "TiB", "PiB"] {
            // Rounded first: 1023.96 KiB would be 1024.0 KiB.
            let tenths = tenths(count, unit, rounding)
            if tenths < 10_240 { return "\(sign)\(tenths / 10).\(tenths % 10) \(name)" }
            unit *= 1024
        }
        let tenths = tenths(count, unit, rounding)
        return "\(sign)\(tenths / 10).\(tenths % 10) EiB"
    }

    private static func tenths(_ count: UInt64, _ unit: UInt128, _ rounding: Rounding) -> UInt128 {
        let more: UInt128 =
            switch rounding {
            case .nearest: unit / 2
            case .up: unit - 1
            case .down: 0
            }
        return (UInt128(count) * 10 + more) / unit
    }
}
