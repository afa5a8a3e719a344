"""Checking all of an unpacked ImageNet by names, compared with find on as many files."""

import hashlib
import json
import os
import shutil
import statistics
import tempfile

from common import *


def tree(root, classes, train, val):
    """Class folders with this many images in all; each image is a link to one file of its class."""
    wnids = [b"n%08d" % (1440764 + 7919 * number) for number in range(classes)]
    for number, wnid in enumerate(wnids):
        for split, count in (("train", (train + number) // classes), ("val", val // classes)):
            folder = os.path.join(root.encode(), split.encode(), wnid)
            os.makedirs(folder)
            for index in range(count):
                name = (b"%s_%d.JPEG" % (wnid, 3 * index + 1) if split == "train"
                        else b"ILSVRC2012_val_%08d.JPEG" % (index * classes + number + 1))
                path = os.path.join(folder, name)
                if index == 0:
                    first = path
                    with open(path, "wb") as file:
                        file.write(b"image")
                else:
                    os.link(first, path)
    return wnids


def digest(lines):
    return hashlib.sha256(b"".join(line + b"\n" for line in lines)).hexdigest()


def run():
    train, val, classes = 1_281_167, 50_000, 1000
    folder = tempfile.mkdtemp(dir="/dev/shm")
    try:
        wnids = tree(folder + "/t", classes, train, val)
        manifest = {
            "schema": "imagenet-fetch.manifest/1", "name": "names", "classes": classes,
            "labels": {"wnids": digest(wnids),
                       "valWNIDs": digest(wnids[index % classes] for index in range(val))},
            "files": [
                {"name": f"{part}.tar", "part": part, "role": f"{part}-images",
                 "images": count}
                for part, count in (("train", train), ("val", val))],
        }
        with open(folder + "/m.json", "w") as file:
            json.dump(manifest, file)
        ours = [binary, "check", folder + "/t", "--manifest", folder + "/m.json", "--quiet"]
        theirs = ["find", folder + "/t", "-type", "f", "-empty"]
        mine, other = by_turns(ours, theirs)
        value = statistics.median(mine)
        row("check, 1,331,167 names", f"{value:.1f} s", "find -empty",
            f"{statistics.median(other):.1f} s", "≤ 15 s", value <= 15, spread(mine),
            value / statistics.median(other))
        memory = max(peak(ours)[1] for _ in range(2))
        row("  memory", f"{memory / 2**20:.0f} MiB", "–", "–", "≤ 64 MiB", memory <= 64 << 20, 0)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
