"""IL02, birth: a row begins in an initial state, and a deleted key is not used again."""

from pginterlock import assets
from pginterlock.choices import Mode
from pginterlock.errors import IllegalBirth
from pginterlock.names import array, cut, ident, literal
from pginterlock.rules import known_state
from pginterlock.rules.parts import Verdict, Writing, block, indent, is_state, listing, new, renamed
from pginterlock.template import fill

ERROR = IllegalBirth
CODE = IllegalBirth.code
NAME = "birth"


def has_tombstones(writing: Writing) -> bool:
    """Whether keys of deleted rows are kept: where deletion is allowed, or once was."""
    return bool(writing.machine.deletion) or writing.table.has_tombstones


def tombstone_name(machine: str) -> str:
    """Return the name of the table of deleted keys."""
    return cut(f"{machine}_tombstone")


def at_birth(writing: Writing) -> list[str]:
    """Return the judgement of an insert."""
    wrong = f"({is_state('v_to', writing.machine.initial)}) is not true"
    first = known_state.first_of_all(writing)
    verdict = _initial(writing, "true" if first else wrong)
    statements = [f"if {wrong} then\n{block([first, verdict])}\nend if;" if first else verdict]
    if has_tombstones(writing):
        statements.append(_second_life(writing))
        if writing.machine.mode_of(NAME) is not Mode.OBSERVE:
            statements.append(_unseen_death(writing))
    return statements


def is_initial(writing: Writing) -> str:
    """Return SQL that is true of an initial state, with every operator named in full."""
    return _is_one_of(writing.machine.initial)


def before_birth(writing: Writing) -> str:
    """Return an early verdict for the sake of its message; the one that counts is `at_birth`.

    It is for a row in a late state. One whose key is there already may be half of an upsert, which
    will move the row that is there, or the server refuses it. Whoever may not look is not told.
    """
    name = writing.table.name
    same = " and ".join(_same(writing, column) for column in writing.key)
    relation = f"{ident(name.schema)}.{ident(name.name)}"
    root = "tg_relid"
    if writing.table.is_partitioned:
        root = "coalesce(pg_catalog.pg_partition_root(tg_relid), tg_relid)"
    return fill(
        assets.read("sql", "templates", "early_birth.plpgsql"),
        {
            # A state that is not one of the machine's is left to the row rules: IL11 says more.
            "known": f"{_is_one_of(writing.machine.states)} is true",
            "schema_name": name.schema,
            "root": root,
            "is_new": f"not exists (select from {relation} as t where {same})",
            "machine": writing.machine.name,
            "verdict": indent(_initial(writing, "v_kind is null", is_early=True), 2),
        },
    )


def _is_one_of(states: tuple[str, ...]) -> str:
    arms = " or ".join(f"v_to operator(pg_catalog.=) {literal(state)}" for state in states)
    return f"({arms})"


def _same(writing: Writing, column: str) -> str:
    there, wanted = f"t.{ident(column)}", new(column)
    if not writing.column(column).is_comparable:
        there, wanted = f"pg_catalog.concat({there})", f"pg_catalog.concat({wanted})"
    return f"{there} operator(pg_catalog.=) {wanted}"


def _initial(writing: Writing, condition: str, *, is_early: bool = False) -> str:
    machine = writing.machine
    verdict = Verdict(
        condition,
        CODE,
        NAME,
        "pg_catalog.concat(': a row may not begin as ', coalesce(v_to, 'null'))",
        literal(f"A row begins as {listing(machine.initial)}{renamed(machine, *machine.initial)}"),
        machine.state,
        array(machine.initial),
        is_liftable=not is_early,
    )
    return writing.write(verdict, new, origin="null")


def _second_life(writing: Writing) -> str:
    same = writing.key_match("t", new)
    table = f"interlock.{ident(tombstone_name(writing.machine.name))}"
    verdict = Verdict(
        f"exists (select from {table} as t where {same})",
        CODE,
        NAME,
        "': this key was used before, and its row deleted'",
        "'Use a new key: a history belongs to one row'",
        writing.key[0],
        is_liftable=True,
    )
    return writing.write(verdict, new, origin="null")


def _unseen_death(writing: Writing) -> str:
    """Return what finds a delete that a transaction with one snapshot cannot see."""
    keys = {ident(f"key_{c}"): writing.stored(c, new) for c in writing.key}
    return fill(
        assets.read("sql", "templates", "second_life.plpgsql"),
        {
            "relation_name": tombstone_name(writing.machine.name),
            "columns": ", ".join([*keys, "state_name"]),
            "expressions": ", ".join([*keys.values(), "v_to"]),
            "same_key": writing.key_match("t", new),
        },
    )
