/// Metrics in the text format of Prometheus, for node_exporter's textfile collector.
public struct MetricsText: Sendable {
    private var text = ""

    public init() {}

    public var bytes: [UInt8] { Array(text.utf8) }

    /// - Parameters:
    ///   - name: without the prefix that all names have.
    ///   - label: the name of the label that tells the values apart.
    public mutating func add(
        _ name: String, _ help: String, by label: String,
        _ values: [(label: String, value: String)]
    ) {
        head(name, help)
        for (value, number) in values {
            text += "\(Self.prefix)\(name){\(label)=\"\(Self.quoted(value))\"} \(number)\n"
        }
    }

    public mutating func add(_ name: String, _ help: String, _ value: String) {
        head(name, help)
        text += "\(Self.prefix)\(name) \(value)\n"
    }

    public static let prefix = "imagenet_fetch_"

    private mutating func head(_ name: String, _ help: String) {
        let full = Self.prefix + name
        // By Prometheus's own rule for names.
        let kind = name.hasSuffix("_total") ? "counter" : "gauge"
        text += "# HELP \(full) \(help)\n# TYPE \(full) \(kind)\n"
    }

    private static func quoted(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            .replacing("\n", with: "\\n")
    }
}
