"""Lets the loaders that people train with read what imagenet-fetch made of a sample:

    loaders.py BINARY SAMPLE-FOLDER NAME…     torchvision, squashfs, timm, tensorflow, wids, dali

Counts and labels must be those of the archives, and every image must become pixels.
"""

import io
import json
import os
import subprocess
import sys

import numpy as np
from PIL import Image

from truth import Truth

binary, sample = sys.argv[1:3]
truth = Truth(binary, sample)
splits = [("train", truth.train, "train"), ("val", truth.val, "validation")]


def size(data):
    return Image.open(io.BytesIO(data)).size


def expect_all(found, images, what):
    """`found` maps names to (rank, (width, height)) of decoded images."""
    wanted = {name: (truth.ranks[wnid], size(data)) for wnid, name, data in images}
    wrong = [name for name in wanted if found.get(name) != wanted[name]]
    assert found.keys() == wanted.keys() and not wrong, (what, len(found), wrong[:3])
    print(f"{what}: {len(found)} images, labels and pixels are right", flush=True)


def check_torchvision():
    from torchvision.datasets import ImageFolder, ImageNet
    # Neither scipy nor the devkit must be needed where there is a meta.bin.
    sys.modules["scipy"] = sys.modules["scipy.io"] = None
    truth.make("untar", "--force")
    truth.make("layout", "torchvision", sample + "/torchvision", "--force")
    root = sample + "/torchvision"
    for split, images, _ in splits:
        for what, dataset in [("ImageFolder", ImageFolder(f"{root}/{split}")),
                              ("torchvision.datasets.ImageNet", ImageNet(root, split=split))]:
            folders = dataset.wnids if hasattr(dataset, "wnids") else dataset.classes
            assert folders == truth.wnids
            found = {}
            for (path, target), (image, label) in zip(dataset.samples, dataset, strict=True):
                assert target == label and image.mode == "RGB"
                image.load()
                found[os.path.basename(path)] = (label, image.size)
            expect_all(found, images, f"{what} {split}")
    words = {line["wnid"]: tuple(line["words"]) for line in map(
        json.loads, truth.run("labels", "--json").splitlines()) if "wnid" in line}
    assert [words[wnid] for wnid in truth.wnids] == ImageNet(root, split="val").classes


def check_squashfs():
    """ImageFolder over the mount is ImageFolder over untar: names, order, labels and bytes."""
    from torchvision.datasets import ImageFolder
    truth.make("untar", "--force")
    truth.make("squashfs", "--force")
    mount = sample + "/mount"
    for split, images, _ in splits:
        name = f"ILSVRC2012_img_{split}"
        image = f"{sample}/squashfs/{name}.squashfs"
        os.makedirs(mount, exist_ok=True)
        ways = [(["squashfuse", image, mount], "squashfuse")]
        ratarmount = os.path.join(os.path.dirname(sys.executable), "ratarmount")
        if os.path.exists(ratarmount):
            ways.append(([ratarmount, "--index-file", ":memory:", image, mount], "ratarmount"))
        if os.getuid() == 0:
            ways.append((["mount", "-t", "squashfs", "-o", "loop,ro", image, mount], "the kernel"))
        for command, what in ways:
            if subprocess.run(command).returncode != 0:
                print(f"squashfs: skipped {what}, which does not mount here", flush=True)
                continue
            try:
                ours, theirs = ImageFolder(mount), ImageFolder(f"{sample}/untar/{name}")
                assert ours.class_to_idx == theirs.class_to_idx
                assert [(os.path.relpath(path, mount), label) for path, label in ours.samples] == [
                    (os.path.relpath(path, f"{sample}/untar/{name}"), label)
                    for path, label in theirs.samples]
                for (one, _), (other, _) in zip(ours.samples, theirs.samples, strict=True):
                    with open(one, "rb") as a, open(other, "rb") as b:
                        assert a.read() == b.read(), one
                found = {os.path.basename(path): (label, picture.size) for (path, _), (
                    picture, label) in zip(ours.samples, ours, strict=True)}
                expect_all(found, images, f"squashfs by {what}, {split}")
            finally:
                end = ["umount"] if os.getuid() == 0 else ["fusermount3", "-u"]
                subprocess.run([*end, mount], check=True)


def check_timm():
    from timm.data import create_dataset
    truth.make("untar", "--force")
    truth.make("layout", "torchvision", sample + "/torchvision", "--force")
    truth.make("webdataset", "--shards", "4", "--force")
    for split, images, name in splits:
        dataset = create_dataset("", root=sample + "/torchvision", split=name)
        found = {}
        for index, (image, label) in enumerate(dataset):
            found[dataset.filename(index, basename=True)] = (label, image.convert("RGB").size)
        expect_all(found, images, f"timm, folders, {split}")
        dataset = create_dataset(
            "wds/imagenet", root=sample + "/webdataset", split=name, batch_size=1,
            is_training=False)
        assert len(dataset) == len(images), len(dataset)
        found = sorted((label, image.convert("RGB").size) for image, label in dataset)
        wanted = sorted((truth.ranks[wnid], size(data)) for wnid, _, data in images)
        assert found == wanted, (len(found), len(wanted))
        print(f"timm, ImageNet-WDS, {split}: {len(found)} images are right", flush=True)
    dataset = create_dataset("", root=sample + "/tar/ILSVRC2012_img_train.tar")
    assert len(dataset) == len(truth.train)
    print(f"timm, the archive as it is: {len(dataset)} images", flush=True)


