extension Command {
    static let help = Command(
        name: "help",
        summary: "show the help of a command, the same as --help",
        detail: "Shows the full help of a command. Without COMMAND it shows that of the program.",
        positionals: [
            .init(name: "COMMAND", isOptional: true, repeats: true, completion: .commands)
        ],
        examples: [Example("help fetch", "The help of fetch.")],
        action: .help,
        run: { _, _ in .success })

    static let version = Command(
        name: "version",
        summary: "show the version, the same as --version",
        detail: "Shows the version; with --verbose also the versions of the libraries.",
        examples: [Example("version --verbose", "The versions of the program and its libraries.")],
        action: .version,
        run: { _, _ in .success })
}
