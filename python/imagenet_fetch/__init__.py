"""ImageNet from nothing to training-ready, every byte verified.

A function for each command of the program, with its options as keyword arguments:

    import imagenet_fetch

    train = imagenet_fetch.ensure("train", classes="imagenette")
    imagenet_fetch.verify(only_val=True, max_age="30d")

Results are dataclasses; a run that fails raises ImageNetFetchError.
"""

from .commands import *  # noqa: F403
from .commands import __all__ as _commands
from .convenience import ensure
from .results import *  # noqa: F403
from .results import __all__ as _results
from .running import PROGRAM, ImageNetFetchError

__all__ = [*_commands, *_results, "PROGRAM", "ImageNetFetchError", "ensure"]
