/// The images of a split in the order in which they are written.
struct SampleSequence: Sendable {
    let table: SampleTable
    let order: [UInt32]
    /// The sizes of repaired images, by sample.
    let changedSizes: [UInt32: Int]

    init(_ table: SampleTable, order: [UInt32], changedSizes: [UInt32: Int] = [:]) {
        self.table = table
        self.order = order
        self.changedSizes = changedSizes
    }

    var count: Int { order.count }

    /// The bytes of all images.
    var bytes: Int64 { (0..<count).reduce(0) { $0 + Int64(size($1)) } }

    func sample(_ position: Int) -> Int { Int(order[position]) }

    /// The bytes that will be written.
    func size(_ position: Int) -> Int {
        if !changedSizes.isEmpty, let size = changedSizes[order[position]] { return size }
        return table.size(sample(position))
    }

    func rank(_ position: Int) -> Int { table.rank(sample(position)) }

    func name(_ position: Int) -> ArraySlice<UInt8> { table.name(sample(position)) }

    func wnid(_ position: Int) -> [UInt8] { table.wnid(sample(position)) }
}
