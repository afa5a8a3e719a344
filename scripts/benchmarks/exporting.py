"""Shards and boxes, against cp and ElementTree."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from common import *

def run():
    """13,000 training images, 1.3 GiB: shards beside a copy of the archive, boxes beside Python."""
    folder = tempfile.mkdtemp(prefix="exporting-", dir="/dev/shm")
    try:
        subprocess.run(
            [binary, "sample", folder + "/s", "--classes", "100", "--per-class", "130", "--val",
             "10", "--test", "0", "--quiet"], check=True, stdout=subprocess.DEVNULL)
        shards(folder, folder + "/s/tar/ILSVRC2012_img_train.tar")
        boxes(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def shards(folder, archive):
    export = ["--data", folder + "/s", "--manifest", folder + "/s/manifest.json", "--only-train",
              "--quiet", "--output-dir", folder + "/out"]
    for command in ("mds", "tfrecord", "webdataset"):
        mine, other, memory = [], [], 0
        for _ in range(rounds):
            for name in ("out", "out_idx"):
                shutil.rmtree(f"{folder}/{name}", ignore_errors=True)
            start = time.perf_counter()
            process = subprocess.Popen([binary, command, *export], stdout=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
            mine.append(time.perf_counter() - start)
            if status != 0:
                raise SystemExit(f"bench: {command} failed")
            memory = max(memory, usage.ru_maxrss * 1024)
            other.append(seconds(["cp", archive, folder + "/copy.tar"]))
            os.remove(folder + "/copy.tar")
        ours, theirs = statistics.median(mine), statistics.median(other)
        row(f"{command}, 13,000 images", f"{ours:.2f} s", "cp of the archive", f"{theirs:.2f} s",
            "≤ 2 ×", ours <= 2 * theirs, spread(mine), ours / theirs)
        row("  memory", f"{memory / 2**20:.0f} MiB", "–", "–", "≤ 128 MiB", memory <= 128 << 20, 0)


def boxes(folder):
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../Tests/Interop/boxes.py")
    os.mkdir(folder + "/boxes")
    subprocess.run(["tar", "-xzf", folder + "/s/tar/ILSVRC2012_bbox_train_v2.tar.gz", "-C",
                    folder + "/boxes"], check=True)
    ours = [binary, "bbox", "--data", folder + "/s", "--manifest", folder + "/s/manifest.json",
            "--quiet", "--output", "-"]
    theirs = [python, script, folder + "/boxes"]
    mine, other = zip(*[(seconds(ours), seconds(theirs)) for _ in range(rounds)])
    ours, theirs = statistics.median(mine), statistics.median(other)
    row("bbox, packed", f"{ours:.2f} s", "ElementTree, unpacked", f"{theirs:.2f} s", "≥ 5 ×",
        5 * ours <= theirs, spread(mine), ours / theirs)
