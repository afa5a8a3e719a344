internal import CZlib

// Compressed elements: a zlib stream that holds one other element and no more.
extension MatCursor {
    private static let step = 64 << 10

    /// The bytes of the one element in this stream.
    ///
    /// The element's tag states its length; a stream that gives more is refused at once, so that a
    /// bomb costs nothing.
    func inflated(_ budget: inout MatBudget) throws(LabelError) -> MatCursor {
        var stream = z_stream()
        guard inflateInit_(&stream, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw unsupported("there is no memory to inflate it")
        }
        defer { inflateEnd(&stream) }
        var result: [UInt8] = []
        var expected = 8
        var input = range.lowerBound
        var code = Z_OK
        var chunk = [UInt8](repeating: 0, count: Self.step)
        while code == Z_OK {
            let (taken, given) = bytes.withUnsafeBufferPointer { source in
                chunk.withUnsafeMutableBufferPointer { target in
                    let available = min(range.upperBound - input, Int(CInt.max))
                    stream.next_in = UnsafeMutablePointer(
                        mutating: source.baseAddress.map { $0 + input })
                    stream.avail_in = uInt(available)
                    stream.next_out = target.baseAddress
                    stream.avail_out = uInt(target.count)
                    code = inflate(&stream, Z_NO_FLUSH)
                    return (
                        available - Int(stream.avail_in), target.count - Int(stream.avail_out)
                    )
                }
            }
            input += taken
            guard budget.take(inflated: given) else {
                throw unsupported(
                    "it inflates to more than \(MatFile.longestInflated) bytes")
            }
            result.append(contentsOf: chunk.prefix(given))
            if expected == 8, result.count >= 8 { expected = over(result).lengthOfFirst }
            if result.count > expected {
                throw damage("it inflates to more than the \(expected) bytes of its element")
            }
            if code == Z_OK, taken == 0, given == 0 { code = Z_BUF_ERROR }
        }
        guard code == Z_STREAM_END else {
            throw damage(
                code == Z_BUF_ERROR
                    ? "the compressed data is cut off" : "the compressed data is damaged")
        }
        return over(result)
    }

    /// The bytes of the element at the start with tag and padding.
    private var lengthOfFirst: Int {
        let first = Int(item(0, width: 4))
        if first >> 16 != 0 { return 8 }
        return 8 + (Int(item(1, width: 4)) + 7) / 8 * 8
    }
}
