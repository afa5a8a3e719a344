internal import CZlib

/// Compresses by zlib in pieces. The output depends on the input, the level and zlib's version.
package struct Deflater: ~Copyable {
    package enum Form: Sendable { case zlib, gzip }

    private let stream: UnsafeMutablePointer<z_stream>
    private let chunk: UnsafeMutableRawBufferPointer
    private var output: [UInt8] = []

    package init(_ form: Form, level: Int = 6) throws(ExportError) {
        // The state points to the stream, so the stream must not move.
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // By default zlib's gzip header has the time 0 and no name.
        guard cz_deflate_init(stream, form == .gzip ? 31 : 15, CInt(level)) == Z_OK else {
            stream.deallocate()
            throw .encoder("zlib", "no memory")
        }
        chunk = .allocate(byteCount: 64 << 10, alignment: 64)
    }

    deinit {
        chunk.deallocate()
        deflateEnd(stream)
        stream.deallocate()
    }

    package mutating func append(_ input: [UInt8]) throws(ExportError) {
        try gather(input, isLast: false)
    }

    package consuming func finish() throws(ExportError) -> [UInt8] {
        try gather([], isLast: true)
        return output
    }

    package static func compress(_ input: [UInt8], _ form: Form) throws(ExportError) -> [UInt8] {
        var deflater = try Deflater(form)
        try deflater.append(input)
        return try deflater.finish()
    }

    /// Compresses the next bytes; `isLast` ends the stream.
    mutating func run(
        _ input: UnsafeRawBufferPointer, isLast: Bool,
        _ write: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        // zlib counts in 32 bits.
        var rest = input
        repeat {
            let part = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(part.count))
            try deflate(part, isLast && rest.isEmpty ? Z_FINISH : Z_NO_FLUSH, write)
        } while !rest.isEmpty
    }

    private func deflate(
        _ input: UnsafeRawBufferPointer, _ flush: CInt,
        _ write: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: input.bindMemory(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = uInt(input.count)
        while true {
            stream.pointee.next_out = chunk.bindMemory(to: UInt8.self).baseAddress
            stream.pointee.avail_out = uInt(chunk.count)
            let status = CZlib.deflate(stream, flush)
            if status < 0 && status != Z_BUF_ERROR {
                throw ExportError.encoder("zlib", "error \(status)")
            }
            let isFull = stream.pointee.avail_out == 0
            let count = chunk.count - Int(stream.pointee.avail_out)
            try write(UnsafeRawBufferPointer(rebasing: chunk[..<count]))
            if status == Z_STREAM_END || !isFull { return }
        }
    }

    private mutating func gather(_ input: [UInt8], isLast: Bool) throws(ExportError) {
        var gathered: [UInt8] = []
        do {
            try input.withUnsafeBytes { bytes in
                try run(bytes, isLast: isLast) { gathered.append(contentsOf: $0) }
            }
        } catch {
            throw error as? ExportError ?? .encoder("zlib", "\(error)")
        }
        output += gathered
    }
}
