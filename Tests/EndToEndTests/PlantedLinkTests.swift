import Disk
import Support
import Testing

/// Somebody has put a symbolic link below the data folder, where nobody has named one.
@Suite(.waiting) struct PlantedLinkTests {
    /// Where the links lead, with a file in it that is somebody's.
    private static let elsewhere = "elsewhere"

    /// Puts a link in the place of a folder of the data folder, and of what it held one elsewhere.
    private func plant(_ name: String, in world: borrowing ExportWorld) throws {
        try world.folder.write("theirs", to: "\(Self.elsewhere)/theirs")
        let place = world.folder["s/\(name)"]
        let holder = try Folder(place.parent)
        let last = place.lastComponent
        if try holder.status(last) != nil {
            try holder.rename(last, to: "moved")
            try holder.move("moved", into: Folder(world.folder[Self.elsewhere]))
            try holder.makeSymbolicLink(last, to: world.folder["\(Self.elsewhere)/moved"])
        } else {
            try holder.makeSymbolicLink(last, to: world.folder[Self.elsewhere])
        }
    }

    private func expectRefused(
        _ result: CommandResult, _ world: borrowing ExportWorld, _ name: String, _ before: String,
        at place: SourceLocation = #_sourceLocation
    ) throws {
        #expect(result.status == 11, "\(result.errors)", sourceLocation: place)
        let link = world.folder["s/\(name)"]
        #expect(
            result.errors.contains(
                "imagenet-fetch: error: refused \(link): it is a symbolic link"),
            "\(result.errors)", sourceLocation: place)
        #expect(result.errors.contains("hint: "), sourceLocation: place)
        #expect(try world.digests(Self.elsewhere) == before, sourceLocation: place)
    }

    @Test(
        "no output goes where a link in place of its folder leads",
        arguments: [
            ("untar", ["untar", "--only-val"]), ("mds", ["mds", "--only-val"]),
            ("tfrecord", ["tfrecord", "--only-val"]), ("webdataset", ["webdataset", "--only-val"]),
            ("squashfs", ["squashfs", "--only-val"]),
            ("tfds", ["tfds", "--only-val"]),
        ])
    func outputs(_ name: String, _ words: [String]) throws {
        let world = try ExportWorld("--classes", "2", "--test", "4")
        try plant(name, in: world)
        let before = try world.digests(Self.elsewhere)
        let result = try Support.run(Binary.path, words + world.options)
        try expectRefused(result, world, name, before)
        // A person may name the very same folder.
        let named = try Support.run(
            Binary.path,
            words + world.options + ["--output-dir", world.folder["s/\(name)"].description])
        #expect(named.status == 0, "\(named.errors)")
    }

    @Test(
        "neither do archives, and what is known of them", arguments: ["tar", "tar/.imagenet-fetch"])
    func archives(_ name: String) throws {
        let world = try ExportWorld("--classes", "2")
        let source = try ExportWorld("--classes", "2")
        _ = try Folder.creating(world.folder["s/tar/.imagenet-fetch"])
        let mirror = ["--mirror", source.folder["s/tar/"].description + "/", "-y"]
        let val = "tar/ILSVRC2012_img_val.tar"
        var bytes = try source.folder.read("s/\(val)")
        bytes[1000] ^= 1
        try world.folder.write(bytes, to: "s/\(val)")
        try plant(name, in: world)
        let before = try world.digests(Self.elsewhere)
        let quiet = [
            "--reserve", "0", "--sources", "mirrors", "--torrent-dir",
            world.folder["s/torrents"].description,
        ]
        for words in [
            ["fetch", "--only-train"] + quiet + mirror, ["repair", "--only-val"] + quiet + mirror,
            ["sync", "--all"] + quiet + mirror,
        ] {
            let result = try Support.run(Binary.path, words + world.options)
            try expectRefused(result, world, name, before)
        }
    }

    @Test("the data folder itself, and what a person names, may be links")
    func named() throws {
        let world = try ExportWorld("--classes", "2")
        try Folder(world.folder.path).makeSymbolicLink("link", to: world.folder["s"])
        let result = try Support.run(
            Binary.path,
            [
                "untar", "--only-val", "--data", world.folder["link"].description, "--manifest",
                world.folder["s/manifest.json"].description,
            ])
        #expect(result.status == 0, "\(result.errors)")
    }

    @Test("reading through a link writes nothing", arguments: ["verify", "status", "list"])
    func reading(_ command: String) throws {
        let world = try ExportWorld("--classes", "2")
        try plant("tar", in: world)
        let before = try world.digests(Self.elsewhere)
        let words = command == "list" ? ["list", "ILSVRC2012_img_val.tar"] : [command]
        let result = try Support.run(Binary.path, words + world.options)
        #expect(result.status == 0, "\(result.errors)")
        #expect(try world.digests(Self.elsewhere) == before)
    }
}
