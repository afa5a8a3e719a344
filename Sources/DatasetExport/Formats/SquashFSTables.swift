internal import CSquashFS
internal import Disk

/// The blocks of all files of an image, one file after another.
struct SquashFSBlocks: Sendable {
    /// In the length of a block that is not compressed.
    static let isRaw: UInt32 = 1 << 24

    /// The lengths of the blocks as they are stored; nil if none is compressed, so that the files'
    /// sizes tell.
    var stored: [UInt32]?

    static func count(_ size: Int) -> Int {
        (size + SquashFSImage.blockSize - 1) / SquashFSImage.blockSize
    }
}

/// What follows the files in an image: inodes, folders, owners. libsquashfs writes it.
///
/// The inodes come first, and folders refer to them. Everything is written twice: once for the
/// inodes, once for the folders, and the other half is dropped. So nothing is kept: the tables of 1.3
/// million images have 100 MB.
struct SquashFSTables {
    private static let fileMode: UInt16 = 0o644
    private static let folderMode: UInt16 = 0o755
    private static let isFile: UInt16 = 0o100000
    private static let isFolder: UInt16 = 0o040000
    /// No fragment, no attributes.
    private static let nothing = UInt32.max
    /// The loop device has sectors, and mksquashfs has the same.
    private static let padding: Int64 = 4096

    let samples: SampleSequence
    let blocks: SquashFSBlocks
    let dataStart: Int64

    /// - Parameters:
    ///   - sink: contains everything before the tables.
    ///   - header: gets their places.
    func write(
        to sink: SquashFSSink, _ compressor: SquashFSCompressor, _ header: inout sqfs_super_t
    ) throws {
        header.inode_table_start = UInt64(sink.size)
        _ = try pass(inodes: sink, folders: SquashFSSink(), compressor)
        header.directory_table_start = UInt64(sink.size)
        (header.root_inode_ref, header.inode_count) = try pass(
            inodes: SquashFSSink(), folders: sink, compressor)
        guard let owners = sqfs_id_table_create(0) else {
            throw SquashFSFailure.error(SQFS_ERROR_ALLOC.rawValue)
        }
        defer { sqfs_destroy(UnsafeMutableRawPointer(owners)) }
        var root: UInt16 = 0
        try sink.check(sqfs_id_table_id_to_index(owners, 0, &root))
        try sink.check(sqfs_id_table_write(owners, sink.file, &header, compressor.pointer))
        header.bytes_used = UInt64(sink.size)
        let rest = (Self.padding - sink.size % Self.padding) % Self.padding
        try [UInt8](repeating: 0, count: Int(rest)).withUnsafeBytes { try sink.append($0) }
    }

    // MARK: Inodes and folders

    private func pass(
        inodes: SquashFSSink, folders: SquashFSSink, _ compressor: SquashFSCompressor
    ) throws -> (root: UInt64, count: UInt32) {
        let pass = try Pass(inodes, folders, compressor, blocksOfFile: longestFile)
        let classes = self.folders
        let count = UInt32(samples.count + classes.count + 1)
        var location = dataStart
        var block = 0
        var found: [(name: [UInt8], number: UInt32, reference: UInt64)] = []
        for folder in classes {
            try pass.begin()
            for position in folder {
                try add(position, to: pass, &location, &block)
            }
            let wnid = samples.wnid(folder.lowerBound)
            let reference = try pass.end(Self.folderMode, parent: count)
            found.append((wnid, pass.inodeCount, reference))
        }
        try pass.begin()
        if classes.isEmpty {
            for position in 0..<samples.count {
                try add(position, to: pass, &location, &block)
            }
        }
        for folder in found {
            try pass.addEntry(
                folder.name[...], folder.number, folder.reference,
                Self.isFolder | Self.folderMode)
        }
        let root = try pass.end(Self.folderMode, parent: count + 1)
        try pass.flush()
        return (root, pass.inodeCount)
    }

    /// The images of each class; none if they have no classes.
    private var folders: [Range<Int>] {
        guard samples.table.split != .test else { return [] }
        var folders: [Range<Int>] = []
        var start = 0
        for position in 0..<samples.count
        where position + 1 == samples.count
            || samples.rank(position) != samples.rank(position + 1)
        {
            folders.append(start..<position + 1)
            start = position + 1
        }
        return folders
    }

    private var longestFile: Int {
        SquashFSBlocks.count((0..<samples.count).reduce(0) { max($0, samples.size($1)) })
    }

    private func add(
        _ position: Int, to pass: Pass, _ location: inout Int64, _ block: inout Int
    ) throws {
        let size = samples.size(position)
        let count = SquashFSBlocks.count(size)
        var length: Int64 = 0
        if let stored = blocks.stored {
            for index in 0..<count {
                let word = stored[block + index]
                pass.blocks[index] = word
                length += Int64(word & ~SquashFSBlocks.isRaw)
            }
        } else {
            var rest = size
            for index in 0..<count {
                pass.blocks[index] =
                    UInt32(min(rest, SquashFSImage.blockSize)) | SquashFSBlocks.isRaw
                rest -= SquashFSImage.blockSize
            }
            length = Int64(size)
        }
        let reference = try pass.addFile(
            size: size, at: location, blocks: count, Self.fileMode)
        try pass.addEntry(
            samples.name(position), pass.inodeCount, reference, Self.isFile | Self.fileMode)
        location += length
        block += count
    }

