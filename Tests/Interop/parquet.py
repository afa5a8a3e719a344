"""Lets pyarrow, DuckDB, polars and datasets read the Parquet files of imagenet-fetch:
`parquet.py BINARY SAMPLE-FOLDER`.
"""

import ast
import glob
import io
import os
import subprocess
import sys
import tempfile

# Before datasets is imported: it asks nobody and leaves nothing behind.
os.environ["HF_HUB_OFFLINE"] = "1"
cache = tempfile.TemporaryDirectory()
os.environ["HF_HOME"] = os.environ["HF_DATASETS_CACHE"] = cache.name

import datasets
import duckdb
import numpy as np
import polars
import pyarrow.dataset
import pyarrow.parquet
from PIL import Image

from truth import Truth

binary, sample = sys.argv[1:]
truth = Truth(binary, sample)
datasets.disable_progress_bars()
folder = sample + "/parquet/imagenet-1k"
words = ast.literal_eval(truth.run("labels", "--format", "gist"))


def expected(split):
    """Name, image and label of every row in order."""
    if split == "test":
        return [(name, image, -1) for name, image in truth.test]
    if split == "validation":
        rows = truth.val
        order = range(len(rows))
    else:
        rows = truth.train
        order = np.random.default_rng(42).permutation(len(rows))
    return [(rows[i][1], rows[i][2], truth.ranks[rows[i][0]]) for i in order]


def names():
    found, seen = [], {}
    for rank in range(len(truth.wnids)):
        name = words[rank]
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name}{seen[name]}")
    return found


def check_pyarrow(split, rows):
    files = sorted(glob.glob(f"{folder}/data/{split}-*"))
    table = pyarrow.concat_tables([pyarrow.parquet.read_table(file) for file in files])
    assert table.num_rows == len(rows)
    images = table["image"].to_pylist()
    assert [(i["path"], i["bytes"], l) for i, l in zip(images, table["label"].to_pylist())] == rows
    for file in files:
        data = pyarrow.parquet.ParquetFile(file)
        assert data.schema_arrow.field("image").type == pyarrow.struct(
            [("bytes", pyarrow.binary()), ("path", pyarrow.string())])
        assert data.schema_arrow.field("label").type == pyarrow.int64()
        features = datasets.Features.from_arrow_schema(data.schema_arrow)
        assert features == datasets.Features(
            {"image": datasets.Image(), "label": datasets.ClassLabel(names=names())}), features
        start = 0
        for group in range(data.num_row_groups):
            part = data.metadata.row_group(group)
            labels = data.read_row_group(group, ["label"])["label"].to_pylist()
            found = part.column(2).statistics
            assert (found.min, found.max, found.null_count) == (min(labels), max(labels), 0)
            for column in range(3):
                chunk = part.column(column)
                assert chunk.compression == "UNCOMPRESSED" and chunk.num_values == part.num_rows
                assert set(chunk.encodings) == {"PLAIN", "RLE"}, chunk.encodings
            assert part.num_rows <= 7
            start += part.num_rows
        assert start == data.metadata.num_rows
    chosen = pyarrow.dataset.dataset(files).to_table(
        filter=pyarrow.dataset.field("label") == rows[0][2])
    assert chosen.num_rows == sum(row[2] == rows[0][2] for row in rows)


def check_duckdb(split, rows):
    query = f"""select image.path, image.bytes, label
                from read_parquet('{folder}/data/{split}-*.parquet', filename=true)"""
    found = duckdb.sql(query).fetchall()
    assert sorted(found) == sorted(rows)
    ((count,),) = duckdb.sql(
        f"select count(*) from read_parquet('{folder}/data/{split}-*') where label >= {rows[0][2]}"
    ).fetchall()
    assert count == sum(row[2] >= rows[0][2] for row in rows)


def check_polars(split, rows):
    frame = polars.scan_parquet(f"{folder}/data/{split}-*.parquet")
    found = frame.collect()
    assert [(i["path"], i["bytes"], l)
            for i, l in zip(found["image"].to_list(), found["label"].to_list())] == rows
    count = frame.filter(polars.col("label") == rows[0][2]).select(polars.len()).collect().item()
    assert count == sum(row[2] == rows[0][2] for row in rows)


def check_rows(dataset, rows):
    assert dataset.features["label"].names == names()
    count = 0
    for found, (name, image, label) in zip(dataset, rows, strict=True):
        assert isinstance(found["image"], Image.Image) and found["label"] == label, name
        assert np.array_equal(np.asarray(found["image"]), np.asarray(Image.open(io.BytesIO(image))))
        count += 1
    return count


def check_datasets(splits):
    loaded = datasets.load_dataset(folder)
    assert set(loaded) == set(splits), set(loaded)
    for split, rows in splits.items():
        count = check_rows(loaded[split], rows)
        streamed = datasets.load_dataset(folder, split=split, streaming=True)
        assert check_rows(streamed, rows) == count
        raw = loaded[split].cast_column("image", datasets.Image(decode=False))
        assert [row["image"]["bytes"] for row in raw] == [row[1] for row in rows]
        print(f"parquet {split}: load_dataset gives {count} decoded images, also by streaming")
    first = loaded["train"].features["label"]
    assert first.int2str(0) == names()[0] and first.str2int(names()[-1]) == len(names()) - 1


def check_written_back():
    """What datasets writes of ours has our columns and values."""
    ours = datasets.load_dataset(folder, split="validation")
    with tempfile.TemporaryDirectory() as other:
        ours.to_parquet(other + "/x.parquet")
        theirs = pyarrow.parquet.read_table(other + "/x.parquet")
        files = sorted(glob.glob(f"{folder}/data/validation-*"))
        mine = pyarrow.concat_tables([pyarrow.parquet.read_table(file) for file in files])
        assert mine.schema.equals(theirs.schema), (mine.schema, theirs.schema)
        assert (mine.schema.metadata[b"huggingface"] == theirs.schema.metadata[b"huggingface"])
        assert mine.equals(theirs)
    print("parquet: datasets writes the same table and the same metadata")


truth.make("parquet", "--all", "--shards", "3", "--rows", "7", "--force")
splits = {split: expected(split) for split in ("train", "validation", "test")}
for split, rows in splits.items():
    check_pyarrow(split, rows)
    check_duckdb(split, rows)
    check_polars(split, rows)
    print(f"parquet {split}: pyarrow, DuckDB and polars read {len(rows)} rows, all right")
check_datasets(splits)
check_written_back()

# Defaults: one shard, row groups of 100.
truth.make("parquet", "--force")
for split in ("train", "validation"):
    (file,) = glob.glob(f"{folder}/data/{split}-*")
    data = pyarrow.parquet.ParquetFile(file)
    assert data.metadata.row_group(0).num_rows == min(100, len(splits[split]))
subprocess.run([binary, "verify", sample + "/parquet", *truth.options], check=True)
