"""Rows as their repairs would leave them: one stage after the other, in one statement.

A stage is a subquery over the row as the stage before left it: one for each declared repair, so
that it sees what those before it did; then one for each kind of proposal. Nothing is computed
twice, and a row is judged by all row predicates as it was and as it would be, in one read.

Pure: model and table in, SQL text out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pginterlock.compiler.soundness import sound_case
from pginterlock.elements import Expression, Repair
from pginterlock.expression import rewrite
from pginterlock.names import field, ident, literal
from pginterlock.rules import claim, claim_repairs, row_predicates
from pginterlock.rules import repairs as proposed
from pginterlock.rules.parts import Render, RowPredicate, RowRepair, Writing

_SHOWN = 200  # characters of an expression in an entry
# Without a modifier these types have one of their own, and would cut a value.
_UNCUT = {"character": "bpchar", "bit": "varbit"}
_NONE = "'{}'::integer[]"


@dataclass(frozen=True, slots=True)
class Repairing:
    """The repairs of a machine that are asked for, and the rows they are asked for.

    *where* narrows the rows. *is_whole* says that no repair was left out: only then is a row that
    none of them mends a row that cannot be mended.
    """

    writing: Writing
    repairs: tuple[RowRepair, ...]
    where: Expression | None = None
    is_whole: bool = True

    @property
    def predicates(self) -> tuple[RowPredicate, ...]:
        """What is asked of rows, by whose numbers (from 0) they are judged: row rules, claims."""
        fresh = claim_repairs.fresh_predicates(self.writing, claim.CODE, self.before)
        return (*self._first, *fresh)

    @property
    def _first(self) -> tuple[RowPredicate, ...]:
        """What is asked of a row as it is; what is left is asked of what a repair makes of it."""
        lone = claim_repairs.lone_predicates(self.writing, claim.CODE)
        return (*row_predicates(self.writing), *lone)

    @property
    def targets(self) -> tuple[str, ...]:
        """The columns that a repair may set, in their order in the table."""
        set_ = {column for repair in self.repairs for column, _ in repair.sets}
        return tuple(c.name for c in self.writing.table.columns if c.name in set_)

    @property
    def stages(self) -> list[list[int]]:
        """The numbers of the repairs of each stage; a declared repair is one by itself."""
        found: list[list[int]] = []
        last = ""
        for number, it in enumerate(self.repairs):
            if it.is_declared or it.stage != last:
                found.append([])
            found[-1].append(number)
            last = it.stage
        return found

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that a stage hands on to the next: all that are read or written."""
        writing, seen = self.writing, set(self.targets)

        def note(column: str) -> str:
            seen.add(column)
            return column

        for it in self.repairs:
            it.when(note)
            for _, value in it.sets:
                value(note)
        seen |= {c for p in self.predicates for c in p.columns}
        seen |= {writing.machine.state, *writing.key, *writing.machine.audit.columns}
        return tuple(c.name for c in writing.table.columns if c.name in seen)

    @property
    def last(self) -> str:
        """The alias of the last stage."""
        return f"s{len(self.stages)}"

    def used(self, number: int) -> str:
        """Return SQL that is true where repair *number* is used."""
        stage = next(n for n, it in enumerate(self.stages, start=1) if number in it)
        return f"s{stage}.u{number}"

    def before(self, column: str) -> str:
        """Name *column* of the row as it is."""
        return field("s0", column)

    def after(self, column: str) -> str:
        """Name *column* of the row as it would be."""
        return field(self.last, column)

    def candidate(self, render: Render) -> str:
        """Return SQL that is true of rows to look at: unsound, or of a declared repair."""
        arms = [f"({sound_case(self.writing, self._first, render)}) is not true"]
        arms += [f"({it.when(render)}) is true" for it in self.repairs if it.is_declared]
        either = "\n    or ".join(arms)
        if self.where is None:
            return f"({either})"
        return f"({either})\nand ({rewrite(self.where.text, render)}) is true"

    @property
    def joins(self) -> str:
        """The stages as SQL that follows ``from ... as s0``."""
        return "\n".join(self._stage(n, it) for n, it in enumerate(self.stages, start=1))

    @property
    def is_sound(self) -> str:
        """SQL that is true when the row would be sound."""
        return f"({sound_case(self.writing, self.predicates, self.after)}) is true"

    @property
    def is_changed(self) -> str:
        """SQL that is true when a value would be another."""
        return " or ".join(self.differs(column) for column in self.targets) or "false"

    def differs(self, column: str) -> str:
        """Return SQL that is true when a repair changes *column*."""
        old, new = self.before(column), self.after(column)
        if self.writing.column(column).is_comparable:
            return f"({old} is distinct from {new})"
        return f"({_text(old)} is distinct from {_text(new)})"

    def broken(self, render: Render) -> str:
        """Return SQL for the numbers of the predicates that a row breaks."""
        held = [it.sound(self.writing, render) for it in self.predicates]
        return _numbers([f"case when {it} then null else {n} end" for n, it in enumerate(held)])

    @property
    def applied(self) -> str:
        """SQL for the numbers of the repairs that were used, from 0."""
        return _numbers(
            [f"case when {self.used(n)} then {n} end" for n in range(len(self.repairs))]
        )

    @property
    def still(self) -> str:
        """SQL for the declared repairs that were used and would be used again on the result."""
        arms = [
            f"case when {self.used(n)} and ({it.when(self.after)}) is true then {n} end"
            for n, it in enumerate(self.repairs)
            if it.is_declared
        ]
        return _numbers(arms)

    @property
    def provenance(self) -> str:
        """SQL for the words that an entry keeps as its reason."""
        arms = [
            f"case when {self.used(n)} then {self._told(n)} end" for n in range(len(self.repairs))
        ]
        return _joined(arms)

    @property
    def others(self) -> str:
        """SQL for the words that say which rows hold what a row holds; null where none does."""
        return claim_repairs.others(self.writing, self.after, self.before)

    def _told(self, number: int) -> str:
        it = self.repairs[number]
        if it.because is None:
            return literal(it.provenance)
        stage = next(n for n, group in enumerate(self.stages) if number in group)
        return f"concat({literal(it.provenance)}, {it.because(lambda c: field(f's{stage}', c))})"

    def _stage(self, number: int, repairs: list[int]) -> str:
        """Return one stage: which of its repairs are used, then the row with them."""
        above = f"s{number - 1}"

        def render(column: str) -> str:
            return field(above, column)

        picks: dict[str, list[int]] = {}
        for it in repairs:
            picks.setdefault(",".join(c for c, _ in self.repairs[it].sets), []).append(it)
        # A CASE asks in order, and no further than the first that holds.
        chosen = [
            "case "
            + " ".join(f"when {self._when(it, number, render)} then {it}" for it in group)
            + f" end as p{place}"
            for place, group in enumerate(picks.values())
        ]
        flags = [
            f"coalesce(p.p{place} = {it}, false) as u{it}"
            for place, group in enumerate(picks.values())
            for it in group
        ]
        values = {column: render(column) for column in self.columns}
        for place, group in enumerate(picks.values()):
            for column, _ in self.repairs[group[0]].sets:
                arms = " ".join(
                    f"when {it} then {self._value_of(it, column, render)}" for it in group
                )
                values[column] = f"case p.p{place} {arms} else {render(column)} end"
        listed = [*flags, *(f"{v} as {ident(c)}" for c, v in values.items())]
        return (
            "cross join lateral (\n    select\n        " + ",\n        ".join(listed) + "\n"
            "    from (\n        select " + ",\n        ".join(chosen) + "\n        offset 0\n"
            f"    ) as p\n    offset 0\n) as s{number}"
        )

    def _when(self, number: int, stage: int, render: Render) -> str:
        repair = self.repairs[number]
        when = f"({repair.when(render)}) is true"
        if won := self._won(number, stage):
            when = f"{when} and ({won}) is not true"
        if repair.must_mend_all:
            sets = {c: self._value_of(number, c, render) for c, _ in repair.sets}
            rules = row_predicates(self.writing)
            mended = sound_case(self.writing, rules, lambda c: sets[c] if c in sets else render(c))
            when = f"{when} and ({mended}) is true"
        return when

    def _value_of(self, number: int, column: str, render: Render) -> str:
        value = dict(self.repairs[number].sets)[column]
        return self._cast(column, value(render))

    def _won(self, number: int, stage: int) -> str:
        """Return SQL that is true where a declared repair has set what a proposed one would."""
        if self.repairs[number].is_declared:
            return ""
        mine = {column for column, _ in self.repairs[number].sets}
        above = [n for it in self.stages[: stage - 1] for n in it]
        return " or ".join(
            self.used(n)
            for n in above
            if self.repairs[n].is_declared and mine & {c for c, _ in self.repairs[n].sets}
        )

    def _cast(self, column: str, value: str) -> str:
        return f"({value})::{uncut_type(self.writing, column)}"


