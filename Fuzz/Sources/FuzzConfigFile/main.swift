import Disk
import Driver

// ConfigFile.swift here is a link to the command's own: an executable's files cannot be imported.
fuzz { input in _ = try? ConfigFile.parse(input, path: "input") }
