import Glibc

/// The input as a file, with its tar headers' checksums put right: a fuzzer that has to guess them
/// never gets behind the first header.
public struct TarFile {
    public let path = "/dev/shm/imagenet-fetch-fuzz-\(getpid())"
    public let count: Int

    public init(_ input: [UInt8]) {
        var bytes = input
        for start in stride(from: 0, to: bytes.count - 511, by: 512)
        where bytes[start + 257..<start + 262].elementsEqual("ustar".utf8) {
            for place in start + 148..<start + 156 { bytes[place] = 0x20 }
            let sum = bytes[start..<start + 512].reduce(0) { $0 + Int($1) }
            for digit in 0..<6 {
                bytes[start + 148 + digit] = UInt8(0x30 + sum >> (3 * (5 - digit)) & 7)
            }
            bytes[start + 154] = 0
        }
        count = bytes.count
        let file = fopen(path, "w")
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
    }

    public func remove() { unlink(path) }
}
