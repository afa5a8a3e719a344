"""Makes tars in every format with Python's tarfile, and tells what its tarfile reads in them.

    tars.py make FOLDER        archives of all formats, sizes and names
    tars.py tell FILE [nested] a line a member: path in hex, size, offset of the data, type, mtime
"""

import io
import os
import random
import sys
import tarfile
import zipfile

SIZES = [0, 1, 511, 512, 513, 4096, 10240, 70000]


def members(random, prefix=""):
    """Names and data of all lengths that matter to a tar."""
    for number, size in enumerate(SIZES):
        yield f"{prefix}m{number}.JPEG", random.randbytes(size)
    yield prefix + "n" * 89, b"89"
    yield prefix + "p" * 60 + "/" + "q" * 80, b"two fields"
    yield prefix + "caf\u00e9/cafe\u0301.txt", b"accents"


def long_members(random, prefix=""):
    yield prefix + "l" * 101, b"101"
    yield prefix + "l" * 300 + "/" + "k" * 255, b"long"


def write(path, format, long=False, prefix="", mode="w"):
    chance = random.Random(len(path.rsplit("/", 1)[-1]))
    with tarfile.open(path, mode, format=format, encoding="utf-8") as tar:
        folder = tarfile.TarInfo(prefix + "d")
        folder.type, folder.mode, folder.mtime = tarfile.DIRTYPE, 0o755, 1234567890
        tar.addfile(folder)
        for name, data in list(members(chance, prefix)) + (
            list(long_members(chance, prefix)) if long else []
        ):
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = len(data), 1e9 + len(data), 0o640
            info.uid, info.gid, info.uname, info.gname = 1000, 100, "owner", "users"
            tar.addfile(info, io.BytesIO(data))
        for kind, name in ((tarfile.SYMTYPE, "symlink"), (tarfile.LNKTYPE, "hardlink")):
            info = tarfile.TarInfo(prefix + name)
            info.type, info.linkname = kind, prefix + "m1.JPEG"
            if long:
                info.linkname = prefix + "t" * 150
            tar.addfile(info)
        info = tarfile.TarInfo(prefix + "pipe")
        info.type = tarfile.FIFOTYPE
        tar.addfile(info)
        info = tarfile.TarInfo(prefix + "null")
        info.type, info.devmajor, info.devminor = tarfile.CHRTYPE, 1, 3
        tar.addfile(info)
        info = tarfile.TarInfo(prefix + "last")
        info.size = 5
        tar.addfile(info, io.BytesIO(b"last\n"))


def nested(path, format):
    with tarfile.open(path, "w", format=format) as outer:
        for number in range(5):
            inner = path + ".inner"
            write(inner, format, prefix=f"n0000000{number}_")
            if number == 3:
                # Three levels: a file as others.
                with tarfile.open(inner, "a", format=format) as tar:
                    tar.add(inner, "deep.tar")
            outer.add(inner, f"n0000000{number}.tar")
        info = tarfile.TarInfo("not-really.tar")
        info.size = 700
        outer.addfile(info, io.BytesIO(b"x" * 700))
        info = tarfile.TarInfo("readme.txt")
        info.size = 2
        outer.addfile(info, io.BytesIO(b"x\n"))
    os.remove(inner)


def make(folder):
    for name, format in (
        ("ustar", tarfile.USTAR_FORMAT), ("gnu", tarfile.GNU_FORMAT), ("pax", tarfile.PAX_FORMAT)
    ):
        long = name != "ustar"
        write(f"{folder}/{name}.tar", format, long)
        nested(f"{folder}/{name}-nested.tar", format)
        for suffix, mode in (("gz", "w:gz"), ("bz2", "w:bz2"), ("xz", "w:xz")):
            write(f"{folder}/{name}.tar.{suffix}", format, long, mode=mode)
    with tarfile.open(f"{folder}/big.tar", "w", format=tarfile.PAX_FORMAT) as tar:
        # Numbers that no field of ustar holds.
        info = tarfile.TarInfo("x")
        info.size, info.mtime, info.uid, info.gid = 3, -5.5, 1 << 40, 1 << 41
        tar.addfile(info, io.BytesIO(b"abc"))
    with tarfile.open(f"{folder}/big-gnu.tar", "w", format=tarfile.GNU_FORMAT) as tar:
        info = tarfile.TarInfo("x")
        info.size, info.mtime, info.uid, info.gid = 3, -5, 1 << 40, 1 << 41
        tar.addfile(info, io.BytesIO(b"abc"))
    with tarfile.open(f"{folder}/none.tar", "w"):
        pass
    with zipfile.ZipFile(f"{folder}/a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        # Not the last: libarchive composes the accents in a zip.
        for name, data in list(members(random.Random(7)))[:-1]:
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 2, 3, 4, 6)), data)


def kind(member):
    return (
        "folder" if member.isdir() else "symlink" if member.issym() else
        "hardlink" if member.islnk() else "pipe" if member.isfifo() else
        "device" if member.ischr() else "file")


def tell(file, base, prefix, enters):
    with tarfile.open(fileobj=file, encoding="utf-8", errors="surrogateescape") as tar:
        for member in tar:
            name = member.name + ("/" if member.isdir() else "")
            path = prefix + name.encode("utf-8", "surrogateescape")
            if enters and member.isfile() and name.endswith(".tar"):
                try:
                    inner = tar.extractfile(member)
                    tarfile.open(fileobj=inner).close()
                    inner.seek(0)
                    tell(inner, base + member.offset_data, path + b"/", False)
                    continue
                except tarfile.ReadError:
                    pass
            print(path.hex(), member.size, base + member.offset_data, kind(member),
                  int(member.mtime // 1))


if sys.argv[1] == "make":
    make(sys.argv[2])
else:
    if sys.argv[2].endswith(".zip"):
        for info in zipfile.ZipFile(sys.argv[2]).infolist():
            print(info.filename.encode().hex(), info.file_size, 0, "file", 0)
    else:
        with open(sys.argv[2], "rb") as file:
            tell(file, 0, b"", sys.argv[3:] == ["nested"])
