"""What rounds found, as tables; and of a disagreement all that it takes to look into it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table
from tests.races.rounds import Round

_RULES = {
    "IL01": "transition",
    "IL02": "birth",
    "IL03": "death",
    "IL04": "guard",
    "IL05": "authority",
    "IL06": "attribution",
    "IL07": "freeze",
    "IL08": "stale",
    "IL09": "mirror",
    "IL10": "continuity",
    "IL11": "known state",
    "IL12": "stamp",
    "IL13": "state row",
    "IL14": "invariant",
    "IL15": "claim",
    "key": "primary key of the table",
    "SQLSTATE 22000": "range of a claim, by the server",
}
_MOST = 20


@dataclass(slots=True)
class Sum:
    """The rounds of one version of PostgreSQL, added up."""

    version: str
    rounds: int = 0
    seconds: float = 0.0
    looks: int = 0
    waiting: int = 0
    disagreements: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    retried: Counter[str] = field(default_factory=Counter)

    def add(self, played: Round) -> None:
        """Add one round."""
        self.rounds += 1
        self.seconds += played.seconds
        self.looks += played.looks
        self.waiting += played.waiting
        self.disagreements += len(played.found)
        for it in played.told:
            self.counts["transactions"] += it.transactions
            self.counts["of them rolled back"] += it.rolled_back
            self.counts["operations"] += it.operations
            self.counts["applied"] += it.applied
            self.counts["rows written"] += it.rows
            self.counts["of them rooms, by the machine"] += it.mirrored
            self.counts["moves that took approvals"] += it.taken
            self.refused.update(it.refused)
            self.retried.update(it.retried)


def table(sums: Sequence[Sum]) -> Table:
    """Return the table of what was played on each version."""
    made = Table(title="Sessions at random against the model", title_justify="left")
    made.add_column("")
    for it in sums:
        made.add_column(f"PostgreSQL {it.version}", justify="right")
    _rows(made, [it.counts for it in sums], ["operations"])
    made.add_row("operations a second", *(_rate(it) for it in sums))
    names = ["transactions", "of them rolled back", "applied", "rows written"]
    names += ["of them rooms, by the machine", "moves that took approvals"]
    _rows(made, [it.counts for it in sums], names)
    made.add_section()
    codes = sorted({code for it in sums for code in it.refused})
    made.add_row("refused", *(f"{it.refused.total():,}" for it in sums))
    for code in codes:
        name = f"  {code} {_RULES.get(code, '')}".rstrip()
        made.add_row(name, *(f"{it.refused[code]:,}" for it in sums))
    made.add_section()
    _rows(made, [it.retried for it in sums], ["deadlock, retried", "serialization, retried"])
    made.add_section()
    made.add_row("rounds", *(f"{it.rounds:,}" for it in sums))
    made.add_row("looks at the table meanwhile", *(f"{it.looks:,}" for it in sums))
    waiting = (f"{it.waiting / it.looks:.1f}" if it.looks else "" for it in sums)
    made.add_row("sessions that wait for a lock", *waiting)
    made.add_row("disagreements", *(_verdict(it.disagreements) for it in sums))
    return made


def show(console: Console, sums: Sequence[Sum]) -> None:
    """Print what was played."""
    console.print(table(sums))


def disagreements(played: Round, version: str, again: str) -> str:
    """Return what was found in one round, what led to it, and how to play it again."""
    lines = [
        f"PostgreSQL {version}, {played.setting}, seed {played.seed}:"
        f" {len(played.found)} disagreements",
    ]
    for it in played.found[:_MOST]:
        where = "" if it.key is None else f"row {it.key}: "
        lines.append(f"  {where}{it.what}")
        lines += [f"    {it.text}"] if it.text else []
    if len(played.found) > _MOST:
        lines.append(f"  ... and {len(played.found) - _MOST} more")
    lines.append("what was committed about these rows, in its order:")
    lines += [f"  {it}" for it in played.trace()]
    lines.append(f"the same dice again (the server orders the sessions anew): {again}")
    return "\n".join(lines) + "\n"


def _rows(made: Table, counts: Sequence[Counter[str]], names: Iterable[str]) -> None:
    for name in names:
        made.add_row(name, *(f"{it[name]:,}" for it in counts))


def _rate(it: Sum) -> str:
    return f"{it.counts['operations'] / it.seconds:,.0f}" if it.seconds else ""


def _verdict(count: int) -> str:
    return f"[red]{count:,}[/]" if count else "[green]0[/]"