def all_repairs(writing: Writing) -> tuple[RowRepair, ...]:
    """Return the declared repairs of a machine, then what its rules propose."""
    declared = [_declared(it) for it in writing.machine.repairs]
    taken = {it.name for it in declared}
    others = [
        replace(it, name=f"{it.rule}_{it.name}") if it.name in taken else it
        for it in proposed(writing)
    ]
    return (*declared, *others)


def uncut_type(writing: Writing, column: str) -> str:
    """Return the type to which a value of *column* is cast, so that nothing of it is cut."""
    base = writing.column(column).base_type
    return _UNCUT.get(base, base)


def _declared(repair: Repair) -> RowRepair:
    told = ", ".join(f"{column} = {' '.join(value.text.split())}" for column, value in repair.sets)
    shown = told if len(told) <= _SHOWN else f"{told[:_SHOWN]}..."
    return RowRepair(
        "",
        "declared",
        repair.name,
        lambda render: rewrite(repair.when.text, render),
        tuple((column, _value(value.text)) for column, value in repair.sets),
        f"{repair.name}: {shown}",
        stage="declared",
        is_declared=True,
    )


def _value(text: str) -> Callable[[Render], str]:
    return lambda render: rewrite(text, render)


def _numbers(arms: Sequence[str]) -> str:
    if not arms:
        return _NONE
    listed = ",\n    ".join(arms)
    return f"array_remove(array[\n    {listed}\n]::integer[], null)"


def _text(name: str) -> str:
    return f"case when {name} is not null then concat({name}) end"


def _joined(arms: Sequence[str]) -> str:
    """Return SQL for all *arms* that are not null, with commas between; a function takes 100."""
    groups = [arms[n : n + 90] for n in range(0, len(arms), 90)]
    calls = [f"concat_ws('; ', {', '.join(group)})" for group in groups]
    if len(calls) == 1:
        return calls[0]
    return f"concat_ws('; ', {', '.join(f'nullif({it}, {literal(str())})' for it in calls)})"
