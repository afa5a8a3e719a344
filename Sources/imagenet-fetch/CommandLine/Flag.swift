/// One option: the parser, `-h`, `--help`, the man page and the shell completions are all made from
/// this value.
struct Flag: Sendable {
    /// The heading of an option in the documents, in their order.
    enum Group: String, CaseIterable, Sendable {
        case own = "Options"
        case selection = "Which files"
        case places = "Data and places"
        case output = "Output"
        case other = "Other"
    }

    /// What the parser does at once, before anything else can fail.
    enum Action: Sendable { case help, version, config }

    let long: String
    private(set) var short: Character?
    /// The negated name of a switch, without dashes.
    private(set) var negated: String?
    /// The placeholder of the value; nil for a switch.
    private(set) var valueName: String?
    private(set) var completion = Completion.nothing
    /// What the parser makes of the value; nil for a switch.
    private(set) var valueType: Any.Type?
    let group: Group
    /// One line, without a full stop.
    let help: String
    /// Full sentences, for `--help` and the man page.
    let detail: String
    /// The environment variable that can replace the option.
    private(set) var variable: String?
    /// May be repeated, with another value each time.
    private(set) var isRepeatable = false
    private(set) var isHidden = false
    let action: Action?
    /// Sets the value; a switch has no word. An error names the option by the spelling.
    let apply: @Sendable (inout Arguments, Word?, String) throws(UsageError) -> Void

    /// An option with a value.
    init<Value>(
        _ long: String, _ kind: ValueKind<Value>, in group: Group = .own,
        variable: String? = nil, isRepeatable: Bool = false, action: Action? = nil, help: String,
        detail: String, set: @escaping @Sendable (inout Arguments, Value) throws(UsageError) -> Void
    ) {
        self.long = long
        valueName = kind.name
        completion = kind.completion
        valueType = Value.self
        self.group = group
        self.help = help
        self.detail = detail
        self.variable = variable
        self.isRepeatable = isRepeatable
        self.action = action
        apply = { (arguments, word, spelling) throws(UsageError) in
            let value: Value
            do throws(ValueFault) {
                value = try kind.parse(word ?? "")
            } catch {
                throw .badValue(word ?? "", for: spelling, error)
            }
            try set(&arguments, value)
        }
    }

    /// A switch: `set` gets false where the negated name was used.
    init(
        switch long: String, short: Character? = nil, negated: String? = nil,
        in group: Group = .own, isHidden: Bool = false, action: Action? = nil, help: String,
        detail: String, set: @escaping @Sendable (inout Arguments, Bool) throws(UsageError) -> Void
    ) {
        self.long = long
        self.short = short
        self.negated = negated
        self.group = group
        self.help = help
        self.detail = detail
        self.isHidden = isHidden
        self.action = action
        apply = { (arguments, word, _) throws(UsageError) in
            try set(&arguments, word != Self.off)
        }
    }

    /// The word passed to `apply` for a negated switch.
    static let off: Word = "off"

    var takesValue: Bool { valueName != nil }

    /// The same for options that exclude each other: one of them overrides those of a config file.
    var choice: String {
        // Files and classes are chosen side by side.
        if group == .selection, long != "classes" { return group.rawValue }
        return long == "manifest" ? "dataset" : long
    }

    /// All spellings with dashes, the long one first.
    var spellings: [String] {
        ["--" + long] + (short.map { ["-\($0)"] } ?? []) + (negated.map { ["--" + $0] } ?? [])
    }
}
