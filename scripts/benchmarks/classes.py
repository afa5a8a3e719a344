"""Fetching some classes: the bytes that go over the wire, and how long the search for them takes."""

import hashlib
import json
import os
import random
import shutil
import socket
import subprocess
import tempfile
import time

from common import *
from fetching import SEED, running

NAME = "ILSVRC2012_img_train.tar"
NGINX = """
daemon off; error_log /dev/null; pid {folder}/nginx.pid; user root;
events {{}}
http {{ log_format sizes "$status $body_bytes_sent"; access_log {folder}/log sizes; sendfile on;
server {{ listen 127.0.0.1:{port}; root {root}; keepalive_requests 100000; }}
client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; }}
"""


def bencoded(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    return b"d" + b"".join(bencoded(k) + bencoded(v) for k, v in sorted(value.items())) + b"e"


class Archive:
    """A sparse archive of class tars: the headers are real, what is inside is holes."""

    def __init__(self, root, size, classes, piece):
        dice = random.Random(2012)
        block = 10240
        weights = [dice.uniform(0.75, 1.1) for _ in range(classes)]
        room = size - classes * 512 - 2 * block
        self.entries = []
        self.path = os.path.join(root, NAME)
        self.size = size
        headers, position = {}, 0
        for number, weight in enumerate(weights):
            length = int(room * weight / sum(weights)) // block * block
            wnid = f"n{1440764 + 7919 * number:08d}"
            headers[position] = tar_header(f"{wnid}.tar".encode(), length)
            self.entries.append((wnid, position + 512, length))
            position += 512 + length
        with open(self.path, "wb") as file:
            file.truncate(size)
            for place, header in headers.items():
                file.seek(place)
                file.write(header)
        self.pieces = self.hashes(headers, piece)
        info = {b"length": size, b"name": NAME.encode(), b"piece length": piece,
                b"pieces": self.pieces}
        with open(os.path.join(root, NAME + ".torrent"), "wb") as file:
            file.write(bencoded({b"info": info}))
        pin = hashlib.sha1(bencoded(info)).hexdigest()
        self.manifest = os.path.join(root, "manifest.json")
        with open(self.manifest, "w") as file:
            json.dump({"schema": "imagenet-fetch.manifest/1", "name": "sparse", "classes": classes,
                       "files": [{"name": NAME, "part": "train", "role": "train-images",
                                  "size": size, "torrent": pin}]}, file)
        self.index = os.path.join(root, "index.json")
        with open(self.index, "w") as file:
            json.dump([{"wnid": w, "offset": o, "size": s} for w, o, s in self.entries], file)

    def hashes(self, headers, piece):
        """Most pieces are holes, which have one hash."""
        whole, rest = divmod(self.size, piece)
        hole = hashlib.sha1(bytes(piece)).digest()
        result = [hole] * whole + ([hashlib.sha1(bytes(rest)).digest()] if rest else [])
        with open(self.path, "rb") as file:
            for number in {p // piece for at in headers for p in (at, at + 511)}:
                file.seek(number * piece)
                result[number] = hashlib.sha1(file.read(piece)).digest()
        return b"".join(result)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    def __init__(self, folder, root):
        self.folder, self.port = folder, free_port()
        with open(folder + "/nginx.conf", "w") as file:
            file.write(NGINX.format(folder=folder, port=self.port, root=root))
        self.process = subprocess.Popen(["nginx", "-c", folder + "/nginx.conf"],
                                        stderr=subprocess.DEVNULL)
        time.sleep(0.5)

    def taken(self):
        """Requests for headers, and the bytes of all answers since the last time."""
        time.sleep(0.3)
        with open(self.folder + "/log") as file:
            lines = [line.split() for line in file]
        os.truncate(self.folder + "/log", 0)
        small = [int(size) for status, size in lines if status == "206" and int(size) <= 512]
        return len(small), sum(small), sum(int(s) for status, s in lines if status == "206")

    def end(self):
        self.process.terminate()
        self.process.wait()


def fetch(archive, folder, classes, *more):
    shutil.rmtree(folder + "/d", ignore_errors=True)
    command = [binary, "fetch", "--manifest", archive.manifest, "--data", folder + "/d",
               "--classes", ",".join(classes), "--no-dht", "-y", "--quiet", "--reserve", "0", *more]
    return seconds(command)


def run():
    parent = os.environ.get("BENCH_CLASSES", "/dev/shm")
    folder = tempfile.mkdtemp(dir=parent)
    try:
        small(folder)
        real(folder)
    finally:
        shutil.rmtree(folder)


def small(folder):
    root = folder + "/small"
    os.mkdir(root)
    archive = Archive(root, 870_000_000 // 512 * 512, 100, 256 << 10)
    server = Server(folder, root)
    chosen = [archive.entries[30], archive.entries[77]]
    own = sum(size for _, _, size in chosen)
    names = [wnid for wnid, _, _ in chosen]
    try:
        fetch(archive, folder, names, "--sources", "mirrors", "--mirror",
              f"http://127.0.0.1:{server.port}/")
        requests, walked, bytes_ = server.taken()
        row("2 classes of 100, HTTP", f"{bytes_ / 1e6:.1f} MB", "the classes", f"{own / 1e6:.1f} MB",
            "≤ 1.1×", bytes_ - walked <= 1.1 * own, 0, bytes_ / own)
        with running(python, "-c", SEED, root + "/" + NAME + ".torrent", root,
                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as seed:
            port = seed.stdout.readline().strip()
            command = [binary, "fetch", "--manifest", archive.manifest, "--data", folder + "/d",
                       "--classes", ",".join(names), "--no-dht", "-y", "--json", "--sources",
                       "swarm", "--peer", f"127.0.0.1:{port}", "--reserve", "0"]
            shutil.rmtree(folder + "/d", ignore_errors=True)
            out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        done = next(e for e in map(json.loads, out.splitlines()) if e.get("event") == "done")
        came, headers = done["fromSwarm"] + done["discarded"], 78 * (256 << 10)
        row("2 classes of 100, swarm", f"{came / 1e6:.1f} MB", "the classes",
            f"{own / 1e6:.1f} MB", "≤ 1.1× and a piece a header", came <= 1.1 * own + headers, 0,
            came / own)
    finally:
        server.end()


def real(folder):
    root = folder + "/real"
    os.mkdir(root)
    archive = Archive(root, 147_897_477_120, 1000, 2 << 20)
    server = Server(folder, root)
    mirrors = ["--sources", "mirrors", "--mirror", f"http://127.0.0.1:{server.port}/"]
    last, size = [archive.entries[-1][0]], archive.entries[-1][2]
    try:
        if os.environ.get("BENCH_CLASSES"):
            # It takes 14 GB of a disk.
            chosen = archive.entries[5::10]
            own = sum(length for _, _, length in chosen)
            took = fetch(archive, folder, [wnid for wnid, _, _ in chosen], *mirrors)
            requests, walked, bytes_ = server.taken()
            row("100 classes of 1,000, HTTP", f"{bytes_ / 1e9:.3f} GB", "the classes",
                f"{own / 1e9:.3f} GB", "≤ 1.02×", bytes_ <= 1.02 * own, 0, bytes_ / own)
            row("its search for headers", f"{requests} requests", "–", f"{walked / 1e3:.0f} kB",
                "≤ 1,000 and 1 MiB", requests <= 1001 and walked <= 1 << 20, 0)
        relay = os.path.join(os.path.dirname(binary), "delay-relay")
        port = free_port()
        process = subprocess.Popen([relay, "40", "127.0.0.1", str(port), "127.0.0.1",
                                    str(server.port)], stdout=subprocess.PIPE)
        process.stdout.readline()
        far = ["--sources", "mirrors", "--mirror", f"http://127.0.0.1:{port}/"]
        try:
            found = fetch(archive, folder, last, *far)
            row("the last class, 80 ms away", f"{found:.1f} s", "–", f"{size / 1e6:.0f} MB",
                "≤ 90 s", found <= 90, 0)
            plain = seconds(["curl", "-s", "-o", "/dev/null", "-r", f"0-{size}",
                             f"http://127.0.0.1:{port}/{NAME}"])
            known = fetch(archive, folder, last, *far, "--class-index", archive.index)
            row("the same with an index", f"{known:.1f} s", "curl, as many bytes", f"{plain:.1f} s",
                "≤ 1 s more", known <= plain + 1, 0)
        finally:
            process.terminate()
            process.wait()
    finally:
        server.end()
