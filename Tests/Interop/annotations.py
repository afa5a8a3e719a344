"""Thousands of annotations, with all that real ones have and more: `annotations.py FOLDER`.

They appear in FOLDER/boxes/WNID/, and as FOLDER/tar/ILSVRC2012_bbox_train_v2.tar.gz with a manifest.
"""

import json
import os
import random
import sys
import tarfile

root = sys.argv[1]
chance = random.Random(8)
wnids = [f"n{number * 97 + 1500000:08}" for number in range(40)]


def number(low, high):
    value = chance.randint(low, high)
    return chance.choice([str(value)] * 8 + [f"{value}.0", f"{value}.7", f" {value} ", f"{value:+}"])


def element(name, value):
    return f"<{name}>{value}</{name}>"


def box(width, height):
    edges = [("xmin", 0, width - 1), ("ymin", 0, height - 1), ("xmax", 1, width),
             ("ymax", 1, height)]
    kind = chance.random()
    if kind < 0.05:
        edges = [(name, -40, 2 * width) for name, _, _ in edges]
    elif kind < 0.08:
        edges = [(name, 5, 5) for name, _, _ in edges]
    if kind > 0.9:
        chance.shuffle(edges)
    values = [element(name, number(low, high)) for name, low, high in edges]
    if 0.2 < kind < 0.22:
        values[0] = element("xmin", "-1")
    if 0.3 < kind < 0.31:
        values.pop()
    return "<bndbox>\n" + "\n\t".join(values) + "</bndbox>"


def annotation(wnid, name):
    width, height = chance.randint(3, 900), chance.randint(3, 900)
    objects = []
    for _ in range(chance.choice([0, 1, 1, 1, 1, 2, 3, 12])):
        called = chance.choice([wnid] * 12 + ["Chihuahua", "caf\u00e9 &amp; co", chance.choice(wnids)])
        objects.append("<object>" + element("name", called) + element("pose", "Unspecified")
                       + box(width, height) + "</object>")
    size = "<size>" + element("width", width) + element("height", height) + "<depth>3</depth></size>"
    parts = [element("folder", wnid), element("filename", chance.choice([name, "%s"])), size]
    if chance.random() < 0.1:
        parts.append("<!-- <xmin>7</xmin> --><![CDATA[<xmin>]]>")
    head = chance.choice(["", '<?xml version="1.0"?>\n', '<?xml version="1.0" encoding="UTF-8"?>'])
    return head + "<annotation>\n" + "\n".join(parts + objects) + "\n</annotation>\n"


os.makedirs(root + "/tar")
for wnid in wnids:
    os.makedirs(f"{root}/boxes/{wnid}")
    for place in chance.sample(range(10000), 100):
        name = f"{wnid}_{place}"
        with open(f"{root}/boxes/{wnid}/{name}.xml", "w", encoding="utf-8") as file:
            file.write(annotation(wnid, name))
with tarfile.open(root + "/tar/ILSVRC2012_bbox_train_v2.tar.gz", "w:gz", compresslevel=1) as tar:
    tar.add(root + "/boxes", arcname=".")
with open(root + "/manifest.json", "w") as file:
    json.dump({"schema": "imagenet-fetch.manifest/1", "name": "annotations", "files": [
        {"name": "ILSVRC2012_bbox_train_v2.tar.gz", "part": "bbox", "role": "train-boxes"}]}, file)
