public import Disk

/// A source of labels that was refused: which file, where in it, and why, in one sentence.
public struct LabelError: Failure {
    public struct Code: Sendable, Hashable {
        let name: String
        /// A file could not be read; `cause` says more.
        public static let unreadable = Code(name: "unreadable")
        /// The bytes contradict the format.
        public static let damaged = Code(name: "damaged")
        /// The format is known, but not read here, or a limit is passed.
        public static let unsupported = Code(name: "unsupported")
        /// Something that the labels need is not in the source.
        public static let incomplete = Code(name: "incomplete")
        /// The file is sound, but what it says cannot be: a wrong id, a class twice.
        public static let invalid = Code(name: "invalid")
        /// The labels are not those that the data set pins.
        public static let pinMismatch = Code(name: "pinMismatch")
    }

    public let code: Code
    public let message: String
    public let hint: Remedy?
    /// The error of the room below, for `.unreadable`.
    public let cause: (any Error)?

    private init(
        _ code: Code, _ message: String, hint: Remedy? = nil, cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.hint = hint
        self.cause = cause
    }

    // MARK: Reading

    /// What `body` gives; a failure of the disk becomes one of the labels.
    static func catching<Value: ~Copyable>(
        _ body: @autoclosure () throws(DiskError) -> Value
    ) throws(LabelError) -> Value {
        do {
            return try body()
        } catch {
            throw .unreadable(error)
        }
    }

    static func unreadable(_ cause: some Failure) -> LabelError {
        LabelError(.unreadable, cause.message, hint: cause.hint, cause: cause)
    }

    static func unknownSource(_ path: Path, _ reason: String) -> LabelError {
        LabelError(
            .unsupported, "cannot take labels from \(path): \(reason)",
            hint: "name the devkit archive or folder, the val box archive, an aux folder or a "
                + "text file with a WNID a line")
    }

    // MARK: MAT files

    static func damagedMat(_ file: String, at place: String, _ reason: String) -> LabelError {
        LabelError(
            .damaged, "refused \(file): at \(place), \(reason)",
            hint: "it is cut off or damaged; take it from the devkit archive again")
    }

    static func unsupportedMat(_ file: String, _ reason: String, hint: Remedy? = nil)
        -> LabelError
    {
        LabelError(.unsupported, "refused \(file): \(reason)", hint: hint)
    }

    // MARK: Texts and pictures' labels

    static func line(_ number: Int, of file: String, _ reason: String, hint: Remedy? = nil)
        -> LabelError
    {
        LabelError(.invalid, "refused \(file): line \(number) \(reason)", hint: hint)
    }

    static func invalid(_ file: String, _ reason: String, hint: Remedy? = nil) -> LabelError {
        LabelError(.invalid, "refused \(file): \(reason)", hint: hint)
    }

    static func incomplete(_ file: String, _ reason: String, hint: Remedy? = nil) -> LabelError {
        LabelError(.incomplete, "cannot take labels from \(file): \(reason)", hint: hint)
    }

    static func needsClasses(_ file: String) -> LabelError {
        LabelError(
            .incomplete,
            "cannot take labels from \(file): its numbers are ILSVRC ids, and no list says which "
                + "classes they are",
            hint: "add the devkit archive or an aux folder, or name a file of WNIDs")
    }

    static func xml(_ file: String, _ reason: String) -> LabelError {
        LabelError(.damaged, "refused \(file): \(reason)")
    }

    static func pinMismatch(_ file: String, _ reason: String) -> LabelError {
        LabelError(
            .pinMismatch, "refused \(file): \(reason)",
            hint:
                "it is damaged, or belongs to another data set: name its manifest with \(.manifest), "
                + "or other labels with \(.labels)")
    }
}
