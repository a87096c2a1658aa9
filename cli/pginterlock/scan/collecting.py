"""Python's search for garbage, which costs more than it finds where trees are made."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Let Python not look for garbage, nor look through the trees afterwards.

    They are very many objects, and stay until the process ends: a scan is most of what it does.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.freeze()
            gc.enable()
