internal import CZlib

/// Compresses by zlib, a piece at a time. The output follows from the input and zlib's version.
struct Deflater: ~Copyable {
    enum Form: Sendable { case zlib, gzip }

    private let stream: UnsafeMutablePointer<z_stream>
    private var output: [UInt8] = []
    private var chunk = [UInt8](repeating: 0, count: 64 << 10)

    init(_ form: Form) throws(ExportError) {
        // The state inside points back at the stream, which therefore may not move.
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // Without a header of ours zlib writes a gzip header with the time 0 and no name.
        guard cz_deflate_init(stream, form == .gzip ? 31 : 15) == Z_OK else {
            stream.deallocate()
            throw .encoder("zlib", "no memory")
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    mutating func append(_ input: [UInt8]) throws(ExportError) {
        // zlib counts in 32 bits.
        var start = 0
        while start < input.count {
            let end = min(start + (1 << 20), input.count)
            try run(Array(input[start..<end]), Z_NO_FLUSH)
            start = end
        }
    }

    /// Ends the stream and hands over all of it.
    consuming func finish() throws(ExportError) -> [UInt8] {
        try run([], Z_FINISH)
        return output
    }

    /// One piece of memory as a whole stream.
    static func compress(_ input: [UInt8], _ form: Form) throws(ExportError) -> [UInt8] {
        var deflater = try Deflater(form)
        try deflater.append(input)
        return try deflater.finish()
    }

    private mutating func run(_ input: [UInt8], _ flush: CInt) throws(ExportError) {
        var input = input
        let status = input.withUnsafeMutableBufferPointer { input in
            stream.pointee.next_in = input.baseAddress
            stream.pointee.avail_in = uInt(input.count)
            return chunk.withUnsafeMutableBufferPointer { chunk in
                while true {
                    stream.pointee.next_out = chunk.baseAddress
                    stream.pointee.avail_out = uInt(chunk.count)
                    let status = deflate(stream, flush)
                    output += chunk.prefix(chunk.count - Int(stream.pointee.avail_out))
                    let isFull = stream.pointee.avail_out == 0
                    if status == Z_STREAM_END || status < 0 && status != Z_BUF_ERROR {
                        return status
                    }
                    if !isFull { return Z_OK }
                }
            }
        }
        if status < 0 { throw .encoder("zlib", "error \(status)") }
    }
}
