"""Whether a machine fits its table: names, types, key, and what PostgreSQL cannot promise there.

Pure: model and table in, problems out.
"""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pginterlock.choices import Checks
from pginterlock.elements import Expression, TableName
from pginterlock.fit_mirrors import mirrors, named_targets
from pginterlock.model import Machine, SpecPath
from pginterlock.names import literal
from pginterlock.rules import checked_predicates
from pginterlock.rules.claim_terms import is_held
from pginterlock.rules.parts import Writing
from pginterlock.table import Column, Kind, Table

# PostgreSQL's limit on the arguments of a function.
_MAX_ARGUMENTS = 100
_RELATIONS = {"v": "a view", "m": "a materialized view", "f": "a foreign table"}


@dataclass(frozen=True, slots=True)
class Problem:
    """What does not fit, and where in the spec it stands."""

    path: SpecPath
    message: str


def no_such_table(machine: Machine, there: Iterable[TableName]) -> Problem:
    """Return the problem of a machine whose table does not exist."""
    close = difflib.get_close_matches(str(machine.table), [str(name) for name in there], n=1)
    return Problem(
        ("machines", machine.name, "table"),
        f"table {machine.table} does not exist{_meant(close)}",
    )


def no_such_targets(machine: Machine, table: Table, there: Iterable[TableName]) -> list[Problem]:
    """Return a problem for each other table that *machine* speaks of and that does not exist."""
    known = [str(name) for name in there]
    return [
        Problem(
            ("machines", machine.name, *path),
            f"table {name} does not exist"
            f"{_meant(difflib.get_close_matches(str(name), known, n=1))}",
        )
        for path, name in named_targets(machine)
        if table.target(name) is None
    ]


def no_such_roles(machine: Machine, there: Iterable[str]) -> list[Problem]:
    """Return a problem for each role of *machine* that is not one of those *there*."""
    known = list(there)
    asked: dict[tuple[SpecPath, str], None] = {
        ((t.event, "by"), role): None for t in machine.transitions for role in t.by
    }
    for t in machine.transitions:
        if t.approvals:
            asked |= {((t.event, "approvals", "by"), role): None for role in t.approvals.by}
    return [
        Problem(
            ("machines", machine.name, "transitions", *place),
            f"role {role!r} does not exist{_meant(difflib.get_close_matches(role, known, n=1))}",
        )
        for place, role in asked
        if role not in known
    ]


def fit(machine: Machine, table: Table) -> list[Problem]:
    """Return everything that keeps *machine* from being put on *table*."""
    root: SpecPath = ("machines", machine.name)
    missing = [Problem(root + path, text) for path, text in _missing(machine, table)]
    if missing:
        return missing
    found = [*_relation(table), *_key(machine, table), *_state(machine, table)]
    found += [*_columns(machine, table), *_repairs(machine, table)]
    found += [*_claims(machine, table), *_funnel(machine, table), *_reactions(machine, table)]
    found += [*mirrors(machine, table)]
    if not found:
        found += [*_size(machine, table)]
    return [Problem(root + path, text) for path, text in found]


_Found = Iterator[tuple[SpecPath, str]]


def _missing(machine: Machine, table: Table) -> _Found:
    names = [column.name for column in table.columns]
    seen: set[str] = set()
    for path, column in named_columns(machine):
        if column not in names and column not in seen:
            seen.add(column)
            close = difflib.get_close_matches(column, names, n=1)
            yield path, f"table {table.name} has no column {column!r}{_meant(close)}"


def column_names(machine: Machine) -> list[str]:
    """Return every column of its table that *machine* names, each once."""
    return list(dict.fromkeys(column for _, column in named_columns(machine)))


def named_columns(machine: Machine) -> Iterator[tuple[SpecPath, str]]:
    """Yield every column that the machine names, and where."""
    yield ("state",), machine.state
    yield from ((("key",), column) for column in machine.key)
    yield from ((("stamps", stamp.column), stamp.column) for stamp in machine.stamps)
    yield from _named_in_states(machine)
    for part, condition in _conditions(machine):
        yield from ((part, column) for column in condition.columns)
    for repair in machine.repairs:
        path: SpecPath = ("repairs", repair.name)
        yield from (((*path, "when"), c) for c in repair.when.columns)
        for column, value in repair.sets:
            yield (*path, "set", column), column
            yield from (((*path, "set", column), c) for c in value.columns)
    yield from _named_between(machine)
    for number, column in enumerate(machine.audit.columns):
        yield ("audit", "columns", number), column


