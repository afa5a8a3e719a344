"""Becomes the program, so that signals and the exit status are its own."""

import os
import pathlib
import sys

# Not from `running`, which imports what a start of the program does not need.
PROGRAM = pathlib.Path(__file__).parent / "bin" / "imagenet-fetch"


def main() -> None:
    os.execv(PROGRAM, [str(PROGRAM), *sys.argv[1:]])


if __name__ == "__main__":
    main()
