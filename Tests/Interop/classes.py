"""Holds an export of chosen classes against one of all, image by image.

    classes.py FORMAT ALL CHOSEN subset|full WNID,...

Reads MDS, TFRecord and WebDataset shards with nothing but Python's own modules.
"""

import hashlib
import json
import pathlib
import struct
import sys
import tarfile


def mds(folder):
    index = json.loads((folder / "index.json").read_text())
    for shard in index["shards"]:
        data = (folder / shard["raw_data"]["basename"]).read_bytes()
        count = struct.unpack_from("<I", data)[0]
        offsets = struct.unpack_from(f"<{count + 1}I", data, 4)
        for start, end in zip(offsets, offsets[1:]):
            wnid_size, image_size = struct.unpack_from("<II", data, start)
            at = start + 16
            wnid = data[at:at + wnid_size].decode()
            image = data[at + wnid_size:at + wnid_size + image_size]
            (label,) = struct.unpack_from("<q", data, end - 8)
            yield label, wnid, image


def fields(data):
    """The fields of a protocol buffer message: number and value."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
        elif key & 7 == 2:
            size = varint()
            yield key >> 3, data[at:at + size]
            at += size
        else:
            raise SystemExit(f"wire type {key & 7}")


def tfrecord(folder):
    for path in sorted(folder.glob("*-of-*")):
        data = path.read_bytes()
        at = 0
        while at < len(data):
            (size,) = struct.unpack_from("<Q", data, at)
            example = data[at + 12:at + 12 + size]
            at += 16 + size
            (features,) = [value for number, value in fields(example) if number == 1]
            values = {}
            for _, feature in fields(features):
                entry = dict(fields(feature))
                if entry[1] in (b"image/class/label", b"image/class/synset", b"image/encoded"):
                    (inner,) = fields(entry[2])
                    values[entry[1]] = next(fields(inner[1]))[1]
            label = values[b"image/class/label"]
            if isinstance(label, bytes):
                label = label[0] | (label[1] & 127) << 7 if len(label) > 1 else label[0]
            yield label - 1, values[b"image/class/synset"].decode(), values[b"image/encoded"]


def webdataset(folder):
    for path in sorted(folder.glob("*.tar")):
        parts = {}
        with tarfile.open(path) as shard:
            for member in shard:
                key, _, kind = member.name.partition(".")
                parts.setdefault(key, {})[kind] = shard.extractfile(member).read()
        for part in parts.values():
            told = json.loads(part["json"])
            assert told["label"] == int(part["cls"])
            yield int(part["cls"]), told["wnid"], part["jpg"]


def rows(read, folder):
    found = [
        (label, wnid, hashlib.sha1(image).hexdigest())
        for label, wnid, image in read(pathlib.Path(folder))
    ]
    assert found, f"nothing in {folder}"
    return found


read = {"mds": mds, "tfrecord": tfrecord, "webdataset": webdataset}[sys.argv[1]]
space = sys.argv[4]
wnids = sorted(sys.argv[5].split(","))
wanted = [
    (wnids.index(wnid) if space == "subset" else label, wnid, digest)
    for label, wnid, digest in rows(read, sys.argv[2])
    if wnid in wnids
]
chosen = rows(read, sys.argv[3])
assert sorted(chosen) == sorted(wanted), f"{len(chosen)} images, not these {len(wanted)}"
print(len(chosen))