def _named_between(machine: Machine) -> Iterator[tuple[SpecPath, str]]:
    """Yield the columns by which a row has to do with other rows."""
    for claim in machine.claims:
        for number, column in enumerate(claim.resource):
            yield ("claims", claim.name, "resource", number), column
        for column in claim.during.columns if claim.during else ():
            yield ("claims", claim.name, "during"), column
    for mirror in machine.mirrors:
        yield ("mirrors", mirror.name, "key"), mirror.key
    for move in machine.transitions:
        if move.guard_on:
            yield ("transitions", move.event, "guard", "key"), move.guard_on.key


def _conditions(machine: Machine) -> Iterator[tuple[SpecPath, Expression]]:
    for transition in machine.transitions:
        if transition.guard:
            yield ("transitions", transition.event, "guard"), transition.guard
    yield from ((("invariants", it.name), it.check) for it in machine.invariants)
    yield from ((("reactions", it.name, "when"), it.when) for it in machine.reactions)


def _named_in_states(machine: Machine) -> Iterator[tuple[SpecPath, str]]:
    for row in machine.rows:
        for part in ("require", "forbid", "freeze", "clear"):
            for number, column in enumerate(getattr(row, part)):
                if column != "*":
                    yield ("states", row.state, part, number), column


def _relation(table: Table) -> _Found:
    if kind := _RELATIONS.get(table.relation_kind):
        yield ("table",), f"{table.name} is {kind}; a machine needs a table"
    if table.name.schema == "interlock":
        yield ("table",), f"{table.name} is one of ours; a machine guards a table of yours"
    if table.persistence == "t":
        yield ("table",), f"{table.name} is a temporary table"


def _key(machine: Machine, table: Table) -> _Found:
    if machine.key:
        unique = [set(key) for key in (table.primary_key, *table.unique_keys) if key]
        if set(machine.key) not in unique:
            yield (
                ("key",),
                (
                    f"({', '.join(machine.key)}) is no primary key and no unique key of columns"
                    f" that are not null; a key tells one row from all others"
                ),
            )
    elif not table.primary_key:
        yield (
            ("table",),
            (f"table {table.name} has no primary key: add one, or name a unique key in `key:`"),
        )
    for column in machine.key or table.primary_key:
        if column == machine.state:
            yield ("key",), f"the state column {column!r} cannot be part of the key"


def _state(machine: Machine, table: Table) -> _Found:
    column = table.column(machine.state)
    if column is None:
        return
    if column.kind not in (Kind.TEXT, Kind.ENUM):
        yield (
            ("state",),
            (
                f"column {column.name!r} is {column.type}; a state is text, varchar, char, an"
                " enum, or a domain over one of them"
            ),
        )
    if column.is_generated:
        yield ("state",), f"column {column.name!r} is generated; nothing can move it"
    if column.kind is Kind.ENUM:
        for state in machine.states:
            if state not in column.labels:
                close = difflib.get_close_matches(state, column.labels, n=1)
                add = f"alter type {column.base_type} add value {literal(state)}"
                told = _meant(close) or f"; first, in a transaction of its own: {add}"
                yield ("state",), f"{column.type} has no label {state!r}{told}"


def _columns(machine: Machine, table: Table) -> _Found:
    for stamp in machine.stamps:
        column = table.column(stamp.column)
        if column is not None and (column.kind is not Kind.MOMENT or column.is_generated):
            what = "generated" if column.is_generated else column.type
            yield (
                ("stamps", stamp.column),
                (f"column {column.name!r} is {what}; a stamp is timestamptz, timestamp or date"),
            )
    cleared = [
        (row.state, number, table.column(name))
        for row in machine.rows
        for number, name in enumerate(row.clear)
    ]
    for state, number, column in cleared:
        if column is not None and (column.is_not_null or column.is_generated):
            yield (
                ("states", state, "clear", number),
                (f"column {column.name!r} is {_why(column)}; it cannot be cleared"),
            )


