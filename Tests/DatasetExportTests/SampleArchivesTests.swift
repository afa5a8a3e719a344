import Disk
import Support
import Testing

@testable import DatasetExport
@testable import SampleData

/// GNU tar reads the archives back, and they hold what the plan says.
@Suite struct SampleArchivesTests {
    @Test("train is a tar of class tars with bare names, in the order of the WNIDs")
    func train() throws {
        let sample = try MadeSample()
        let plan = SamplePlan(MadeSample.tiny)
        let outer = try sample.members("ILSVRC2012_img_train.tar")
        #expect(outer == plan.classes.map { $0.wnid + ".tar" })
        #expect(outer == outer.sorted())
        let folder = try sample.unpack(sample.tar("ILSVRC2012_img_train.tar"), to: "train")
        for (rank, name) in outer.enumerated() {
            let inner = try lines(of: "tar", ["-tf", "\(folder)/\(name)"])
            let names = plan.numbers(rank).map { plan.trainName(rank, $0) + ".JPEG" }
            #expect(inner == names)
            #expect(try sample.folder.read("train/\(name)").count.isMultiple(of: 10240))
        }
        let size = try sample.folder.read("sample/tar/ILSVRC2012_img_train.tar").count
        #expect(size.isMultiple(of: 10240))
    }

    @Test("the numbers in the names of training images have gaps and different lengths")
    func numbers() {
        let plan = SamplePlan(.init(classes: 20, perClass: 80))
        #expect(Set(plan.classes.map(\.count)).count > 3)
        for rank in plan.classes.indices {
            let numbers = plan.numbers(rank)
            #expect(numbers == numbers.sorted())
            #expect(Set(numbers).count == plan.classes[rank].count)
            #expect(Set(numbers.map { "\($0)".count }).count >= 3)
            #expect(numbers.last.map { $0 > 2 * numbers.count } == true)
        }
    }

    @Test("ids do not follow the WNIDs, and each class has its own")
    func ids() {
        let plan = SamplePlan(.init(classes: 1000))
        #expect(plan.classes.map(\.id).sorted() == Array(1...1000))
        #expect(plan.classes.map(\.id) != Array(1...1000))
        let wnids = plan.classes.map(\.wnid) + plan.spareWNIDs
        #expect(Set(wnids).count == wnids.count)
        #expect(wnids.allSatisfy { $0.utf8.count == 9 && $0.first == "n" })
        #expect(plan.classes.map(\.wnid) == plan.classes.map(\.wnid).sorted())
    }

    @Test("val has every image once, bare, and not in the order of the names")
    func val() throws {
        let names = try MadeSample().members("ILSVRC2012_img_val.tar")
        #expect(names.sorted() == (1...7).map { "ILSVRC2012_val_0000000\($0).JPEG" })
        #expect(names != names.sorted())
    }

    @Test("test has its images below test/, and a patch for some of them")
    func test() throws {
        let sample = try MadeSample(.init(classes: 2, perClass: 2, val: 1, test: 20))
        let names = try sample.members("ILSVRC2012_img_test_v10102019.tar")
        #expect(names.first == "test/")
        #expect(names.count == 21)
        #expect(names.last == "test/ILSVRC2012_test_00000020.JPEG")
        _ = try sample.unpack(sample.tar("ILSVRC2012_img_test_v10102019.tar"), to: "images")
        _ = try sample.unpack(sample.tar("ILSVRC2012_img_test_patch_v10102019.tar"), to: "patch")
        let patched = try sample.folder.names(in: "patch")
        #expect(patched.count == 4)
        var same = 0
        for name in patched {
            let image = try sample.folder.read("images/test/\(name)")
            if try sample.folder.read("patch/\(name)") == image { same += 1 }
        }
        #expect(same == 2)
    }
}
