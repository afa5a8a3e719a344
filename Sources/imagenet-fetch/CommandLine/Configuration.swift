import Disk

/// Merges options from the command line, the environment and the config files.
struct Configuration {
    let table: CommandTable
    let context: Context

    /// All settings of a command in one value. Precedence: the command line, the environment, the
    /// user's config file, the system's config file.
    func arguments(
        of invocation: Invocation, for command: Command?
    ) throws(UsageError) -> Arguments {
        let nearer = invocation.settings
        let outer = try configSettings(invocation.config) + environmentSettings()
        let taken = outer.filter { setting in
            (command?.takes(setting.flag) ?? Flag.common.contains { $0.long == setting.flag.long })
                && !nearer.contains { $0.replaces(setting) }
                // An option that takes a value elsewhere and is a switch here means something else.
                && setting.meant(for: command).flag.takesValue == setting.flag.takesValue
        }
        var arguments = Arguments()
        // Commands may give one name different meanings.
        for setting in taken { try setting.meant(for: command).apply(to: &arguments) }
        for setting in nearer { try setting.apply(to: &arguments) }
        arguments.positionals = invocation.positionals
        return arguments
    }

    private func environmentSettings() -> [Setting] {
        (Flag.common + table.commands.flatMap(\.flags)).compactMap { flag in
            guard let name = flag.variable, let value = context.environment(name),
                !value.bytes.isEmpty
            else { return nil }
            return Setting(
                flag: flag, spelling: "--" + flag.long, value: value, origin: .environment(name))
        }
    }

    private func configSettings(_ named: Word?) throws(UsageError) -> [Setting] {
        if let named {
            guard !named.bytes.isEmpty else {
                throw .badValue(named, for: "--config", ValueFault("it is empty"))
            }
            let path = context.resolve(Path(bytes: named.bytes))
            do {
                return try settings(path)
            } catch let error as DiskError {
                throw UsageError(.configFile, error.message, hint: error.hint)
            } catch {
                throw asUsage(error)
            }
        }
        var result: [Setting] = []
        // The user's lines replace the system's.
        for path in usualPaths {
            let own: [Setting]
            do {
                own = try settings(path)
            } catch let error as DiskError where [.notFound, .notAFolder].contains(error.code) {
                continue
            } catch {
                throw asUsage(error)
            }
            result.removeAll { old in own.contains { $0.replaces(old) } }
            result += own
        }
        return result
    }

    private var usualPaths: [Path] {
        var paths = [context.systemFolder.appending("imagenet-fetch.conf")]
        if let folder = context.environment("XDG_CONFIG_HOME").map({ Path(bytes: $0.bytes) }),
            folder.isAbsolute
        {
            paths.append(folder.appending("imagenet-fetch/config"))
        } else if let home = context.environment("HOME"), !home.bytes.isEmpty {
            paths.append(Path(bytes: home.bytes).appending(".config/imagenet-fetch/config"))
        }
        return paths
    }

    private func settings(_ path: Path) throws -> [Setting] {
        let file = try FileDescriptor(path, .reading)
        let bytes = try file.contents(limit: ConfigFile.byteLimit)
        return try ConfigFile.parse(bytes, path: path).map { try setting($0, path) }
    }

    private func setting(_ line: ConfigFile.Line, _ path: Path) throws(UsageError) -> Setting {
        func fault(_ error: UsageError) -> UsageError {
            UsageError(.configFile, "\(path):\(line.number): \(error.message)")
        }
        let spelling = "--" + line.name
        guard let flag = table.flag(spelled: spelling) else {
            throw fault(table.unknownOption(Word(spelling), for: nil))
        }
        if flag.action != nil {
            throw fault(UsageError(.configFile, "\(spelling) is not allowed in a config file"))
        }
        if flag.takesValue, line.value == nil {
            throw fault(.missingValue(spelling, flag.valueName ?? ""))
        }
        if !flag.takesValue, line.value != nil { throw fault(.unwantedValue(spelling)) }
        let isNegation = flag.negated == line.name
        return Setting(
            flag: flag, spelling: spelling,
            value: isNegation ? Flag.off : line.value.map { Word(bytes: $0) },
            origin: .config(path, line: line.number))
    }

    private func asUsage(_ error: any Error) -> UsageError {
        if let error = error as? UsageError { return error }
        let failure = error as? any Failure
        return UsageError(
            .configFile, failure?.message ?? "\(error)", hint: failure?.hint)
    }
}

extension Setting {
    /// The same setting for this command's own option of that name.
    func meant(for command: Command?) -> Setting {
        guard let own = command?.allFlags.first(where: { $0.long == flag.long }) else {
            return self
        }
        return Setting(flag: own, spelling: spelling, value: value, origin: origin)
    }

    /// Whether this overrides a setting of lower precedence.
    func replaces(_ other: Setting) -> Bool { flag.choice == other.flag.choice }
}
