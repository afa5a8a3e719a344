import DataFolder
import DatasetManifest
import Disk

/// The terms of a data set, which are shown once for each data folder.
struct Terms {
    private let text: String?
    private let isAgreed: Bool
    private let mark: Path
    private let context: Context

    init(_ manifest: Manifest, _ arguments: Arguments, _ context: Context) {
        let mark = arguments.folder(context).state.appending("terms-\(manifest.name)")
        let isShown = (try? FileDescriptor(mark, .reading)) != nil
        text = isShown ? nil : manifest.terms
        isAgreed = arguments.fetch.acceptsTerms || arguments.asksNothing || context.canAsk
        self.mark = mark
        self.context = context
    }

    func show() {
        if let text { context.console.note("terms of the data set: \(escaped(text))") }
    }

    /// Notes that they were shown, where somebody could read them and went on.
    func remember() throws {
        guard text != nil, isAgreed else { return }
        try DataFolder.creatingState(mark.parent).publish(mark.lastComponent, [])
    }
}
