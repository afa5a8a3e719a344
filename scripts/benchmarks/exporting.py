"""Shards and boxes, compared with cp and ElementTree."""

import contextlib
import glob
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

from common import *

COMMANDS = ("mds", "tfrecord", "webdataset", "squashfs", "tfds", "tfds --format array_record",
            "parquet")
# The shortest header of a JPEG with one pixel.
JPEG = bytes.fromhex("ffd8ffc000110800010001030122000211010311" "01ffd9")


def run():
    with scratch("exporting") as folder:
        shards(folder)
    with scratch("exporting") as folder:
        image(folder)
    with scratch("exporting") as folder:
        to_parquet(folder)
    with scratch("exporting") as folder:
        prepare(folder)
    with scratch("exporting") as folder:
        many(folder)
    with scratch("exporting") as folder:
        boxes(folder)


@contextlib.contextmanager
def scratch(name):
    folder = tempfile.mkdtemp(prefix=name + "-", dir="/dev/shm")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def data_set(folder, classes, images, image):
    """An archive of training images with its manifest, and the options that name them."""
    name = "ILSVRC2012_img_train.tar"
    os.mkdir(folder + "/tar")
    archive = f"{folder}/tar/{name}"
    size = tar_of_tars(archive, classes, images, len(image), image)
    with open(folder + "/manifest.json", "w") as file:
        json.dump({"schema": "imagenet-fetch.manifest/1", "name": "bench", "files": [
            {"name": name, "part": "train", "role": "train-images", "size": size}]}, file)
    return archive, ["--data", folder, "--manifest", folder + "/manifest.json", "--only-train",
                     "--quiet", "--output-dir", folder + "/out"]


def clear(folder):
    for name in ("out", "out_idx"):
        shutil.rmtree(f"{folder}/{name}", ignore_errors=True)


def shards(folder):
    """13,000 images, 870 MB, beside a copy of the archive."""
    archive, options = data_set(folder, 100, 130, JPEG + os.urandom(66_300))
    for command in COMMANDS:
        mine, other, memory = [], [], 0
        for _ in range(rounds):
            clear(folder)
            took, most = peak([binary, *command.split(), *options])
            mine.append(took)
            memory = max(memory, most)
            other.append(seconds(["cp", archive, folder + "/copy.tar"]))
            os.remove(folder + "/copy.tar")
        ours, theirs = statistics.median(mine), statistics.median(other)
        row(f"{command}, 13,000 images", f"{ours:.2f} s", "cp of the archive", f"{theirs:.2f} s",
            "≤ 1.25 ×", ours <= 1.25 * theirs, spread(mine), ours / theirs)
        row("  memory", f"{memory / 2**20:.0f} MiB", "–", "–", "≤ 128 MiB", memory <= 128 << 20, 0)


def image(folder):
    """The same images as one SquashFS image, beside mksquashfs on the tree that it needs first."""
    _, options = data_set(folder, 100, 130, JPEG + os.urandom(66_300))
    subprocess.run([binary, "untar", *options[:-2]], check=True, stdout=subprocess.DEVNULL)
    tree = folder + "/untar/ILSVRC2012_img_train"
    theirs = ["mksquashfs", tree, folder + "/their.squashfs", "-noI", "-noD", "-noF",
              "-no-fragments", "-no-xattrs", "-noappend", "-no-progress", "-quiet"]
    mine, other = by_turns([binary, "squashfs", *options], theirs, lambda: clear(folder))
    ours, theirs = statistics.median(mine), statistics.median(other)
    row("squashfs, 13,000 images, packed", f"{ours:.2f} s", "mksquashfs, unpacked",
        f"{theirs:.2f} s", "≤ 1 ×", ours <= theirs, spread(mine), ours / theirs)


def interpreter(module):
    """The Python of `make interop`, if it has this module."""
    found = os.environ.get("INTEROP_ENVIRONMENT", ".build/interop") + "/bin/python"
    if os.path.exists(found) and subprocess.run(
            [found, "-c", "import " + module], stderr=subprocess.DEVNULL).returncode == 0:
        return found
    print(f"bench: skipped {module}, which is not installed: make interop", file=sys.stderr)


