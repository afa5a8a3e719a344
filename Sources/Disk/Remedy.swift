/// What to do about a failure.
///
/// Libraries name a setting or a task; only the command knows the flags that stand for them, and
/// repeats the user's own options. Written as a string: `"make room, or name \(.outputFolder)"`.
public struct Remedy: Sendable, Hashable, ExpressibleByStringInterpolation {
    /// A setting that helps.
    public enum Setting: String, Sendable, CaseIterable {
        case allowUnverified, auxFolder, classes, credentials, dataFolder, force, header, images,
            inputFolder
        case insecureHTTP, labels, labelSpace, manifest, maxSize, mirror, netrc, onlyTrain, onlyVal,
            outputFolder
        case peer, rows, selection, sizeLimit, slice, sources, stateFolder, torrentFolder
    }

    /// A task of the command that helps.
    public enum Task: String, Sendable, CaseIterable {
        case fetch, labels, mdsReindex, mdsVerify, mergeTest, repair, tfrecord, torrentAdd, untar
        case untarFlat, verify, webdataset
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

    public enum Part: Sendable, Hashable {
        case text(String)
        case setting(Setting, String?)
        case run(Task, [Word])
    }

    public private(set) var parts: [Part]

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
            }
        }.joined()
    }
}
