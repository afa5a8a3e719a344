"""imagenet-fetch, a program that gets ImageNet and proves every byte of it.

It is no library for Python: this package only brings the program.
"""

import pathlib

#: The program's path, for those who start it themselves.
PROGRAM = pathlib.Path(__file__).parent / "bin" / "imagenet-fetch"
