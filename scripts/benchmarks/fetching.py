"""Fetching from a seed and from nginx, compared with aria2c and md5sum."""

import hashlib
import http.server
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from common import *


SEED = """
import libtorrent, sys, time
session = libtorrent.session({"listen_interfaces": "127.0.0.1:0", "enable_dht": False,
    "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False, "aio_threads": 4,
    "allow_multiple_connections_per_ip": True, "send_buffer_watermark": 4 << 20,
    "unchoke_slots_limit": -1, "mixed_mode_algorithm": 0, "alert_mask": 0})
torrent = session.add_torrent({"ti": libtorrent.torrent_info(sys.argv[1]),
    "save_path": sys.argv[2], "flags": libtorrent.torrent_flags.seed_mode})
while not torrent.status().is_seeding: time.sleep(0.05)
print(session.listen_port(), flush=True)
sys.stdin.read()
"""
MAKE = """
import libtorrent, sys
files = libtorrent.file_storage()
libtorrent.add_files(files, sys.argv[1])
made = libtorrent.create_torrent(files, 2 << 20, libtorrent.create_torrent.v1_only)
if len(sys.argv) > 3: made.add_tracker(sys.argv[3])
libtorrent.set_piece_hashes(made, sys.argv[1].rsplit("/", 1)[0])
whole = made.generate()
open(sys.argv[2], "wb").write(libtorrent.bencode(whole))
print(libtorrent.torrent_info(sys.argv[2]).info_hash())
"""
class Tracker(http.server.BaseHTTPRequestHandler):
    """A tracker that names the seed, because aria2c takes peers only from trackers."""

    def do_GET(self):
        body = b"d8:intervali60e5:peers6:\x7f\0\0\x01" + self.server.seed.to_bytes(2, "big") + b"e"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def race(ours, theirs, folder, size):
    """Both in turn, each into a new folder: medians, and our peak memory."""
    mine, other, memory, events = [], [], 0, {}
    for _ in range(rounds):
        shutil.rmtree(folder + "/data", ignore_errors=True)
        get_memory(folder, size)
        start = time.perf_counter()
        process = subprocess.Popen(ours, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        mine.append(time.perf_counter() - start)
        if status != 0:
            raise SystemExit("bench: " + " ".join(ours) + " failed: " + said)
        events = json.loads(said.splitlines()[-1])
        memory = max(memory, usage.ru_maxrss * 1024)
        shutil.rmtree(folder + "/theirs", ignore_errors=True)
        os.mkdir(folder + "/theirs")
        get_memory(folder, size)
        other.append(sum(seconds(command, cwd=folder + "/theirs") for command in theirs))
    shutil.rmtree(folder + "/theirs", ignore_errors=True)
    return mine, other, memory, events


def run(size=3 << 30):
    folder = tempfile.mkdtemp(prefix="fetching-", dir="/dev/shm")
    try:
        os.mkdir(folder + "/source")
        name = "archive.tar"
        block, digest = os.urandom(1 << 20), hashlib.md5()
        with open(f"{folder}/source/{name}", "wb") as file:
            for number in range(size >> 20):
                part = number.to_bytes(16, "big") + block[16:]
                digest.update(part)
                file.write(part)
        tracker = http.server.HTTPServer(("127.0.0.1", 0), Tracker)
        tracker.seed = 0
        threading.Thread(target=tracker.serve_forever, daemon=True).start()
        torrent = f"{folder}/{name}.torrent"
        pin = subprocess.run(
            [python, "-c", MAKE, f"{folder}/source/{name}", torrent,
             f"http://127.0.0.1:{tracker.server_port}/announce"],
            check=True, capture_output=True, text=True).stdout.strip()
        with open(folder + "/manifest.json", "w") as file:
            json.dump({"schema": "imagenet-fetch.manifest/1", "name": "bench", "files": [
                {"name": name, "part": "train", "size": size, "md5": digest.hexdigest(),
                 "torrent": pin}]}, file)
        fetch = [binary, "fetch", "--manifest", folder + "/manifest.json", "--data",
                 folder + "/data", "--json", "--quiet", "--no-dht", "-y"]
        swarm(fetch, folder, torrent, tracker, size)
        nothing(fetch, folder)
        mirror(fetch, folder, name, size)
        many(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def verdict(what, goal, limit, mine, other, memory, events):
    ours, theirs = statistics.median(mine), statistics.median(other)
    row(what, f"{ours:.1f} s", "aria2c, then md5sum", f"{theirs:.1f} s", goal,
        ours <= limit * theirs, spread(mine), ours / theirs)
    row("  memory", f"{memory / 2**20:.0f} MiB", "–", "–", "≤ 192 MiB", memory <= 192 << 20, 0)
    delay = events["proofDelay"]
    row("  last byte to verdict", f"{delay:.2f} s", "–", "–", "≤ 1 s", delay <= 1, 0)


def swarm(fetch, folder, torrent, tracker, size):
    with running(python, "-c", SEED, torrent, folder + "/source", stdin=subprocess.PIPE,
                 stdout=subprocess.PIPE, text=True) as seed:
        port = seed.stdout.readline().strip()
        tracker.seed = int(port)
        ours = fetch + ["--torrent-dir", folder, "--peer", "127.0.0.1:" + port,
                        "--sources", "swarm"]
        theirs = [["aria2c", "--quiet", "--seed-time=0", "--enable-dht=false",
                   "--bt-max-peers=256", "--file-allocation=none", "--disable-ipv6=true", torrent],
                  ["md5sum", "archive.tar"]]
        verdict("fetch from one seed, 3 GiB", "≤ 0.50 ×", 0.5, *race(ours, theirs, folder, size))


def nothing(fetch, folder):
    values = [seconds(fetch) for _ in range(4 * rounds)]
    value = statistics.median(values)
    row("fetch with nothing to do", f"{value * 1000:.0f} ms", "–", "–", "≤ 100 ms", value <= 0.1,
        spread(values))


def many(folder, count=5000):
    """Small files, each with its lock, its journal and its receipt."""
    os.mkdir(folder + "/small")
    with open(folder + "/MD5SUMS", "w") as sums:
        for number in range(count):
            contents = os.urandom(2048)
            name = f"{number:05}.bin"
            with open(f"{folder}/small/{name}", "wb") as file:
                file.write(contents)
            sums.write(f"{hashlib.md5(contents).hexdigest()}  {name}\n")
    ours = [binary, "fetch", "--manifest", folder + "/MD5SUMS", "--data", folder + "/data",
            "--mirror", folder + "/small/", "--sources", "mirrors", "--quiet", "-y"]
    theirs = ["sh", "-c", f"cp -r {folder}/small {folder}/theirs && cd {folder}/theirs "
              f"&& md5sum --quiet -c {folder}/MD5SUMS"]

    def clear():
        for made in "data", "theirs":
            shutil.rmtree(f"{folder}/{made}", ignore_errors=True)

    mine, other = by_turns(ours, theirs, clear)
    value, against = statistics.median(mine), statistics.median(other)
    row(f"fetch of {count:,} files of 2 KiB from a folder", f"{value:.2f} s",
        "cp -r, then md5sum -c", f"{against:.2f} s", "≤ 3 ×", value <= 3 * against, spread(mine),
        value / against)
    clear()


def mirror(fetch, folder, name, size):
    with nginx(folder) as address:
        url = f"{address}/source/{name}"
        ours = fetch + ["--sources", "mirrors", "--mirror", url, "--connections", "4"]
        theirs = [["aria2c", "--quiet", "-x4", "-s4", "--file-allocation=none", url],
                  ["md5sum", name]]
        verdict("fetch from nginx, 3 GiB", "≤ 0.60 ×", 0.6, *race(ours, theirs, folder, size))
