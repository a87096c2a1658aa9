"""What a rule is made of: row predicates, verdicts and the writing of both.

Pure: model and table in, SQL text out.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pginterlock import assets
from pginterlock.choices import Checks, Mode
from pginterlock.model import Machine
from pginterlock.names import array, field, ident, literal
from pginterlock.table import Column, Kind, Table
from pginterlock.template import fill

Render = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class RowPredicate:
    """A condition that is true of every sound row.

    *condition* writes it for one way of naming columns; *states* are those in which it is asked,
    all of them when empty.
    """

    code: str
    rule: str
    name: str
    column: str
    columns: tuple[str, ...]
    condition: Callable[[Render], str]
    message: str
    hint: str
    states: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    in_state: Callable[[Render, str], str] | None = None

    def asked_in(self, render: Render, state: str) -> str | None:
        """Return SQL that is true of a sound row in *state*; None where nothing is asked."""
        if self.states and state not in self.states:
            return None
        condition = self.in_state(render, state) if self.in_state else self.condition(render)
        return None if condition == "true" else condition

    def sound(self, writing: "Writing", render: Render) -> str:
        """Return SQL that is true of a sound row, and never null."""
        held = f"({self.condition(render)}) is true"
        if not self.states:
            return held
        return f"({is_state(writing.state_sql(render), self.states)} is not true or {held})"


@dataclass(frozen=True, slots=True)
class RowRepair:
    """One way to mend a row that breaks a rule; *provenance* says where the values come from.

    *when* and *sets* write conditions and values for one way of naming columns. It is used only
    where the row breaks no row rule afterwards if *must_mend_all*; *reads_history* is left out
    where there is none. Those of one *stage* are judged on the same row, and the first one wins a
    column. *because* writes what is added to the provenance, of the row as it was before.
    """

    code: str
    rule: str
    name: str
    when: Callable[[Render], str]
    sets: tuple[tuple[str, Callable[[Render], str]], ...]
    provenance: str
    stage: str
    is_declared: bool = False
    must_mend_all: bool = False
    reads_history: bool = False
    because: Callable[[Render], str] | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """One way to refuse: when, and what is said. All but the plain words are SQL.

    What is liftable, a bypass lets through: it is written into a function that has a ``v_kind``.
    """

    condition: str
    code: str
    rule: str
    message: str
    hint: str
    column: str | None = None
    allowed: str = "'{}'"
    missing: tuple[str, ...] = ()
    event: str = "null"
    item: str = ""
    is_liftable: bool = False


@dataclass(frozen=True, slots=True)
class Writing:
    """A machine on its table, and how its functions name the rows they judge."""

    machine: Machine
    table: Table

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that tell a row: the spec's, else the primary key."""
        return self.machine.key or self.table.primary_key

    def is_checked(self, rule: str, item: str = "") -> bool:
        """Whether a CHECK holds a row rule, so that the trigger need not judge it."""
        return (
            self.machine.checks is not Checks.TRIGGER
            and self.machine.mode_of(rule, item) is Mode.ENFORCE
        )

    def column(self, name: str) -> Column:
        """Return the column *name*, which the table has."""
        found = self.table.column(name)
        if found is None:
            raise KeyError(name)
        return found

    def state_text(self, render: Render) -> str:
        """Return the state as text, by its output function: casts of a user's type are a way in."""
        state = render(self.machine.state)
        if self.column(self.machine.state).kind is Kind.TEXT:
            return state
        return f"case when {state} is not null then pg_catalog.concat({state}) end"

    def state_sql(self, render: Render) -> str:
        """Return SQL for the state that can be compared with a literal.

        A domain over an enum has no equality of its own; its text has.
        """
        column = self.column(self.machine.state)
        if column.kind is Kind.ENUM and column.type != column.base_type:
            return f"({self.state_text(render)})"
        return render(self.machine.state)

    def stored_type(self, column: str) -> str:
        """Return the type in which our tables keep *column*; types of a user's making as text."""
        base = self.column(column).base_type
        return "text" if "." in base else base

    def stored(self, column: str, render: Render) -> str:
        """Return SQL for the value of *column* in that type."""
        name = render(column)
        if "." in self.column(column).base_type:
            return f"case when {name} is not null then pg_catalog.concat({name}) end"
        return name

    def is_rename(self) -> str:
        """Return SQL that is true of a move from an old name of a state to its new one.

        Every operator is named in full; nothing while no rename is under way.
        """
        return " or ".join(
            f"(v_from operator(pg_catalog.=) {literal(it.was)}"
            f" and v_to operator(pg_catalog.=) {literal(it.state)})"
            for it in self.machine.old_names
        )

    def key_match(self, alias: str, render: Render) -> str:
        """Return SQL that is true when the keys of *alias*, a table of ours, and of a row agree."""
        return " and ".join(
            f"{alias}.{ident('key_' + c)} = {self.stored(c, render)}" for c in self.key
        )

    def key_json(self, render: Render) -> str:
        """Return the key as a jsonb object."""
        pairs = ", ".join(f"{literal(c)}, {self._plain(c, render)}" for c in self.key)
        return f"pg_catalog.jsonb_build_object({pairs})"

    def key_text(self, render: Render) -> str:
        """Return the key as people read it."""
        return ", ".join(["pg_catalog.concat_ws('/'", *(render(c) for c in self.key)]) + ")"

    def _plain(self, column: str, render: Render) -> str:
        if self.column(column).base_type in ("smallint", "integer", "bigint"):
            return render(column)
        return f"pg_catalog.concat({render(column)})"

    def differs(self, column: str) -> str:
        """Return SQL that is true when a write changed *column*."""
        old, new = field("old", column), field("new", column)
        if self.column(column).is_comparable:
            return f"{old} is distinct from {new}"
        return (
            f"(({old} is null) <> ({new} is null)"
            f" or pg_catalog.concat({old}) <> pg_catalog.concat({new}))"
        )

    def write(
        self,
        verdict: Verdict,
        render: Render | None,
        *,
        origin: str = "v_from",
        target: str = "v_to",
        mode: Mode | None = None,
        title: str | None = None,
    ) -> str:
        """Return the statement that refuses (or, where the mode asks it, records).

        The message begins with *title*, by default the machine's name. Without *render* it is about
        no row.
        """
        begin = literal(f"{self.machine.name} " if title is None else title)
        call = "perform interlock.refuse"
        key = self.key_json(render) if render else "null"
        if (mode or self.machine.mode_of(verdict.rule, verdict.item)) is Mode.OBSERVE:
            call = "perform interlock.record_violation"
            key = key if render else "'{}'"
        elif verdict.is_liftable:
            call = "v_kind := interlock.refuse_unless_lifted"
        form = "verdict_always" if verdict.condition == "true" else "verdict"
        return fill(
            assets.read("sql", "templates", f"{form}.plpgsql"),
            {
                "condition": verdict.condition,
                "call": call,
                "code": verdict.code,
                "machine": self.machine.name,
                "rule": verdict.rule,
                "relation": array([self.table.name.schema, self.table.name.name]),
                "subject": literal(verdict.column) if verdict.column else "null",
                "key": key,
                "origin": origin,
                "target": target,
                "event": verdict.event,
                "allowed": verdict.allowed,
                "missing": array(verdict.missing),
                "message": f"pg_catalog.concat({begin},"
                f" {f'{self.key_text(render)}, ' if render else ''}{verdict.message})",
                "hint": verdict.hint,
            },
        )


