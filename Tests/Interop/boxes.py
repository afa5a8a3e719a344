"""The rules of process_bounding_boxes.py in a loop over ElementTree: `boxes.py FOLDER >CSV`, for a
folder of class folders of XML files. What imagenet-fetch is held against, in bytes and in time.
"""

import glob
import os
import sys
import xml.etree.ElementTree as ElementTree

paths = sorted(glob.glob(sys.argv[1] + "/*/*.xml"))
classes = {os.path.basename(os.path.dirname(path)) for path in paths}


def whole(text):
    return int(float(text))


for path in paths:
    label = os.path.basename(os.path.dirname(path))
    name = os.path.splitext(os.path.basename(path))[0]
    root = ElementTree.parse(path).getroot()
    edges = [[item.text for item in root.iter(key)] for key in ("xmin", "ymin", "xmax", "ymax")]
    called = next((item.text for item in root.iter("name")), None)
    for index, left in enumerate(edges[0]):
        if whole(left) == -1:
            break
        box = [whole(edge[index]) if index < len(edge) else -1 for edge in edges]
        width = whole(next(root.iter("width")).text)
        height = whole(next(root.iter("height")).text)
        if called != label and called in classes:
            continue
        xs = sorted((box[0] / width, box[2] / width))
        ys = sorted((box[1] / height, box[3] / height))
        (x0, x1), (y0, y1) = ([min(max(edge, 0.0), 1.0) for edge in pair] for pair in (xs, ys))
        if x0 < x1 and y0 < y1:
            sys.stdout.write("%s.JPEG,%.4f,%.4f,%.4f,%.4f\n" % (name, x0, y0, x1, y1))
