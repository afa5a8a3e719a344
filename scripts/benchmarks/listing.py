"""Listing a tar of tars, compared with Python's tarfile."""

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
        remote(folder, size)
        os.remove(train)
        tar_of_tars(train, 1000, 1300, 110_000, b"")
        values, memory = zip(*(peak(ours) for _ in range(rounds)))
        row("list, 1,300,000 members, 144 GB", f"{statistics.median(values):.1f} s", "–", "–", "–",
            True, spread(values))
        row("  memory", f"{max(memory) / 2**20:.0f} MiB", "–", "–", "≤ 64 MiB",
            max(memory) <= 64 << 20, 0)
        with nginx(folder) as address:
            value, memory = peak([binary, "list", address + "/train.tar"])
        row("list of a URL, 1,300,000 members", f"{value:.0f} s", "–", "–", "–", True, 0)
        row("  memory", f"{memory / 2**20:.0f} MiB", "–", "–", "≤ 64 MiB", memory <= 64 << 20, 0)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remote(folder, size):
    """The same archive on a web server, then one with 80 ms between it and us."""
    log = folder + "/log"
    with nginx(folder, f"access_log {log} sizes") as address:
        ours = [binary, "list", address + "/train.tar"]
        if subprocess.run(ours, check=True, capture_output=True).stdout != subprocess.run(
                [binary, "list", folder + "/train.tar"], check=True, capture_output=True).stdout:
            raise SystemExit("bench: the lists of the file and of the URL differ")
        with open(log) as file:
            sizes = [int(line) for line in file]
        times = [seconds(ours) for _ in range(rounds)]
        row("list of a URL, 13,000 members", f"{statistics.median(times):.2f} s", "–", "–", "–",
            True, spread(times))
        read = sum(sizes) / size
        row("  bytes of it", f"{read:.1%}", "–", "–", "≤ 10 %", read <= 0.1, 0)
        row("  requests", f"{len(sizes):,}", "–", "–", "≤ 1.1 a member", len(sizes) <= 14_300, 0)
        relay = os.path.join(os.path.dirname(binary), "delay-relay")
        port = address.rsplit(":", 1)[1]
        with running(relay, "40", "127.0.0.1", str(int(port) + 1), "127.0.0.1", port,
                     stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            far = f"http://127.0.0.1:{int(port) + 1}/train.tar"
            for words, work in (["--only-class", "n00000050"], "one class, at 80 ms"), (
                    ["--connections", "32"], "13,000 members, 32 connections, at 80 ms"):
                value = seconds([binary, "list", *words, far])
                row(f"list of a URL, {work}", f"{value:.1f} s", "–", "–", "–", True, 0)
