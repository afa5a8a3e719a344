import DatasetExport
import DatasetManifest
import Disk
import SampleData
import Testing
import TorrentFetch

@testable import imagenet_fetch

/// Every option, in every way to write it.
@Suite struct FlagTests {
    @Test("--dataset takes a name")
    func dataset() {
        #expect(arguments("labels", "--dataset", "ilsvrc2017")?.dataset == "ilsvrc2017")
        #expect(arguments("labels", "--dataset=ilsvrc2017")?.dataset == "ilsvrc2017")
        #expect(refusal("labels", "--dataset=").contains("bad value \"\" for --dataset"))
        #expect(refusal("labels", "--dataset").contains("--dataset needs a value (NAME;"))
        #expect(arguments("labels")?.dataset == nil)
    }

    @Test("the options for places take paths, also such that are not UTF-8")
    func places() {
        let odd = Word(bytes: [0x2F, 0xFF, 0x20])
        #expect(arguments("labels", "--data", odd)?.data == Path(bytes: odd.bytes))
        #expect(
            arguments("labels", Word(bytes: Array("--data=".utf8) + odd.bytes))?.data
                == Path(bytes: odd.bytes))
        #expect(arguments("labels", "--manifest", "m.json")?.manifest == "m.json")
        #expect(arguments("labels", "--manifest=m=1.json")?.manifest == "m=1.json")
        #expect(arguments("labels", "--state=/s")?.state == "/s")
        #expect(arguments("labels", "--torrent-dir", "bt")?.torrentFolder == "bt")
        for name in ["data", "manifest", "state", "torrent-dir"] {
            #expect(refusal("labels", Word("--\(name)=")).contains("(it is empty)"))
            #expect(refusal("labels", Word("--\(name)")).contains("--\(name) needs a value"))
        }
    }

    @Test("the data folder is called data where nothing else is said")
    func dataDefault() {
        #expect(arguments("labels")?.dataFolder == "data")
        #expect(arguments("labels", "--data=/x")?.dataFolder == "/x")
    }

    @Test("the variable stands in for --data, and gives way to it")
    func dataVariable() {
        let world = World(environment: ["IMAGENET_FETCH_DATA": "/lab"])
        #expect(arguments("labels", in: world)?.dataFolder == "/lab")
        #expect(arguments("labels", "--data", "/mine", in: world)?.dataFolder == "/mine")
        let empty = World(environment: ["IMAGENET_FETCH_DATA": ""])
        #expect(arguments("labels", in: empty)?.dataFolder == "data")
    }

    @Test("--slice takes two numbers and nothing else")
    func slice() {
        #expect(arguments("mds", "--slice", "1/4")?.export.slice != nil)
        for bad in ["", "1", "1/", "/4", "1//4", "1/x/4", "1/4/", "0/4", "5/4", "1/4x"] {
            #expect(refusal("mds", Word("--slice=\(bad)")).contains("for --slice"))
        }
    }

    @Test("-y, --yes and --no-yes")
    func yes() {
        #expect(arguments("labels")?.asksNothing == false)
        #expect(arguments("labels", "-y")?.asksNothing == true)
        #expect(arguments("labels", "--yes")?.asksNothing == true)
        #expect(arguments("labels", "--yes", "--no-yes")?.asksNothing == false)
        #expect(refusal("labels", "--yes=1").contains("--yes takes no value"))
    }

    @Test("--json and --no-json")
    func json() {
        #expect(arguments("labels")?.isJSON == false)
        #expect(arguments("labels", "--json")?.isJSON == true)
        #expect(arguments("labels", "--json", "--no-json")?.isJSON == false)
        #expect(refusal("labels", "--no-json=x").contains("--no-json takes no value"))
    }

    @Test("--quiet and --verbose, of which the last counts")
    func verbosity() {
        #expect(arguments("labels")?.verbosity == .normal)
        #expect(arguments("labels", "--quiet")?.verbosity == .quiet)
        #expect(arguments("labels", "--verbose")?.verbosity == .verbose)
        #expect(arguments("labels", "--quiet", "--verbose")?.verbosity == .verbose)
        #expect(arguments("labels", "--verbose", "--no-verbose")?.verbosity == .normal)
        #expect(arguments("labels", "--quiet", "--no-quiet")?.verbosity == .normal)
    }

    @Test("--progress takes one of four words")
    func progress() {
        #expect(arguments("labels")?.progress == .auto)
        #expect(arguments("labels", "--progress=always")?.progress == .always)
        #expect(arguments("labels", "--progress", "never")?.progress == .never)
        #expect(
            refusal("labels", "--progress=nevr").contains(
                "(expected one of auto, always, never, json; did you mean never?)"))
        #expect(refusal("labels", "--progress=").contains("(expected one of "))
    }

    @Test("--debug shows the causes of an error, and is in no document")
    func debug() {
        #expect(arguments("labels", "--debug")?.isDebugging == true)
        #expect(!ManPage(table: .standard).text.contains("debug"))
    }

    @Test("each of the options for one part chooses it")
    func onlyPart() {
        for part in ["train", "val", "test"] {
            let words: [Word] = ["manifest", "show", Word("--only-\(part)")]
            let captured = Captured()
            _ = Program(table: captured.table, context: World().context).run(words + [words[2]])
            #expect(captured.arguments?.selection.names == [part])
        }
    }

    @Test("any two of them are refused, and the hint is the way to say it")
    func twoParts() {
        let text = refusal("manifest", "show", "--only-val", "--only-train")
        #expect(text.contains("error: --only-val and --only-train cannot be used together\n"))
        #expect(text.contains("hint: to choose several parts, use --only val,train\n"))
        #expect(refusal("manifest", "show", "--only-test", "--only-val").contains("hint: "))
        #expect(
            refusal("manifest", "show", "--only-train", "--only=devkit,train").contains(
                "--only train,devkit"))
    }

    @Test("--only takes names, again and again")
    func only() {
        #expect(
            arguments("manifest", "show", "--only", "train,val")?.selection.names
                == ["train", "val"])
        #expect(
            arguments("manifest", "show", "--only=a.tar", "--only=val,a.tar")?.selection.names
                == ["a.tar", "val"])
        for bad in ["", ",", "train,", "a,,b"] {
            #expect(refusal("manifest", "show", Word("--only=\(bad)")).contains("bad value"))
        }
    }

    @Test("--all excludes the others")
    func all() {
        #expect(arguments("manifest", "show", "--all")?.selection.isAll == true)
        #expect(arguments("manifest", "show")?.selection.isDefault == true)
        #expect(
            refusal("manifest", "show", "--all", "--only=val").contains("cannot be used together"))
        #expect(
            refusal("manifest", "show", "--only-val", "--all").contains("cannot be used together"))
    }

    @Test("labels: --format and --val-labels")
    func labels() {
        for format in LabelFormat.allCases {
            #expect(
                arguments("labels", "--format", Word(format.rawValue))?.labels.format == format)
        }
        #expect(refusal("labels", "--format=yaml").contains("one of ids, wnids, synsets,"))
        #expect(arguments("labels", "--val-labels=v.txt")?.labels.validationLabels == "v.txt")
    }

    @Test("--classes is a word until the data set is known")
    func classes() {
        #expect(arguments("labels", "--classes", "imagenette")?.classes == "imagenette")
        let odd = Word(bytes: [0x2F, 0xFF])
        #expect(arguments("labels", "--classes", odd)?.classes == odd)
        #expect(arguments("labels")?.classes == nil)
        #expect(refusal("labels", "--classes=").contains("(it is empty)"))
        #expect(
            refusal("labels", "--classes").contains("--classes needs a value (NAME|WNID,…|FILE"))
    }

    @Test("--shards takes a number or auto", arguments: ["tfrecord", "webdataset"])
    func shards(_ format: String) {
        let name = Word(format)
        #expect(arguments(name, "--shards=8")?.export.formatOptions == ["shards": "8"])
        #expect(arguments(name, "--shards", "auto")?.export.formatOptions == ["shards": "auto"])
        #expect(arguments(name, "--shards=1000000")?.export.formatOptions == ["shards": "99999"])
        for bad in ["0", "-1", "Auto", "many"] {
            #expect(refusal(name, Word("--shards=\(bad)")).contains("bad value \"\(bad)\""))
        }
    }

    @Test("sample: its numbers")
    func sample() {
        let given = arguments(
            "sample", "tiny", "--classes=10", "--per-class", "20", "--val=0", "--test=3",
            "--seed=7")
        #expect(
            given?.sample
                == SampleDataset.Options(classes: 10, perClass: 20, val: 0, test: 3, seed: 7))
        #expect(given?.positionals == ["tiny"])
        #expect(arguments("sample", "x")?.sample.wnids == nil)
        #expect(arguments("sample", "x", "--wnids", "made")?.sample.wnids == .made)
        #expect(refusal("sample", "x", "--wnids=n1").contains("expected one of real, made"))
        #expect(refusal("sample", "x", "--classes=0").contains("(it must be at least 1)"))
        for name in ["classes", "per-class", "val", "test", "seed"] {
            let text = refusal("sample", "x", Word("--\(name)=-1"))
            #expect(text.contains("bad value \"-1\" for --\(name) (expected a whole number)"))
        }
    }

    @Test("torrent add: --trust-torrent")
    func trust() {
        #expect(arguments("torrent", "add", "x")?.torrent.trustsUnpinned == false)
        #expect(
            arguments("torrent", "add", "x", "--trust-torrent")?.torrent.trustsUnpinned == true)
    }

    @Test(
        "all that fetches takes the options of fetching",
        arguments: ["fetch", "repair", "sync", "untar", "mds", "tfrecord", "webdataset"])
    func fetching(_ command: Word) {
        let given = arguments(
            command, "--sources=mirrors", "--mirror=/m/", "--accept-terms", "--allow-unverified",
            "--trust-torrent")
        #expect(given?.fetch.options.sources == .mirrors && given?.fetch.mirrors == ["/m/"])
        #expect(given?.fetch.acceptsTerms == true && given?.fetch.options.allowsUnverified == true)
        #expect(given?.torrent.trustsUnpinned == true)
    }
}
