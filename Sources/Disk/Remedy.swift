/// What to do about a failure.
///
/// Libraries name a setting or a task; only the command knows the flags that stand for them, and
/// repeats the user's own options. Written as a string: `"make room, or name \(.outputFolder)"`.
public struct Remedy: Sendable, Hashable, ExpressibleByStringInterpolation {
    /// A setting that helps.
    public enum Setting: String, Sendable, CaseIterable {
        case allowUnverified, auxFolder, classes, credentials, dataFolder, decode, fetchFirst
        case force, header, images, inputFolder, insecureHTTP, labels, labelSpace, manifest
        case maxSize, mirror, netrc, onlyTrain, onlyVal, outputFolder, peer, rows, selection
        case sizeLimit, slice, sources, stateFolder, torrentFolder
    }

    /// A task of the command that helps.
    public enum Task: String, Sendable, CaseIterable {
        case check, fetch, labels, listTars, mdsReindex, mdsVerify, mergeTest, repair
        case submissionWrite, tfrecord, torrentAdd, untar, untarFlat, verify, webdataset
    }

    /// What a task is to work on.
    public enum Word: Sendable, Hashable {
        case path(Path)
        /// Files or parts of the data set, by name.
        case only([String])
        /// Classes, by WNID.
        case classes([String])
        case set(Setting)

        public static func only(_ name: String) -> Word { .only([name]) }
    }

    /// A word of a command line for the shell.
    public enum ShellWord: Sendable, Hashable {
        /// As the shell reads it: a program, an option, `&&`.
        case plain(String)
        /// A path of the user's, and what the shell is to expand after it: `/*`.
        case path(Path, then: String)

        public static func path(_ path: Path) -> ShellWord { .path(path, then: "") }
    }

    public enum Part: Sendable, Hashable {
        case text(String)
        case setting(Setting, String?)
        case run(Task, [Word])
        /// A command line of other programs, for the user's own files.
        case shell([ShellWord])
    }

    public private(set) var parts: [Part]

    /// Whether it has a command line of other programs.
    public var hasShell: Bool {
        parts.contains { if case .shell = $0 { true } else { false } }
    }

    public init(stringLiteral text: String) { parts = [.text(text)] }

    public init(_ text: String) { parts = [.text(text)] }

    public init(stringInterpolation words: StringInterpolation) { parts = words.parts }

    public static func + (left: Remedy, right: Remedy) -> Remedy { "\(left)\(right)" }

    public struct StringInterpolation: StringInterpolationProtocol {
        var parts: [Part] = []

        public init(literalCapacity: Int, interpolationCount: Int) {}

        public mutating func appendLiteral(_ text: String) {
            if text.isEmpty { return }
            if case .text(let before)? = parts.last {
                parts[parts.count - 1] = .text(before + text)
            } else {
                parts.append(.text(text))
            }
        }

        public mutating func appendInterpolation(_ value: some CustomStringConvertible) {
            appendLiteral("\(value)")
        }

        public mutating func appendInterpolation(_ remedy: Remedy) {
            for part in remedy.parts {
                if case .text(let text) = part { appendLiteral(text) } else { parts.append(part) }
            }
        }

        public mutating func appendInterpolation(_ setting: Setting, _ value: String? = nil) {
            parts.append(.setting(setting, value))
        }

        /// A whole command line.
        public mutating func appendInterpolation(run task: Task, _ words: Word...) {
            appendInterpolation(run: task, words)
        }

        public mutating func appendInterpolation(run task: Task, _ words: [Word]) {
            parts.append(.run(task, words))
        }

        /// A whole command line of other programs.
        public mutating func appendInterpolation(shell words: [ShellWord]) {
            parts.append(.shell(words))
        }
    }
}

extension Remedy: CustomStringConvertible {
    /// For programs that use the libraries: settings and tasks under their names in the code.
    public var description: String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .setting(let setting, _): setting.rawValue
            case .run(let task, _): task.rawValue
            case .shell(let words): words.map(\.description).joined(separator: " ")
            }
        }.joined()
    }
}

extension Remedy.ShellWord: CustomStringConvertible {
    /// Not quoted: only the command knows for which shell.
    public var description: String {
        switch self {
        case .plain(let word): word
        case .path(let path, let then): "\(path)\(then)"
        }
    }
}
