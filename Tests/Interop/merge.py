"""Writes the test archive with its patch in as few lines as it takes, for comparison.

    merge.py OUTPUT ARCHIVE [PATCH]     bare names in their order, ustar, nothing of the day in it
"""

import os
import sys
import tarfile


def images(path):
    with tarfile.open(path) as tar:
        return {
            os.path.basename(member.name): tar.extractfile(member).read()
            for member in tar if member.isfile()
        }


def header(name, size):
    """As GNU tar writes it: Python leaves the device numbers of plain files empty."""
    info = tarfile.TarInfo(name)
    info.size = size
    block = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    block[329:345] = b"0000000\0" * 2
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


merged = images(sys.argv[2])
for patch in sys.argv[3:]:
    merged.update(images(patch))
whole = b"".join(
    header(name, len(data)) + data + bytes(-len(data) % 512)
    for name, data in sorted(merged.items())
) + bytes(1024)
with open(sys.argv[1], "wb") as file:
    file.write(whole + bytes(-len(whole) % 10240))