def row_refusal(predicate: RowPredicate, broken: str) -> Verdict:
    """Return the refusal of a row that breaks *predicate*, when *broken* is true."""
    return Verdict(
        broken,
        predicate.code,
        predicate.rule,
        literal(f": {predicate.message}"),
        literal(predicate.hint),
        predicate.column or None,
        missing=predicate.missing,
        item=predicate.name,
    )


def is_import(machine: str) -> str:
    """Return SQL that is true in an import session, with every operator named in full."""
    return (
        f"(interlock.lifted({literal(machine)}, 'birth') operator(pg_catalog.=) 'imported') is true"
    )


def new(column: str) -> str:
    """Name *column* of the row as it is after the write."""
    return field("new", column)


def old(column: str) -> str:
    """Name *column* of the row as it was before the write."""
    return field("old", column)


def plain(column: str) -> str:
    """Name *column* in a query over the table alone."""
    return ident(column)


def is_state(subject: str, states: Sequence[str]) -> str:
    """Return SQL that is true when *subject* is one of *states*."""
    if len(states) == 1:
        return f"{subject} = {literal(states[0])}"
    return f"{subject} in ({', '.join(literal(state) for state in states)})"


def indent(text: str, levels: int = 1) -> str:
    """Return *text* with every line moved right by *levels* of four spaces."""
    pad = "    " * levels
    return "\n".join(pad + line if line else line for line in text.rstrip("\n").split("\n"))


def block(statements: Iterable[str], levels: int = 1) -> str:
    """Return *statements* as the body of a block."""
    return "\n".join(indent(it, levels) for it in statements if it.strip())


def renamed(machine: Machine, *states: str) -> str:
    """Return what a hint says of the names that *states* had before; nothing where none had."""
    names = [f"{it.was} is now {it.state}" for it in machine.renames if it.state in states]
    return f"; {', '.join(names)}" if names else ""


def listing(states: Sequence[str]) -> str:
    """Return *states* as people read them."""
    return ", ".join(states) if states else "nothing"