    /// The writers of libsquashfs, and the inode that is being written.
    private final class Pass {
        private let inodes: SquashFSSink
        private let folders: SquashFSSink
        private let inodeTable: OpaquePointer
        private let folderTable: OpaquePointer
        private let folder: OpaquePointer
        private let inode: UnsafeMutablePointer<sqfs_inode_generic_t>
        let blocks: UnsafeMutablePointer<UInt32>
        /// A name has at most 256 bytes in a folder.
        private var name = [CChar](repeating: 0, count: 257)
        private(set) var inodeCount: UInt32 = 0

        init(
            _ inodes: SquashFSSink, _ folders: SquashFSSink, _ compressor: SquashFSCompressor,
            blocksOfFile count: Int
        ) throws(ExportError) {
            let noMemory = SquashFSFailure.error(SQFS_ERROR_ALLOC.rawValue)
            guard let inodeTable = sqfs_meta_writer_create(inodes.file, compressor.pointer, 0)
            else { throw noMemory }
            guard let folderTable = sqfs_meta_writer_create(folders.file, compressor.pointer, 0)
            else {
                sqfs_destroy(UnsafeMutableRawPointer(inodeTable))
                throw noMemory
            }
            guard let folder = sqfs_dir_writer_create(folderTable, 0) else {
                sqfs_destroy(UnsafeMutableRawPointer(inodeTable))
                sqfs_destroy(UnsafeMutableRawPointer(folderTable))
                throw noMemory
            }
            (self.inodes, self.folders) = (inodes, folders)
            (self.inodeTable, self.folderTable, self.folder) = (inodeTable, folderTable, folder)
            let memory = UnsafeMutableRawPointer.allocate(
                byteCount: MemoryLayout<sqfs_inode_generic_t>.size + 4 * (count + 1), alignment: 16)
            inode = memory.bindMemory(to: sqfs_inode_generic_t.self, capacity: 1)
            inode.initialize(to: sqfs_inode_generic_t())
            blocks = csqfs_blocks(inode)
        }

        deinit {
            sqfs_destroy(UnsafeMutableRawPointer(folder))
            sqfs_destroy(UnsafeMutableRawPointer(folderTable))
            sqfs_destroy(UnsafeMutableRawPointer(inodeTable))
            UnsafeMutableRawPointer(inode).deallocate()
        }

        func begin() throws { try folders.check(sqfs_dir_writer_begin(folder, 0)) }

        /// - Returns: the reference of its inode.
        func addFile(
            size: Int, at location: Int64, blocks: Int, _ mode: UInt16
        ) throws -> UInt64 {
            if location > Int64(UInt32.max) {
                inode.pointee.base.type = UInt16(SQFS_INODE_EXT_FILE.rawValue)
                inode.pointee.data.file_ext = sqfs_inode_file_ext_t(
                    blocks_start: UInt64(location), file_size: UInt64(size), sparse: 0, nlink: 1,
                    fragment_idx: SquashFSTables.nothing, fragment_offset: SquashFSTables.nothing,
                    xattr_idx: SquashFSTables.nothing)
            } else {
                inode.pointee.base.type = UInt16(SQFS_INODE_FILE.rawValue)
                inode.pointee.data.file = sqfs_inode_file_t(
                    blocks_start: UInt32(location), fragment_index: SquashFSTables.nothing,
                    fragment_offset: SquashFSTables.nothing, file_size: UInt32(size))
            }
            inode.pointee.payload_bytes_used = UInt32(4 * blocks)
            inode.pointee.payload_bytes_available = UInt32(4 * blocks)
            return try add(inode, mode)
        }

        func addEntry(
            _ bytes: ArraySlice<UInt8>, _ number: UInt32, _ reference: UInt64, _ mode: UInt16
        ) throws {
            guard !bytes.isEmpty, bytes.count < name.count, !bytes.contains(0) else {
                throw ExportError.unwritable(
                    "cannot put \(escaped(bytes)) into a SquashFS image: its name is too long or "
                        + "invalid")
            }
            for (index, byte) in bytes.enumerated() { name[index] = CChar(bitPattern: byte) }
            name[bytes.count] = 0
            try folders.check(sqfs_dir_writer_add_entry(folder, name, number, reference, mode))
        }

        /// Ends the folder.
        ///
        /// - Returns: the reference of its inode.
        func end(_ mode: UInt16, parent: UInt32) throws -> UInt64 {
            try folders.check(sqfs_dir_writer_end(folder))
            guard
                let inode = sqfs_dir_writer_create_inode(folder, 0, SquashFSTables.nothing, parent)
            else {
                throw SquashFSFailure.error(SQFS_ERROR_ALLOC.rawValue)
            }
            defer { sqfs_free(inode) }
            return try add(inode, mode)
        }

        func flush() throws {
            try inodes.check(sqfs_meta_writer_flush(inodeTable))
            try folders.check(sqfs_meta_writer_flush(folderTable))
        }

        private func add(
            _ inode: UnsafeMutablePointer<sqfs_inode_generic_t>, _ mode: UInt16
        ) throws -> UInt64 {
            inodeCount += 1
            inode.pointee.base.mode = mode
            inode.pointee.base.uid_idx = 0
            inode.pointee.base.gid_idx = 0
            inode.pointee.base.mod_time = 0
            inode.pointee.base.inode_number = inodeCount
            var (block, offset): (UInt64, UInt32) = (0, 0)
            sqfs_meta_writer_get_position(inodeTable, &block, &offset)
            try inodes.check(sqfs_meta_writer_write_inode(inodeTable, inode))
            return block << 16 | UInt64(offset)
        }
    }
}
