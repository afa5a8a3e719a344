"""Becomes the program, so that signals and the exit status are its own."""

import os
import sys

from . import PROGRAM


def main() -> None:
    os.execv(PROGRAM, [str(PROGRAM), *sys.argv[1:]])


if __name__ == "__main__":
    main()
