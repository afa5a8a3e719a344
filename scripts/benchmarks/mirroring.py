"""The cost of a nightly sync with nothing to do."""

import json
import os
import shutil
import statistics
import subprocess
import tempfile

from common import *


def run():
    folder = tempfile.mkdtemp(prefix="mirroring-", dir="/dev/shm")
    try:
        subprocess.run([binary, "sample", folder + "/s", "--classes", "5", "--per-class", "60",
                        "--quiet"], check=True, stdout=subprocess.DEVNULL)
        sync = [binary, "sync", "--manifest", folder + "/s/manifest.json", "--torrent-dir",
                folder + "/s/torrents", "--data", folder + "/data", "--all", "--reserve", "0",
                "--no-dht", "--sources", "mirrors", "--mirror", folder + "/s/tar/", "--publish",
                folder + "/www", "--publish-url", "http://127.0.0.1:9/", "--log", folder + "/log",
                "--metrics", folder + "/metrics", "--html", folder + "/page.html"]
        subprocess.run(sync, check=True)
        nothing(sync)
        calls(sync, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def nothing(sync):
    values = [seconds(sync) for _ in range(4 * rounds)]
    value = statistics.median(values)
    row("sync with nothing to do", f"{value * 1000:.0f} ms", "–", "–", "≤ 50 ms", value <= 0.05,
        spread(values))


def calls(sync, folder):
    """Bytes read from archives, and sockets, counted by strace."""
    trace = folder + "/trace"
    subprocess.run(["strace", "-f", "-y", "-o", trace, "-e", "trace=%network,read,pread64",
                    *sync], check=True)
    with open(folder + "/s/manifest.json") as file:
        names = [entry["name"] for entry in json.load(file)["files"]]
    payload, sockets = 0, 0
    with open(trace) as file:
        for line in file:
            sockets += " socket(" in line
            if any(f"/{name}>" in line for name in names):
                payload += int(line.rsplit("=", 1)[1])
    row("  bytes read of archives", str(payload), "–", "–", "0", payload == 0, 0)
    row("  sockets", str(sockets), "–", "–", "0", sockets == 0, 0)