def _funnel(machine: Machine, table: Table) -> _Found:
    """Yield what keeps a funnel from being tight, or makes it lend more than was taken."""
    if not machine.funnel:
        return
    ours = {it.grantee for it in table.taken}
    for it in table.updaters:
        shut = [column for column in it.columns if column in machine.funnel]
        # Who has columns from the funnel itself loses those that it shuts from now on.
        if shut and not it.is_whole and it.grantee not in ours:
            told = f"{it.grantee} may update {', '.join(shut)} of {table.name} by column"
            yield ("funnel",), f"{told}: revoke that, or grant it the update of the table"
        if it.is_whole and not it.is_reader:
            told = f"{it.grantee} may update {table.name}, and not read it: grant it select"
            yield ("funnel",), f"{told}, for fire tells the state"
    if table.has_row_security:
        yield ("funnel",), f"{table.name} has row security, which a funnel would not keep"
    if table.is_owner_powerful:
        yield (
            ("funnel",),
            (
                f"{table.owner}, who owns {table.name}, is a superuser or a member of the owner of"
                " schema interlock, and the triggers of the table would run with those rights: give"
                " the table to a role that owns nothing else"
            ),
        )
    for partition in table.open_partitions:
        yield ("funnel",), f"others may update partition {partition}: revoke that"


def _repairs(machine: Machine, table: Table) -> _Found:
    """Yield what no repair may set: the key, for a history belongs to it, and what is generated."""
    for repair in machine.repairs:
        for name, _ in repair.sets:
            column = table.column(name)
            if name in (machine.key or table.primary_key):
                told = f"the key {name!r} cannot be repaired: a history belongs to one key"
                yield ("repairs", repair.name, "set", name), told
            elif column is not None and column.is_generated:
                told = f"column {name!r} is generated; it follows the columns it is made of"
                yield ("repairs", repair.name, "set", name), told


def _reactions(machine: Machine, table: Table) -> _Found:
    """Yield what no BEFORE trigger can read: generated columns are computed after it."""
    for it in machine.reactions:
        guards = [t.guard for t in machine.transitions if t.event == it.event and t.guard]
        for name in dict.fromkeys(c for part in (it.when, *guards) for c in part.columns):
            column = table.column(name)
            if column is not None and column.is_generated:
                told = f"column {name!r} is generated, after reactions are made: name what it is of"
                yield ("reactions", it.name, "when"), told


def _why(column: Column) -> str:
    return "generated" if column.is_generated else "not null"


def _claims(machine: Machine, table: Table) -> _Found:
    """Find claims that no index of a partitioned table can hold."""
    if not table.is_partitioned:
        return
    for claim in machine.claims:
        if not is_held(Writing(machine, table), claim):
            continue
        missing = [it for it in table.partition_columns if it not in claim.resource]
        if missing:
            yield (
                ("claims", claim.name, "resource"),
                (
                    f"{table.name} is partitioned by {', '.join(table.partition_columns)}: an index"
                    f" sees one partition at a time, so the resource must have {', '.join(missing)}"
                ),
            )
        elif claim.during and not table.can_exclude:
            yield (
                ("claims", claim.name, "during"),
                (
                    f"{table.name} is partitioned, and this server knows no exclusion constraint on"
                    " such a table: PostgreSQL does from version 17 on"
                ),
            )


def _size(machine: Machine, table: Table) -> _Found:
    writing = Writing(machine, table)
    checked = checked_predicates(writing)
    if not checked or machine.checks is not Checks.FUNCTION:
        return
    read = {machine.state, *writing.key}
    read |= {column for p in checked for column in p.columns}
    if len(read) > _MAX_ARGUMENTS:
        yield (
            ("checks",),
            (
                f"the row rules read {len(read)} columns, and a function takes {_MAX_ARGUMENTS}:"
                " use `checks: native` or `checks: trigger`"
            ),
        )


def _meant(close: list[str]) -> str:
    return f"; did you mean {close[0]!r}?" if close else ""
