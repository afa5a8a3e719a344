"""Unpacking a training archive, compared with GNU tar in a loop over the class tars."""

import json
import os
import shutil
import statistics
import subprocess
import tempfile

from common import binary, peak, rounds, row, seconds, spread
from listing import tar_of_tars

LOOP = """
mkdir theirs; cd theirs; tar -xf ../data/tar/ILSVRC2012_img_train.tar
for tar in *.tar; do mkdir "${tar%.tar}"; tar -xf "$tar" -C "${tar%.tar}"; rm "$tar"; done
"""


def calls(command, folder, images):
    """System calls per image, without those of waiting threads."""
    with tempfile.NamedTemporaryFile("r", dir="/dev/shm") as trace:
        subprocess.run(
            ["strace", "-f", "-c", "-o", trace.name, "-e", "trace=file,desc", *command],
            check=True, stdout=subprocess.DEVNULL)
        total = [line for line in trace if line.endswith("total\n")][0]
    return int(total.split()[3 if len(total.split()) > 4 else 2]) / images


def run():
    folder = tempfile.mkdtemp(prefix="unpacking-", dir="/dev/shm")
    try:
        os.makedirs(folder + "/data/tar")
        train = folder + "/data/tar/ILSVRC2012_img_train.tar"
        size = tar_of_tars(train, 100, 130, 66_300, os.urandom(66_300))
        # The built-in manifest has an image count, which untar would compare.
        with open(folder + "/manifest.json", "w") as file:
            json.dump({"schema": "imagenet-fetch.manifest/1", "name": "bench", "files": [
                {"name": "ILSVRC2012_img_train.tar", "part": "train", "role": "train-images"}]}, file)
        data = ["--data", folder + "/data", "--quiet", "--manifest", folder + "/manifest.json"]
        untar = [binary, "untar", train, *data]
        mine, other, memory = [], [], 0
        for _ in range(rounds):
            shutil.rmtree(folder + "/data/untar", ignore_errors=True)
            time, most = peak(untar)
            mine.append(time)
            memory = max(memory, most)
            other.append(seconds(["sh", "-ec", LOOP], cwd=folder))
            subprocess.run(
                ["diff", "-rq", folder + "/theirs", folder + "/data/untar/ILSVRC2012_img_train"],
                check=True)
            shutil.rmtree(folder + "/theirs")
        ours, theirs = statistics.median(mine), statistics.median(other)
        row(f"untar train, 13,000 images, {size / 1e6:.0f} MB", f"{ours:.2f} s",
            "tar, then tar over the class tars", f"{theirs:.2f} s", "≤ 0.50 ×",
            ours <= 0.5 * theirs, spread(mine), ours / theirs)
        row("  memory", f"{memory / 2**20:.0f} MiB", "–", "–", "≤ 64 MiB", memory <= 64 << 20, 0)
        values = []
        for _ in range(rounds):
            shutil.rmtree(folder + "/data/untar/ILSVRC2012_img_train_flat", ignore_errors=True)
            values.append(seconds([*untar, "--flat", "--force"]))
        row("untar --flat, by links", f"{statistics.median(values):.2f} s", "–", "–", "≤ 0.3 s",
            statistics.median(values) <= 0.3, spread(values))
        shutil.rmtree(folder + "/data/untar/ILSVRC2012_img_train_flat")
        os.remove(folder + "/data/untar/ILSVRC2012_img_train_flat.receipt.json")
        values = []
        for number in range(rounds):
            layout = [binary, "layout", "deep-vision", f"{folder}/layout{number}", *data]
            values.append(seconds(layout))
        row("layout deep-vision, by links", f"{statistics.median(values):.2f} s", "–", "–",
            "≤ 0.3 s", statistics.median(values) <= 0.3, spread(values))
        shutil.rmtree(folder + "/data/untar")
        count = calls(untar, folder, 13_000)
        row("  system calls an image", f"{count:.1f}", "–", "–", "≤ 6", count <= 6, 0)
        shutil.rmtree(folder + "/data/untar")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
