/// One option, said once: the parser, `-h`, `--help`, the man page and the completions of the
/// shells are all made from this value.
struct Flag: Sendable {
    /// The heading under which an option stands in the documents, in their order.
    enum Group: String, CaseIterable, Sendable {
        case own = "Options"
        case selection = "Which files"
        case places = "Data and places"
        case output = "Output"
        case other = "Other"
    }

    /// What the parser itself does on seeing an option, before anything else can fail.
    enum Action: Sendable { case help, version, config }

    /// The name, without dashes.
    let long: String
    let short: Character?
    /// The name that takes a switch back, without dashes.
    let negated: String?
    /// What stands for the value in the documents; nil for a switch.
    let valueName: String?
    let completion: Completion
    let group: Group
    /// One line, without a full stop.
    let help: String
    /// Full sentences, for `--help` and the man page.
    let detail: String
    /// The variable of the environment that stands in for the option.
    let variable: String?
    /// May be given again, with another value each time.
    let isRepeatable: Bool
    let isHidden: Bool
    let action: Action?
    /// Puts the value in; nil as the word stands for a switch.
    let apply: @Sendable (inout Arguments, Word?) throws(FlagFault) -> Void

    /// An option with a value of this kind.
    init<Value>(
        _ long: String, _ kind: ValueKind<Value>, in group: Group = .own,
        variable: String? = nil, isRepeatable: Bool = false, action: Action? = nil, help: String,
        detail: String, set: @escaping @Sendable (inout Arguments, Value) throws(UsageError) -> Void
    ) {
        self.long = long
        short = nil
        negated = nil
        valueName = kind.name
        completion = kind.completion
        self.group = group
        self.help = help
        self.detail = detail
        self.variable = variable
        self.isRepeatable = isRepeatable
        isHidden = false
        self.action = action
        apply = { (arguments, word) throws(FlagFault) in
            let value: Value
            do throws(ValueFault) {
                value = try kind.parse(word ?? "")
            } catch {
                throw .value(error)
            }
            do throws(UsageError) {
                try set(&arguments, value)
            } catch {
                throw .usage(error)
            }
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
        valueName = nil
        completion = .nothing
        self.group = group
        self.help = help
        self.detail = detail
        variable = nil
        isRepeatable = false
        self.isHidden = isHidden
        self.action = action
        apply = { (arguments, word) throws(FlagFault) in
            do throws(UsageError) {
                try set(&arguments, word != Self.off)
            } catch {
                throw .usage(error)
            }
        }
    }

    /// What `apply` is handed for the negated name of a switch.
    static let off: Word = "off"

    var takesValue: Bool { valueName != nil }

    /// Options of one choice: any of them on the command line sets aside those that a config file
    /// has.
    func isOneChoice(with other: Flag) -> Bool { choice == other.choice }

    private var choice: String {
        if group == .selection { return group.rawValue }
        return long == "manifest" ? "dataset" : long
    }

    /// Every way to write the name, dashes and all, the long one first.
    var spellings: [String] {
        ["--" + long] + (short.map { ["-\($0)"] } ?? []) + (negated.map { ["--" + $0] } ?? [])
    }
}

/// Why an option could not be taken.
enum FlagFault: Error {
    case value(ValueFault)
    case usage(UsageError)
}
