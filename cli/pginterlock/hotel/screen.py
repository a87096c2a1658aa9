"""What the demo shows: lists, tables and panels; colour in a terminal, plain ASCII in a pipe."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TextIO

from rich import box
from rich.console import Console, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from pginterlock.audit import Entry
from pginterlock.hotel.play import Outcome
from pginterlock.hotel.script import Block

_PIPE_WIDTH = 120
_WIDE = 110


@dataclass(frozen=True, slots=True)
class Played:
    """One write and what became of it: on the bare table, and under the machine."""

    block: Block
    before: Outcome
    after: Outcome

    @property
    def is_as_expected(self) -> bool:
        """Whether it went through before, and its own rule refused it after."""
        return self.before.stored and self.after.refused and self.after.code == self.block.code


@dataclass(frozen=True, slots=True)
class Screen:
    """Where results go (*out*) and where progress goes (*err*)."""

    out: Console
    err: Console

    def say(self, *parts: str | Text | tuple[str, str]) -> None:
        """Print one line, made of texts and (text, style) pairs."""
        self.out.print(Text.assemble(*parts), soft_wrap=not self.out.is_terminal)

    def show(self, thing: RenderableType) -> None:
        """Print *thing*."""
        self.out.print(thing)

    def heading(self, text: str) -> None:
        """Print the heading of a part."""
        self.out.print()
        if self.out.is_terminal:
            self.out.rule(Text(text, "bold"), align="left", style="cyan")
        else:
            self.out.print(Text(f"{text}\n{'=' * len(text)}"))

    def panel(self, title: str, *lines: Text) -> None:
        """Print *lines* in a frame."""
        text = Text("\n").join(lines)
        if self.out.is_terminal:
            self.out.print(Panel(text, title=title, title_align="left", border_style="cyan"))
        else:
            self.out.print(Text(f"{title}\n{'=' * len(title)}\n") + text)

    def commands(self, title: str, *lines: str) -> None:
        """Print lines to copy: each stays one line, however long."""
        self.heading(title)
        for line in lines:
            self.out.print(Text(line), soft_wrap=True)

    def table(self, *columns: str, title: str = "") -> Table:
        """Return an empty table in the style of this screen."""
        frame = box.ROUNDED if self.out.is_terminal else box.ASCII
        made = Table(title=title or None, box=frame, header_style="bold", expand=False)
        for name in columns:
            made.add_column(name, overflow="fold")
        return made

    @contextmanager
    def working(self, text: str) -> Iterator[None]:
        """Show that something is going on, in a terminal."""
        if self.err.is_terminal:
            with self.err.status(text):
                yield
        else:
            yield


def screen(out: TextIO | None = None, err: TextIO | None = None) -> Screen:
    """Return a screen on the two streams; stdout and stderr where none is given."""
    first = Console(file=out, highlight=False, emoji=False)
    if not first.is_terminal:
        first = Console(file=out, highlight=False, emoji=False, width=_PIPE_WIDTH)
    return Screen(first, Console(file=err, stderr=err is None, highlight=False))


def went_through(view: Screen, played: Sequence[tuple[Block, Outcome]]) -> None:
    """Print what became of each write on the bare tables."""
    for number, (block, outcome) in enumerate(played, 1):
        view.say(f"{number:>3}  ", _word_before(outcome), f"  {block.title}")
        if outcome.refused:
            view.say(("     " + outcome.message, "dim"))


def refusals(view: Screen, played: Sequence[Played]) -> None:
    """Print what the server says to each write under the machine."""
    for number, one in enumerate(played, 1):
        after = one.after
        view.say(f"{number:>3}  ", _word_after(one), f"  {one.block.title}")
        if after.refused:
            view.say(f"     ERROR {after.sqlstate}: ", (after.message, "bold"))
        if after.hint:
            view.say(("     HINT: " + after.hint, "dim"))


def before_and_after(view: Screen, held: Sequence[Played], gaps: Sequence[Played]) -> None:
    """Print the table of all writes, before and after."""
    made = view.table("", "What the report found", "Who wrote it", "Before", "After")
    for number, one in enumerate([*held, *gaps], 1):
        if gaps and number == len(held) + 1:
            made.add_section()
        made.add_row(
            str(number),
            one.block.title,
            Text(one.block.writer, "dim"),
            _word_before(one.before),
            _word_after(one, is_gap=number > len(held)),
        )
    view.show(made)


def tally(view: Screen, held: Sequence[Played], gaps: Sequence[Played]) -> None:
    """Print how many writes went through before and were refused after, and what was not asked."""
    count = sum(one.is_as_expected for one in held)
    style = "bold green" if count == len(held) else "bold red"
    view.say((f"{count} of {len(held)} went through before and are refused after.", style))
    open_still = [one.block for one in gaps if not one.after.refused]
    if open_still:
        view.say((f"{len(open_still)} more go on, for this spec does not ask otherwise:", "yellow"))
    for block in open_still:
        view.say(("     " + block.headers["asks"], "dim"), f" ({block.code})")


def legal_twins(view: Screen, played: Sequence[tuple[Block, Outcome]]) -> None:
    """Print the honest writes and whether they pass."""
    for block, outcome in played:
        word = Text("passes", "green") if outcome.stored else Text("REFUSED", "bold red")
        view.say("     ", word, f"  {block.title}", (f"  ({block.writer})", "dim"))
        if outcome.refused:
            view.say(("     " + outcome.message, "red"))


def timeline(view: Screen, entries: Sequence[Entry]) -> None:
    """Print the life of one row."""
    made = view.table("At", "Event", "From -> to", "Who", "Why", "Also changed")
    for column in made.columns[:4]:
        column.no_wrap = view.out.width >= _WIDE
    for entry in entries:
        changed = ", ".join(f"{name} {_short(new)}" for name, (_, new) in entry.changed.items())
        made.add_row(
            f"{entry.at:%H:%M:%S}",
            entry.event or entry.kind,
            _move(entry),
            entry.actor or "",
            Text(entry.reason or "", "dim"),
            Text(changed, "dim"),
        )
    view.show(made)


def _move(entry: Entry) -> Text:
    if entry.from_state in {None, entry.to_state}:
        return Text(entry.to_state or "", "bold" if entry.from_state is None else "dim")
    return Text.assemble(entry.from_state or "", " -> ", (entry.to_state or "", "bold"))


def _short(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%H:%M:%S}"
    return "none" if value is None else str(value)


def _word_before(outcome: Outcome) -> Text:
    if outcome.stored:
        return Text("went through", "red")
    return Text("refused" if outcome.refused else "had no effect", "bold yellow")


def _word_after(one: Played, *, is_gap: bool = False) -> Text:
    if one.after.refused:
        return Text(f"refused {one.after.code or one.after.sqlstate}", "green")
    if is_gap:
        return Text(f"not asked ({one.block.code})", "yellow")
    return Text("WENT THROUGH" if one.after.stored else "had no effect", "bold red")
