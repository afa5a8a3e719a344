/// The words of a command line, split but not judged yet: `-h` must override every mistake.
enum Token {
    case positional(Word)
    /// An option of some command. `value` is nil for a switch.
    case flag(Flag, spelling: String, value: Word?)
    case unknown(Word)
    case fault(UsageError)
}

extension CommandTable {
    /// Splits words: `--x=v`, `--x v`, `-xv`, `-x v`, bundled switches, and `--`.
    ///
    /// The first command decides how an ambiguous option is read: `--sources` is a switch of
    /// `status` but takes a value in commands that download.
    func tokens(_ words: [Word]) -> [Token] {
        let leading = words.first?.text.map(commands(beginningWith:)) ?? []
        if !leading.isEmpty, !leading.elementsEqual(commands, by: { $0.name == $1.name }) {
            let others = commands.filter { other in !leading.contains { $0.name == other.name } }
            return CommandTable(commands: leading + others).takenApart(words)
        }
        return takenApart(words)
    }

    private func takenApart(_ words: [Word]) -> [Token] {
        var tokens: [Token] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                tokens += rest.map { .positional($0) }
                break
            } else if word.bytes.starts(with: [hyphen, hyphen]) {
                tokens.append(long(word, &rest))
            } else if word.bytes.first == hyphen, word.bytes.count > 1 {
                tokens += bundle(word, &rest)
            } else {
                tokens.append(.positional(word))
            }
        }
        return tokens
    }

    private func long(_ word: Word, _ rest: inout ArraySlice<Word>) -> Token {
        let end = word.bytes.firstIndex(of: UInt8(ascii: "=")) ?? word.bytes.endIndex
        let name = Word(bytes: word.bytes[..<end])
        let inline = end < word.bytes.endIndex ? Word(bytes: word.bytes[(end + 1)...]) : nil
        guard let spelling = name.text, let flag = flag(spelled: spelling) else {
            return .unknown(name)
        }
        return token(flag, spelling, inline, &rest)
    }

    private func bundle(_ word: Word, _ rest: inout ArraySlice<Word>) -> [Token] {
        guard let letters = word.text?.dropFirst() else { return [.unknown(word)] }
        var tokens: [Token] = []
        for (index, letter) in zip(letters.indices, letters) {
            let spelling = "-\(letter)"
            guard let flag = flag(spelled: spelling) else {
                // The whole word, for somebody who wrote -data.
                return tokens + [.unknown(tokens.isEmpty ? word : Word(spelling))]
            }
            guard flag.takesValue else {
                tokens.append(.flag(flag, spelling: spelling, value: nil))
                continue
            }
            let value = letters[letters.index(after: index)...]
            return tokens + [
                token(flag, spelling, value.isEmpty ? nil : Word(String(value)), &rest)
            ]
        }
        return tokens
    }

    private func token(
        _ flag: Flag, _ spelling: String, _ inline: Word?, _ rest: inout ArraySlice<Word>
    ) -> Token {
        guard let name = flag.valueName else {
            if inline != nil { return .fault(.unwantedValue(spelling)) }
            return .flag(flag, spelling: spelling, value: isNegation(spelling, of: flag))
        }
        if let inline { return .flag(flag, spelling: spelling, value: inline) }
        // A value that looks like one of our options means that the value was forgotten.
        guard let next = rest.first, next.text.flatMap(self.flag(spelled:)) == nil else {
            return .fault(.missingValue(spelling, name))
        }
        rest.removeFirst()
        return .flag(flag, spelling: spelling, value: next)
    }

    private func isNegation(_ spelling: String, of flag: Flag) -> Word? {
        flag.negated.map { "--" + $0 } == spelling ? Flag.off : nil
    }
}

private let hyphen = UInt8(ascii: "-")
