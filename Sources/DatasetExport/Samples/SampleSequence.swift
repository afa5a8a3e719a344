/// The images of a split in the order in which they are written.
public struct SampleSequence: Sendable {
    public let table: SampleTable
    /// The sample at each position.
    let order: [UInt32]
    /// The sizes of images that are not written as they are, by sample.
    let changedSizes: [UInt32: Int]

    init(_ table: SampleTable, order: [UInt32], changedSizes: [UInt32: Int] = [:]) {
        self.table = table
        self.order = order
        self.changedSizes = changedSizes
    }

    public var count: Int { order.count }

    func sample(_ position: Int) -> Int { Int(order[position]) }

    /// The bytes that will be written, changed or not.
    func size(_ position: Int) -> Int {
        if !changedSizes.isEmpty, let size = changedSizes[order[position]] { return size }
        return table.size(sample(position))
    }

    func rank(_ position: Int) -> Int { table.rank(sample(position)) }

    func name(_ position: Int) -> ArraySlice<UInt8> { table.name(sample(position)) }

    func wnid(_ position: Int) -> [UInt8] { table.wnid(sample(position)) }
}