def check_tensorflow():
    import tensorflow as tf
    truth.make("tfrecord", "--shards", "8", "--force")
    for split, images, _ in splits:
        files = tf.io.gfile.glob(f"{sample}/tfrecord/ILSVRC2012_img_{split}/*-of-*")
        boxes = tf.io.VarLenFeature(tf.float32)
        features = {
            "image/encoded": tf.io.FixedLenFeature([], tf.string),
            "image/filename": tf.io.FixedLenFeature([], tf.string),
            "image/class/label": tf.io.FixedLenFeature([], tf.int64),
            "image/class/synset": tf.io.FixedLenFeature([], tf.string),
            "image/height": tf.io.FixedLenFeature([], tf.int64),
            "image/width": tf.io.FixedLenFeature([], tf.int64),
            "image/object/bbox/xmin": boxes, "image/object/bbox/ymin": boxes,
            "image/object/bbox/xmax": boxes, "image/object/bbox/ymax": boxes,
        }
        found = {}
        for record in tf.data.TFRecordDataset(files):
            item = tf.io.parse_single_example(record, features)
            pixels = tf.io.decode_image(item["image/encoded"], channels=3)
            height, width, _ = pixels.shape
            assert (height, width) == (item["image/height"], item["image/width"])
            label = int(item["image/class/label"]) - 1
            assert truth.wnids[label] == item["image/class/synset"].numpy().decode()
            found[item["image/filename"].numpy().decode()] = (label, (width, height))
        expect_all(found, images, f"TFRecordDataset {split}")


def check_wids():
    import wids
    truth.make("webdataset", "--shards", "4", "--force")
    for split, images, name in splits:
        index = f"{sample}/webdataset/ILSVRC2012_img_{split}/imagenet-{name}.json"
        dataset = wids.ShardListDataset(index)
        assert len(dataset) == len(images)
        found = {}
        for place in range(len(dataset)):
            item = dataset[place]
            facts = item[".json"]
            assert facts["label"] == int(item[".cls"])
            found[facts["filename"]] = (int(item[".cls"]), item[".jpg"].size)
        expect_all(found, images, f"wids {split}")


def check_dali():
    from nvidia.dali import fn, pipeline_def, tfrecord, types
    truth.make("webdataset", "--shards", "4", "--force")
    truth.make("tfrecord", "--shards", "4", "--force")

    @pipeline_def(batch_size=1, num_threads=2, device_id=None)
    def from_webdataset(paths):
        image, label = fn.readers.webdataset(
            paths=paths, index_paths=[path[:-4] + ".idx" for path in paths], ext=["jpg", "cls"],
            name="reader")
        return fn.decoders.image(image, device="cpu", output_type=types.RGB), label

    @pipeline_def(batch_size=1, num_threads=2, device_id=None)
    def from_tfrecord(paths, indexes):
        item = fn.readers.tfrecord(
            path=paths, index_path=indexes, name="reader", features={
                "image/encoded": tfrecord.FixedLenFeature((), tfrecord.string, ""),
                "image/class/label": tfrecord.FixedLenFeature([1], tfrecord.int64, -1)})
        image = fn.decoders.image(item["image/encoded"], device="cpu", output_type=types.RGB)
        return image, item["image/class/label"]

    for split, images, name in splits:
        wanted = sorted((truth.ranks[wnid], size(data)) for wnid, _, data in images)
        folder = f"{sample}/webdataset/ILSVRC2012_img_{split}/"
        shards = sorted(folder + file for file in os.listdir(folder) if file.endswith(".tar"))
        records = f"{sample}/tfrecord/ILSVRC2012_img_{split}/"
        indexes = f"{sample}/tfrecord_idx/ILSVRC2012_img_{split}/"
        files = sorted(os.listdir(records))
        for what, pipeline, read in [
            ("webdataset", from_webdataset(shards), lambda a: int(bytes(a).decode())),
            ("tfrecord", from_tfrecord([records + file for file in files],
                                       [f"{indexes}{file}.idx" for file in files]),
             lambda a: int(a[0]) - 1),
        ]:
            pipeline.build()
            assert pipeline.epoch_size("reader") == len(images)
            found = []
            for _ in images:
                pixels, label = pipeline.run()
                height, width, _ = np.asarray(pixels[0]).shape
                found.append((read(np.asarray(label[0])), (width, height)))
            assert sorted(found) == wanted, what
            print(f"DALI, {what} {split}: {len(found)} images are right", flush=True)


for name in sys.argv[3:]:
    {"torchvision": check_torchvision, "squashfs": check_squashfs, "timm": check_timm,
     "tensorflow": check_tensorflow, "wids": check_wids, "dali": check_dali}[name]()
