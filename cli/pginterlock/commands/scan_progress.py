"""Tell on stderr what a scan is at, once it takes longer than a second."""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

from pginterlock.commands.screen import console

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_SILENT_S = 1.0
_EVERY_S = 5.0
_REDRAWN_S = 0.1


class Steps:
    """A bar on a terminal, which goes away at the end; elsewhere a line every few seconds."""

    def __init__(self) -> None:
        self._next = time.monotonic() + _SILENT_S
        self._shown: tuple[Progress, TaskID] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._shown:
            self._shown[0].stop()

    def __call__(self, title: str, done: int = 0, total: int = 0) -> None:
        """Tell what is going on, and how much of how much is done; both 0 where nobody knows."""
        now = time.monotonic()
        if now < self._next:
            return
        if not sys.stderr.isatty():
            told = f"{title}: {done:,} of {total:,}" if total else f"{title} ..."
            click.echo(f"  {told}", err=True)
            self._next = now + _EVERY_S
            return
        bar, task = self._shown = self._shown or _bar()
        self._next = now + _REDRAWN_S
        bar.update(task, description=title, completed=done, total=total or None, refresh=True)


def _bar() -> "tuple[Progress, TaskID]":
    """Show a bar, and return it."""
    from rich.progress import (  # noqa: PLC0415 - most scans end before there is one
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    bar = Progress(*columns, console=console(stderr=True), transient=True, auto_refresh=False)
    task = bar.add_task("", total=None)
    bar.start()
    return bar, task
