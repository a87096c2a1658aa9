"""What commands show themselves on: a console, and progress."""

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_SILENT_S = 1.0
_PIPED_WIDTH = 240


def console(*, stderr: bool = False) -> "Console":
    """Return a console that has colours on a terminal only, and never wraps what is piped."""
    from rich.console import Console  # noqa: PLC0415 - not all need it, and it takes time

    stream = sys.stderr if stderr else sys.stdout
    if stream.isatty():
        return Console(file=stream, highlight=False)
    return Console(file=stream, highlight=False, soft_wrap=True, width=_PIPED_WIDTH)


class Progress:
    """Say on stderr what is going on, once it takes longer than a second."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._told = ""

    def __call__(self, title: str) -> None:
        """Tell of the next thing."""
        if title != self._told and time.monotonic() - self._started > _SILENT_S:
            self._told = title
            console(stderr=True).print(f"  {title} ...", style="dim")
