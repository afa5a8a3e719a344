"""The start-up time."""

import statistics

from common import *


def run():
    values = [seconds([binary, "--version"]) for _ in range(4 * rounds)]
    value = statistics.median(values)
    row("--version", f"{value * 1000:.1f} ms", "–", "–", "≤ 20 ms", value <= 0.02, spread(values))
