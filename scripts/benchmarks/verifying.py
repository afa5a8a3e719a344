"""Verifying, compared with md5sum."""

import json
import os
import shutil
import statistics
import subprocess
import tempfile

from common import *


def run():
    folder = tempfile.mkdtemp(prefix="verifying-", dir="/dev/shm")
    try:
        one_file(folder, 3 << 30)
        ten_files(folder, 300_000_000)
        many_receipts(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def ratio(what, goal, limit, mine, other):
    ours, theirs = statistics.median(mine), statistics.median(other)
    met = ours <= limit * theirs
    row(what, f"{ours:.2f} s", "md5sum", f"{theirs:.2f} s", goal, met, spread(mine), ours / theirs)


def one_file(folder, size):
    path = folder + "/archive.tar"
    block = os.urandom(1 << 20)
    with open(path, "wb") as file:
        for number in range(size >> 20):
            file.write(number.to_bytes(16, "big") + block[16:])
    digests = {
        name: subprocess.run([program, path], check=True, capture_output=True, text=True)
        .stdout.split()[0].lstrip("\\")
        for name, program in (("md5", "md5sum"), ("xxh64", "xxh64sum"))}
    with open(folder + "/manifest.json", "w") as file:
        json.dump({"schema": "imagenet-fetch.manifest/1", "name": "bench", "files": [
            {"name": "archive.tar", "part": "train", "size": size, **digests}]}, file)
    verify = [binary, "verify", "--manifest", folder + "/manifest.json", "--quiet", path]
    md5sum = ["md5sum", path]
    # Without the map of an earlier round, which is made in the same read.
    forget = lambda: shutil.rmtree(folder + "/.imagenet-fetch", ignore_errors=True)
    ratio("verify MD5, XXH64 and pieces, 3 GiB", "≤ 1.1 ×", 1.1, *by_turns(verify, md5sum, forget))
    ratio("verify --pieces, 3 GiB", "≤ 0.25 ×", 0.25, *by_turns(verify + ["--pieces"], md5sum))
    os.remove(path)
    forget()


def ten_files(folder, size):
    os.mkdir(folder + "/ten")
    names = [f"{number}.tar" for number in range(10)]
    for name in names:
        with open(f"{folder}/ten/{name}", "wb") as file:
            # In parts: what this process once held counts for those that it starts.
            for _ in range(size // 1_000_000):
                file.write(os.urandom(1_000_000))
    with open(folder + "/MD5SUMS", "w") as file:
        subprocess.run(["md5sum", *names], check=True, stdout=file, cwd=folder + "/ten")
    verify = [binary, "verify", "--manifest", folder + "/MD5SUMS", "--quiet", folder + "/ten"]
    state = folder + "/ten/.imagenet-fetch"
    forget = lambda: shutil.rmtree(state, ignore_errors=True)
    times = by_turns(verify, ["md5sum", *names], forget, cwd=folder + "/ten")
    ratio("verify ten files of 300 MB", "≤ 0.53 ×", 1 / 1.9, *times)
    shutil.rmtree(folder + "/ten")


def many_receipts(folder):
    os.mkdir(folder + "/many")
    names = [f"{number:04}.tar" for number in range(1000)]
    for name in names:
        with open(f"{folder}/many/{name}", "w") as file:
            file.write(name)
    with open(folder + "/MANY", "w") as file:
        subprocess.run(["md5sum", *names], check=True, stdout=file, cwd=folder + "/many")
    verify = [binary, "verify", "--manifest", folder + "/MANY", "--quiet", folder + "/many"]
    seconds(verify)
    values = [seconds(verify + ["--max-age", "1d"]) for _ in range(4 * rounds)]
    value = statistics.median(values)
    row("verify --max-age, 1,000 files", f"{value * 1000:.0f} ms", "–", "–", "≤ 200 ms",
        value <= 0.2, spread(values))
