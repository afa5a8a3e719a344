import Support

/// Archives in each compression of one tar with the member `d/a.txt`, "hello\n", and others that
/// only other programs make: by Python 3.11's tarfile (USTAR_FORMAT, PAX_FORMAT), zipfile, gzip,
/// bz2 and lzma (check=CHECK_CRC32), shown in hexadecimal.
enum Golden {
    static let gzip = bytes(
        """
        1f8b08000000000002034bd14fd42ba92861a025300002331313300d04e8344816c636343705899b
        1b9a1931281830d001941697241601ad64189920233527279f8b61148c8251300a46c1080300cd61
        5b8800080000
        """)

    static func compressed(_ name: String) -> [UInt8] {
        switch name {
        case "gzip": gzip
        case "bzip2": bzip2
        case "xz": xz
        case "zstd": zstd
        default: tar
        }
    }

    private static let bzip2 = bytes(
        """
        425a6839314159265359757e337b00002edb80c9104001f780002066449e40080820005450000000
        68250a3d468340687a81121fe42b103089cb35916202843538c9f6541d4428c8352ebdc4352ea514
        a2bdaba0df056f00781d018fe2ee48a70a120eafc66f60
        """)

    private static let xz = bytes(
        """
        fd377a585a0000016922de360200210116000000742fe5a3e007ff00485d00320bc8230df163f769
        37eecb377f197215a98e7e582af5f6e11554e25893f04dc27059ec87983420b459d0ac2861f6f616
        d52fe61d4cf3d0311164cbe6d9c3c2e04c42caae56f80000cd615b8800016080100000008a3c5e2a
        3e300d8b020000000001595a
        """)

    static let zip = bytes(
        """
        504b0304140000080800000022003b7c8adf0b0000001200000008000000642fc3bc2e747874cb48
        cdc9c957c840905c00504b01021403140000080800000022003b7c8adf0b00000012000000080000
        000000000000000000a40100000000642fc3bc2e747874504b050600000000010001003600000031
        0000000000
        """)

    /// A member whose name has a decomposed and a composed accent, "ok".
    static let pax = bytes(
        """
        1f8b0800000000000203d3d3d7d3770848acf0484d4c492d62a0093080005cb481819119820d1237
        343032346650a860a003282d2e492c025acf303281919142416249866d72625aea9946ddc32bf54a
        2a4ab81846c10801a078b7d7b507c53acdec00656a331313dcf9dfc00835ff1b989b99983328188c
        e67f9a83fcecd13c300a46c128180523110000d7426425000c0000
        """)

    private static var tar: [UInt8] {
        var tar = TarBytes()
        tar.add("d/a.txt", "hello\n")
        tar.end()
        return tar.bytes
    }

    /// One frame of one raw block (RFC 8878, 3.1.1): window descriptor 0x58, last block, as it is.
    private static var zstd: [UInt8] {
        let size = tar.count << 3 | 1
        return [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x58]
            + [0, 8, 16].map { UInt8(truncatingIfNeeded: size >> $0) } + tar
    }

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        return stride(from: 0, to: digits.count - 1, by: 2).map {
            UInt8(digits[$0] << 4 | digits[$0 + 1])
        }
    }
}