def beside(folder, command, options, theirs, what):
    """Three rounds: theirs takes minutes."""
    mine, other = [], []
    for _ in range(3):
        clear(folder)
        mine.append(seconds([binary, command, *options]))
        clear(folder)
        os.mkdir(folder + "/out")
        other.append(seconds(theirs, stderr=subprocess.DEVNULL))
    ours, theirs = statistics.median(mine), statistics.median(other)
    row(f"{command}, 13,000 images", f"{ours:.2f} s", what, f"{theirs:.2f} s", "–", True,
        spread(mine), ours / theirs)


def script(name):
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), name)


def to_parquet(folder):
    """datasets' own way from an unpacked tree to Parquet."""
    python = interpreter("datasets")
    if not python:
        return
    archive, options = data_set(folder, 100, 130, JPEG + os.urandom(66_300))
    tree = folder + "/tree"
    os.mkdir(tree)
    subprocess.run(["tar", "-xf", archive, "-C", tree], check=True)
    for tar in glob.glob(tree + "/*.tar"):
        os.mkdir(tar[:-4])
        subprocess.run(["tar", "-xf", tar, "-C", tar[:-4]], check=True)
        os.remove(tar)
    theirs = [python, script("to_parquet.py"), tree, folder + "/out"]
    beside(folder, "parquet", options, theirs, "datasets, unpacked")


def prepare(folder):
    """TensorFlow Datasets' own way from the same archive."""
    python = interpreter("tensorflow_datasets")
    if not python:
        return
    _, options = data_set(folder, 100, 130, JPEG + os.urandom(66_300))
    with open(folder + "/labels.txt", "w") as file:
        file.writelines(f"n{number:08d}\n" for number in range(100))
    theirs = [python, script("tfds_prepare.py"), folder + "/tar", folder + "/labels.txt",
              folder + "/out"]
    beside(folder, "tfds", options, theirs, "download_and_prepare")


def many(folder):
    """Memory for as many images as ImageNet has, whatever their size."""
    _, options = data_set(folder, 1000, 1300, JPEG)
    for command in COMMANDS:
        times = []
        for _ in range(3):
            clear(folder)
            get_memory(folder, 6 << 30)
            took, memory = peak([binary, *command.split(), *options])
            times.append(took)
        took = statistics.median(times)
        row(f"{command}, 1,300,000 images", f"{took:.1f} s", "–", "–", "≤ 8 s", took <= 8,
            spread(times))
        row("  memory", f"{memory / 2**20:.0f} MiB", "–", "–", "≤ 128 MiB", memory <= 128 << 20, 0)


def boxes(folder):
    """The boxes of 13,000 and 130,000 images, compared with Python on unpacked files."""
    subprocess.run(
        [binary, "sample", folder + "/s", "--classes", "100", "--per-class", "130", "--val", "10",
         "--test", "0", "--quiet"], check=True, stdout=subprocess.DEVNULL)
    archive = folder + "/s/tar/ILSVRC2012_bbox_train_v2.tar.gz"
    os.mkdir(folder + "/boxes")
    subprocess.run(["tar", "-xzf", archive, "-C", folder + "/boxes"], check=True)
    compare_boxes(folder, "13,000 images")
    for path in glob.glob(folder + "/boxes/*/*.xml"):
        for copy in range(9):
            shutil.copyfile(path, f"{path[:-4]}{copy}777.xml")
    subprocess.run(["tar", "--sort=name", "-czf", archive, "-C", folder + "/boxes", "."], check=True)
    compare_boxes(folder, "130,000 images")


def compare_boxes(folder, what):
    ours = [binary, "bbox", "--no-verify", "--data", folder + "/s", "--manifest", folder + "/s/manifest.json",
            "--quiet", "--output", "-"]
    theirs = [python, script("../../Tests/Interop/boxes.py"), folder + "/boxes"]
    made = [subprocess.run(c, check=True, capture_output=True).stdout for c in (ours, theirs)]
    if made[0] != made[1]:
        raise SystemExit("bench: the boxes differ")
    mine, other = by_turns(ours, theirs)
    ours, theirs = statistics.median(mine), statistics.median(other)
    row(f"bbox, {what}, packed", f"{ours:.2f} s", "ElementTree, unpacked", f"{theirs:.2f} s",
        "≥ 5 ×", 5 * ours <= theirs, spread(mine), ours / theirs)
