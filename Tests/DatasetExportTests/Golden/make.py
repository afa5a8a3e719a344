"""Writes the golden files beside this script; see README.md. `make.py NAME…` writes only some."""

import hashlib
import io
import os
import struct
import sys
import zlib

import numpy as np
from PIL import Image
from streaming import MDSWriter
from tfrecord import example_pb2, writer

here = os.path.dirname(os.path.abspath(__file__))
WNIDS = ["n01440764", "n02119789", "n15075141"]


def picture(index):
    """Bytes that stand for an image: no decoder ever sees them."""
    return bytes((index * 37 + place * 11) % 256 for place in range(40 + 61 * index % 173))


def mds():
    columns = {"i": "int", "x": "jpeg", "y": "int", "wnid": "str"}
    for name, limit, hashes, compression in [
        ("limit", 700, ["sha1", "xxh64"], None),
        ("single", None, ["md5", "sha256"], None),
        ("packed", 900, ["xxh64"], "bz2:9"),
    ]:
        with MDSWriter(out=f"{here}/shards/mds-{name}", columns=columns, hashes=hashes,
                       size_limit=limit, compression=compression, exist_ok=True) as out:
            for index in range(9):
                out.write({"i": index, "x": picture(index), "y": index % 3,
                           "wnid": WNIDS[index % 3]})


def feature(kind, values):
    found = example_pb2.Feature()
    getattr(found, kind).value.extend(values)
    if not values:
        getattr(found, kind).SetInParent()
    return found


def tfrecord():
    """The examples of build_imagenet_data.py, their keys in order as protobuf can be told to."""
    with open(here + "/shards/tfrecord", "wb") as file:
        for index, (width, height) in enumerate([(3, 2), (127, 128), (500, 375)]):
            image = jpeg(width, height)
            boxes = [[0.1, 0.2, 0.5, 0.75], [0.0, 0.3333, 1.0, 0.9999]][:index]
            values = {
                "image/height": feature("int64_list", [height]),
                "image/width": feature("int64_list", [width]),
                "image/colorspace": feature("bytes_list", [b"RGB"]),
                "image/channels": feature("int64_list", [3]),
                "image/class/label": feature("int64_list", [index + 1]),
                "image/class/synset": feature("bytes_list", [WNIDS[index].encode()]),
                "image/class/text": feature("bytes_list", [b"one, two", b"", b"three"][index:][:1]),
                "image/object/bbox/label": feature("int64_list", [index + 1] * len(boxes)),
                "image/format": feature("bytes_list", [b"JPEG"]),
                "image/filename": feature(
                    "bytes_list", [f"{WNIDS[index]}_{index}.JPEG".encode()]),
                "image/encoded": feature("bytes_list", [image]),
            }
            for place, edge in enumerate(["xmin", "ymin", "xmax", "ymax"]):
                values["image/object/bbox/" + edge] = feature(
                    "float_list", [box[place] for box in boxes])
            example = example_pb2.Example(features=example_pb2.Features(feature=values))
            data = example.SerializeToString(deterministic=True)
            length = struct.pack("<Q", len(data))
            file.write(length + writer.TFRecordWriter.masked_crc(length))
            file.write(data + writer.TFRecordWriter.masked_crc(data))


def tfds():
    """The records of TFDS for the same three images: the ranks of their classes among ImageNet's 1,000,
    ordered by the hash of the split's and the file's name."""
    examples = []
    for index, (width, height) in enumerate([(3, 2), (127, 128), (500, 375)]):
        name = f"{WNIDS[index]}_{index}.JPEG".encode()
        example = example_pb2.Example(features=example_pb2.Features(feature={
            "file_name": feature("bytes_list", [name]),
            "image": feature("bytes_list", [jpeg(width, height)]),
            "label": feature("int64_list", [[0, 278, 999][index]])}))
        data = example.SerializeToString(deterministic=True)
        examples.append((hashlib.md5(b"train" + name).digest(), data))
    with open(here + "/shards/tfds", "wb") as file:
        for _, data in sorted(examples):
            length = struct.pack("<Q", len(data))
            file.write(length + writer.TFRecordWriter.masked_crc(length))
            file.write(data + writer.TFRecordWriter.masked_crc(data))
    return [data for _, data in sorted(examples)]


def array_record():
    """The digests of ArrayRecord files, which are long, because each fills blocks of 64 KiB: of those
    examples, and of so many records of one size, around the size of a block."""
    from array_record.python import array_record_module

    def digest(records):
        path = here + "/shards/new"
        out = array_record_module.ArrayRecordWriter(path, "group_size:1,uncompressed")
        for record in records:
            out.write(record)
        out.close()
        with open(path, "rb") as file:
            found = hashlib.sha256(file.read()).hexdigest()
        os.remove(path)
        return found

    sizes = [(1, 0), (3, 20), (5, 70000), (9000, 12), (3, 131072), (2, 65425), (2, 65426)]
    sizes += [(1, size) for size in range(65200, 65280, 8)] + [
        (1, size) for size in range(65396, 65436)]
    with open(here + "/shards/array_record", "w") as file:
        file.write(f"tfds 0 {digest(tfds())}\n")
        for count, size in sizes:
            records = [bytes((index * 37 + place * 11) % 256 for place in range(size))
                       for index in range(count)]
            file.write(f"{count} {size} {digest(records)}\n")


def jpeg(width, height):
    """A JPEG's head with this size, and no pixels."""
    frame = struct.pack(">BHHB", 8, height, width, 3) + bytes([1, 17, 0, 2, 17, 1, 3, 17, 1])
    return b"\xff\xd8\xff\xc0" + struct.pack(">H", len(frame) + 2) + frame + b"\xff\xd9"


def images():
    y, x = np.mgrid[0:24, 0:40]
    rgb = np.stack([x * 6, y * 10, 255 - x * 3 - y * 4], axis=-1).clip(0, 255).astype(np.uint8)
    base = Image.fromarray(rgb)

    def save(name, image, **options):
        image.save(f"{here}/images/{name}", **options)
        shown = Image.open(f"{here}/images/{name}").convert("RGB")
        with open(f"{here}/images/{name}.rgb", "wb") as file:
            file.write(shown.tobytes())

    cmyk = Image.fromarray(np.dstack([255 - rgb, (x * 2 + y).astype(np.uint8)]), "CMYK")
    save("cmyk.jpg", cmyk, quality=95)
    save("rgb.jpg", base, quality=95)
    save("grey.jpg", base.convert("L"), quality=95)
    save("rgb.png", base)
    save("palette.png", base.quantize(7))
    save("bits.png", base.convert("1"))
    save("grey.png", base.convert("L"))
    alpha = base.copy()
    alpha.putalpha(128)
    save("alpha.png", alpha)
    # A PNG of 16 bits a channel, which Pillow does not write.
    wide = rgb.astype(">u2") * 257
    rows = b"".join(b"\0" + row.tobytes() for row in wide)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(
            ">I", zlib.crc32(kind + data))

    with open(here + "/images/deep.png", "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 40, 24, 16, 2, 0, 0, 0))
                   + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    with open(here + "/images/deep.png.rgb", "wb") as file:
        file.write(rgb.tobytes())


for name in sys.argv[1:] or ["mds", "tfrecord", "tfds", "array_record", "images"]:
    globals()[name]()
