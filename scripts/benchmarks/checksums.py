"""Digests, compared with OpenSSL."""

import os
import statistics
import subprocess

from common import *


def run():
    """Buffers of 1 MiB through our Hasher, and through OpenSSL's own benchmark."""
    program = os.path.join(os.path.dirname(binary), "checksum-speed")
    ours = {}
    theirs = {}
    for _ in range(rounds):
        for line in subprocess.run(
            [program], check=True, capture_output=True, text=True
        ).stdout.splitlines():
            name, speed = line.split()
            ours.setdefault(name, []).append(int(speed))
        for name in ("md5", "sha1", "sha256"):
            said = subprocess.run(
                ["openssl", "speed", "-seconds", "1", "-bytes", "1048576", "-evp", name],
                check=True, capture_output=True, text=True,
            ).stdout.splitlines()[-1]
            theirs.setdefault(name, []).append(float(said.split()[-1].rstrip("k")) * 1000)
    for name in ("md5", "sha1", "sha256"):
        mine, other = statistics.median(ours[name]), statistics.median(theirs[name])
        row(f"{name}, 1 MiB buffers", rate(mine), "openssl speed", rate(other),
            "within 5 %", mine >= 0.95 * other, spread(ours[name]), other / mine)
    for name in ("xxh64", "crc32c"):
        row(f"{name}, 1 MiB buffers", rate(statistics.median(ours[name])), "–", "–", "–", True,
            spread(ours[name]))
