import Disk
import SampleData

/// The parsed command line, as plain values: nothing is looked up, opened or resolved yet.
struct Arguments: Sendable {
    var dataset: String?
    var manifest: Path?
    var data: Path?
    var state: Path?
    var torrentFolder: Path?
    var asksNothing = false
    var isJSON = false
    var verbosity = Verbosity.normal
    var progress = ProgressChoice.auto
    var isDebugging = false

    var selection = Selection()
    /// The classes as the person named them; `chosenClasses` finds out which they are.
    var classes: Word?
    var fetch = FetchArguments()
    var labels = LabelsArguments()
    var list = ListArguments()
    var manifests = ManifestArguments()
    var sample = SampleDataset.Options()
    var seed = SeedArguments()
    var status = StatusArguments()
    var sync = SyncArguments()
    var torrent = TorrentArguments()
    var verify = VerifyArguments()
    var export = ExportArguments()
    var unpack = UnpackArguments()
    var check = CheckArguments()
    var submission = SubmissionArguments()

    /// Words that belong to no option.
    var positionals: [Word] = []

    /// The data folder, or the default one.
    var dataFolder: Path { data ?? "data" }
}

/// How much is printed on standard error.
enum Verbosity: Sendable, Comparable { case quiet, normal, verbose }

enum ProgressChoice: String, CaseIterable, Sendable { case auto, always, never, json }

/// Which files of the data set to use.
struct Selection: Sendable, Equatable {
    /// Parts or file names, in the order given.
    private(set) var names: [String] = []
    private(set) var isAll = false
    private var spelling: String?

    /// Nothing was chosen, so the data set's default applies.
    var isDefault: Bool { names.isEmpty && !isAll }

    mutating func choose(onlyPart part: String) throws(UsageError) {
        try become("--only-" + part, with: [part])
        names = [part]
    }

    mutating func choose(only more: [String]) throws(UsageError) {
        try become("--only", with: more)
        names += more.filter { !names.contains($0) }
    }

    mutating func chooseAll() throws(UsageError) {
        try become("--all", with: [])
        isAll = true
    }

    private mutating func become(_ new: String, with more: [String]) throws(UsageError) {
        if let old = spelling, old != new {
            if isAll || new == "--all" {
                throw UsageError(
                    .conflict, "\(old) and \(new) cannot be used together (see --help)")
            }
            let both = names + more.filter { !names.contains($0) }
            throw UsageError(
                .conflict, "\(old) and \(new) cannot be used together",
                hint: "to choose several parts, use --only \(both.joined(separator: ","))")
        }
        spelling = new
    }
}
