"""docs/benchmarks.md: the table and the machine."""

import os
import subprocess

from common import HEADS

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/benchmarks.md")
INTRODUCTION = """\
# Benchmarks

Made by `make bench`: medians of five, both sides in one run, by turns, on data in memory. The ratio
is our time over theirs; the spread is that of our runs, the slowest less the fastest over the
median. The goals are fixed; what misses its goal stays in the table.

Machine: """


def machine():
    """A description of the machine that does not identify it."""
    with open("/proc/cpuinfo") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    with open("/proc/meminfo") as file:
        memory = int(file.readline().split()[1]) / 2**20
    system = subprocess.run(["stat", "-f", "-c", "%T", "/dev/shm"], capture_output=True, text=True)
    # Some kernel versions end with the name of their builder.
    kernel = os.uname().release.split("-")[0]
    return (f"{models[0] if models else 'unknown processor'}, {os.cpu_count()} cores, "
            f"{memory:.0f} GiB of memory, Linux {kernel}, data on {system.stdout.strip()}")


def check():
    """Never mixes rows of two machines in one table."""
    there = read()[0]
    if there is not None and there != machine():
        raise SystemExit(f"bench: docs/benchmarks.md is of another machine ({there}); run all "
                         "sections, or remove it")


def read():
    """The machine and the rows by section, from the file."""
    found, rows = None, {}
    try:
        with open(PATH) as file:
            for line in file:
                if line.startswith("Machine: "):
                    found = line[len("Machine: "):].strip()
                cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
                if line.startswith("|") and len(cells) == len(HEADS) + 1:
                    rows.setdefault(cells[0], []).append(cells[1:])
    except FileNotFoundError:
        pass
    return found, rows


def write(ran, order):
    rows = {**read()[1], **ran}
    lines = [("section", *HEADS), ("---",) * (len(HEADS) + 1)]
    # What belongs to the row above begins with spaces there, and says so here.
    for section in order:
        work = ""
        for row in rows.get(section, []):
            name = row[0]
            if name.startswith(" "):
                name = f"{work}: {name.strip()}"
            else:
                work = name
            lines.append((section, name, *row[1:]))
    with open(PATH, "w") as file:
        file.write(INTRODUCTION + machine() + "\n\n")
        for line in lines:
            file.write("| " + " | ".join(line) + " |\n")
