"""Count on stderr what is done, once that takes longer than a second."""

import time
from types import TracebackType
from typing import Self

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from pginterlock.commands.session import console

_SILENT_S = 1.0
_EVERY_S = 5.0


class Counter:
    """A bar on a terminal, which goes away at the end; elsewhere a line every few seconds."""

    def __init__(self, total: int, title: str) -> None:
        self._total = total
        self._title = title
        self._done = 0
        self._screen = console(stderr=True)
        self._next = time.monotonic() + (_SILENT_S if self._screen.is_terminal else _EVERY_S)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self._bar = Progress(*columns, console=self._screen, transient=True)
        self._task = self._bar.add_task(title, total=total)
        self._is_shown = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._is_shown:
            self._bar.stop()

    def advance(self) -> None:
        """Tell that one more is done."""
        self._done += 1
        self._bar.update(self._task, completed=self._done)
        now = time.monotonic()
        if now < self._next:
            return
        if not self._screen.is_terminal:
            self._screen.print(f"  {self._done} of {self._total} {self._title}", style="dim")
            self._next = now + _EVERY_S
        elif not self._is_shown:
            self._bar.start()
            self._is_shown = True


class Rate:
    """A bar with rate and time that is left; elsewhere than on a terminal a line now and then."""

    def __init__(self, total: int, unit: str) -> None:
        self._unit = unit
        self._total = total
        self._screen = console(stderr=True)
        self._started = time.monotonic()
        self._next = self._started + (_SILENT_S if self._screen.is_terminal else _EVERY_S)
        self._first: int | None = None
        self._last_said = ""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
        )
        self._bar = Progress(*columns, console=self._screen, transient=True)
        self._task = self._bar.add_task("", total=total or None, rate="")
        self._is_shown = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._is_shown:
            self._bar.stop()

    def say(self, text: str) -> None:
        """Tell of something besides, once."""
        if text != self._last_said:
            self._screen.print(f"  {text}", style="dim", markup=False)
        self._last_said = text

    def update(self, scanned: int, repaired: int) -> None:
        """Tell how many rows were looked at and repaired."""
        now = time.monotonic()
        if self._first is None:
            self._first = scanned
        rate = (scanned - self._first) / max(now - self._started, 0.001)
        told = f"{scanned:,} {self._unit}, {repaired:,} repaired, {rate:,.0f} a second"
        self._bar.update(self._task, completed=min(scanned, self._total), rate=told)
        if now < self._next:
            return
        if self._screen.is_terminal:
            if not self._is_shown:
                self._bar.start()
                self._is_shown = True
            return
        left = (self._total - scanned) / rate if rate and self._total > scanned else 0
        self._screen.print(f"  {told}, about {left:,.0f} s left", style="dim")
        self._next = now + _EVERY_S
