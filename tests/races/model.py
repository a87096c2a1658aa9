"""What the machine of the inn says, once more and by hand: pure functions from data to data.

Nothing here is shared with the compiler. A write is a row before and a row after; a `Feature` says
what the machine writes into it, which rules it may break, which entry it leaves, and what no two
rows may be at once. A new kind of rule is one more feature, in a module of its own.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

Value = int | str | None
Row = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Who:
    """Who writes, as the session says it."""

    login: str
    role: str | None = None
    actor: str | None = None
    reason: str | None = None
    event: str | None = None  # that `interlock.fire` was called with

    @property
    def asks(self) -> str:
        """The role that counts."""
        return self.role or self.login


@dataclass(frozen=True, slots=True)
class Write:
    """One row that is written: none before a birth, none after a death."""

    before: Row | None
    after: Row | None
    who: Who
    now: str
    reaction: str | None = None  # that moved the row, once that is told
    via: Value = None  # the state on the way, where a reaction went on from what was written

    @property
    def source(self) -> Value:
        """The state that is left."""
        return self.before["status"] if self.before else None

    @property
    def target(self) -> Value:
        """The state that is entered."""
        return self.after["status"] if self.after else None

    @property
    def is_move(self) -> bool:
        """Whether the row changes its state."""
        return bool(self.before and self.after and self.source != self.target)

    @property
    def is_entry(self) -> bool:
        """Whether the state is entered by this write."""
        return self.before is None or self.is_move

    def changes(self, column: str) -> bool:
        """Whether an update writes another value to *column*."""
        return bool(self.before and self.after and self.before[column] != self.after[column])


@dataclass(frozen=True, slots=True)
class Reacted:
    """The states that a write brings a row to, and the reaction that took it on from the first."""

    states: Sequence[Value]
    reaction: str | None = None


Codes = set[str]
Fill = Callable[[Write], Mapping[str, Value]]
Rule = Callable[[Write], Iterable[str]]
RowRule = Callable[[Row], Iterable[str]]
React = Callable[[Write], Reacted]
Tell = Callable[[Write, Reacted | None], Write]
Held = Callable[[Row], Iterable["Holding"]]


@dataclass(frozen=True, slots=True)
class Holding:
    """A resource that a row holds, from one moment to another."""

    claim: str
    resource: Value
    starts: int = 0
    ends: int = 1

    def meets(self, other: "Holding") -> bool:
        """Whether no two rows may hold both."""
        same = (self.claim, self.resource) == (other.claim, other.resource)
        return same and self.starts < other.ends and other.starts < self.ends


@dataclass(frozen=True, slots=True)
class Feature:
    """One kind of rule, as far as this machine has it."""

    name: str
    fills: Sequence[Fill] = ()
    rules: Sequence[Rule] = ()  # what the write may break
    row_rules: Sequence[RowRule] = ()  # what the row may break, whoever wrote it
    holdings: Sequence[Held] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the model says of one write."""

    after: Row | None
    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Entry:
    """What the history is to say of one write."""

    kind: str
    event: str | None
    source: Value
    target: Value
    reaction: str | None = None
    old: Mapping[str, Value] = field(default_factory=dict)
    new: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Model:
    """A machine, as its features say."""

    features: Sequence[Feature]
    react: React = lambda write: Reacted((write.target,))
    tell: Tell = lambda write, _: write

    def judge(self, write: Write) -> Judgement:
        """Return the row as the machine completes it, and every rule that it breaks."""
        after, reacted = write.after, self.react(write)
        for state in reacted.states if after is not None else ():
            after = self._entered(replace(write, after={**(after or {}), "status": state}))
        whole = self.tell(replace(write, after=after), reacted)
        codes = {code for it in self.features for rule in it.rules for code in rule(whole)}
        if after is not None:
            codes |= self.faults(after)
        return Judgement(after, frozenset(codes))

    def _entered(self, write: Write) -> Row:
        filled: dict[str, Value] = {}
        for it in self.features:
            for fill in it.fills:
                filled |= fill(write)
        return {**(write.after or {}), **filled}

    def faults(self, row: Row) -> Codes:
        """Return the rules that *row* breaks as it stands."""
        return {code for it in self.features for rule in it.row_rules for code in rule(row)}

    def holdings(self, row: Row | None) -> list[Holding]:
        """Return what *row* holds."""
        if row is None:
            return []
        return [one for it in self.features for held in it.holdings for one in held(row)]

    def clashes(self, rows: Iterable[Row]) -> list[tuple[Row, Row]]:
        """Return the pairs of *rows* that hold the same at once."""
        held = [(row, self.holdings(row)) for row in rows]
        held = [it for it in held if it[1]]
        return [
            (one, other)
            for number, (one, mine) in enumerate(held)
            for other, theirs in held[:number]
            if any(a.meets(b) for a in mine for b in theirs)
        ]
