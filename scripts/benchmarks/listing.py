"""Listing a tar of tars, against Python's tarfile."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile

from common import *


NESTED = """
import sys, tarfile
with tarfile.open(sys.argv[1]) as outer:
    for tar in outer:
        with tarfile.open(fileobj=outer.extractfile(tar)) as inner:
            for member in inner:
                print(tar.name + "/" + member.name)
"""


def tar_of_tars(path, classes, images, size, fill):
    """A training archive of this shape; holes instead of images where `fill` is empty."""
    def header(name, length):
        block = bytearray(512)
        for start, text in ((0, name), (100, b"0000644"), (108, b"0000000"), (116, b"0000000"),
                            (124, b"%011o" % length), (136, b"11767451600"), (148, b" " * 8),
                            (156, b"0"), (257, b"ustar\x0000")):
            block[start:start + len(text)] = text
        block[148:155] = b"%06o\0" % sum(block)
        return bytes(block)

    step = 512 + (size + 511) // 512 * 512
    tail = 2048
    with open(path, "wb") as file:
        position = 0
        for number in range(classes):
            wnid = b"n%08d" % number
            length = images * step + tail
            os.pwrite(file.fileno(), header(wnid + b".tar", length), position)
            position += 512
            for image in range(images):
                place = position + image * step
                os.pwrite(file.fileno(), header(wnid + b"_%d.JPEG" % image, size) + fill, place)
            position += length
        file.truncate(position + 1024)
    return position + 1024


def bytes_read(command, path):
    """What it reads of this file, as strace sees it."""
    with tempfile.NamedTemporaryFile("r", dir="/dev/shm") as trace:
        subprocess.run(
            ["strace", "-f", "-y", "-o", trace.name, "-e", "trace=read,pread64", *command],
            check=True, stdout=subprocess.DEVNULL)
        return sum(int(line.split()[-1]) for line in trace if f"<{path}>" in line)


def run():
    folder = tempfile.mkdtemp(prefix="listing-", dir="/dev/shm")
    try:
        train = folder + "/train.tar"
        size = tar_of_tars(train, 100, 130, 66_300, os.urandom(66_300))
        ours = [binary, "list", train]
        theirs = [sys.executable, "-c", NESTED, train]
        said = [subprocess.run(c, check=True, capture_output=True).stdout for c in (ours, theirs)]
        if said[0] != said[1]:
            raise SystemExit("bench: the lists differ")
        mine, other = [], []
        for _ in range(rounds):
            mine.append(seconds(ours))
            other.append(seconds(theirs))
        fast, slow = statistics.median(mine), statistics.median(other)
        row(f"list, 13,000 members, {size / 1e6:.0f} MB", f"{fast * 1000:.0f} ms",
            "Python's tarfile", f"{slow * 1000:.0f} ms", "≥ 10 ×", slow >= 10 * fast, spread(mine),
            fast / slow)
        read = bytes_read(ours, train)
        row("  read of it", f"{read / size:.2%}", "–", "–", "≤ 4 %", read <= 0.04 * size, 0)
        os.remove(train)
        tar_of_tars(train, 1000, 1300, 110_000, b"")
        values, memory = zip(*(peak(ours) for _ in range(rounds)))
        row("list, 1,300,000 members, 144 GB", f"{statistics.median(values):.1f} s", "–", "–", "–",
            True, spread(values))
        row("  memory", f"{max(memory) / 2**20:.0f} MiB", "–", "–", "≤ 64 MiB",
            max(memory) <= 64 << 20, 0)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
