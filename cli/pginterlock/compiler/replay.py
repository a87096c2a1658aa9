"""Queries that hold a history against itself and against the rows: continuity (IL10).

Pure: model, table and versions in, SQL text out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from pginterlock import assets
from pginterlock.compiler.machine_names import MachineNames
from pginterlock.compiler.relations import key_columns
from pginterlock.compiler.removal import qualified
from pginterlock.model import Mode
from pginterlock.names import ident, literal
from pginterlock.rules.parts import Writing, indent
from pginterlock.template import fill


@dataclass(frozen=True, slots=True)
class Version:
    """What a machine allowed once: the moves, births and deaths after entry *after_entry*.

    *moves* are (event, from_state, to_state).
    """

    number: int
    after_entry: int
    mode: Mode
    initial: tuple[str, ...]
    deletion: tuple[str, ...]
    moves: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Replay:
    """The two questions of a replay.

    *whether* returns one row: ``broken_count``, ``gone_count``, ``adopted_count`` and
    ``adopted_digest``. *where*, asked only when something is broken, returns for each ``what`` the
    ``entry_count`` and ``samples``.
    """

    whether: str
    where: str


def version_of(number: int, after_entry: int, definition: Mapping[str, object]) -> Version:
    """Return the version that the registry keeps as *definition*.

    Raises ValueError where it is none: somebody else has written there.
    """
    try:
        moves = _items(definition["transitions"])
        return Version(
            number,
            after_entry,
            Mode(str(definition["mode"])),
            _texts(definition["initial"]),
            _texts(definition["deletion"]),
            tuple((str(m["event"]), str(m["from_state"]), str(m["to_state"])) for m in moves),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"version {number} is no machine") from error


def _items(value: object) -> list[dict[str, object]]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(it) for it in _items(value))


def replay(
    writing: Writing,
    versions: Sequence[Version],
    adopted_after: int | str,
    *,
    without: tuple[str, str] | None = None,
) -> Replay:
    """Return the replay of what the machine's history holds after entry *adopted_after*.

    That is an id, or SQL for one.

    *without* leaves out the entries from one moment to before another, as if they were not there.
    """
    is_kept = "true"
    if without:
        begin, end = map(literal, without)
        is_kept = f"not (at >= {begin}::timestamptz and at < {end}::timestamptz)"

    def of_table(column: str) -> str:
        return f"t.{ident(column)}"

    keys = ", ".join(ident(column) for column in key_columns(writing))
    stored = [f"{writing.stored(c, of_table)} as {ident('key_' + c)}" for c in writing.key]
    pairs = ", ".join(f"{literal(c)}, {ident('key_' + c)}" for c in writing.key)
    entry = f"'entry', case when id < {_NOW} then id end"
    slots = {
        "audit_name": MachineNames(writing.machine.name).audit,
        "relation": qualified(writing.table.name),
        "key_list": keys,
        "row_key": ", ".join(stored),
        "row_state": writing.state_text(of_table),
        "adopted_after": str(adopted_after),
        "is_kept": is_kept,
        "legality": indent(_legality(versions), 4).lstrip(),
    }
    where = {**slots, "sample_key": f"jsonb_build_object({pairs}, {entry})"}
    return Replay(
        fill(assets.read("sql", "templates", "replay.sql"), slots),
        fill(assets.read("sql", "templates", "replay_breaks.sql"), where),
    )


# The place of a row of the table in the life of its key: after every entry.
_NOW = 9223372036854775807


def _legality(versions: Sequence[Version]) -> str:
    """Return SQL that is true of entries which the version then in force did not allow."""
    ordered = sorted(versions, key=lambda it: it.number)
    if not ordered:
        return "false"
    arms = [
        f"when id <= {after.after_entry} then {_is_illegal(version)}"
        for version, after in pairwise(ordered)
    ]
    last = _is_illegal(ordered[-1])
    return "\n".join(["case", indent("\n".join([*arms, f"else {last}"])), "end"]) if arms else last


def _is_illegal(version: Version) -> str:
    """Return SQL that is true of an entry that *version* did not allow."""
    if version.mode is Mode.OBSERVE:
        return "kind not in ('birth', 'move', 'change', 'death')"
    return "\n".join(
        [
            "case kind",
            f"    when 'move' then ({_is_move(version)}) is not true",
            f"    when 'birth' then ({_is_one_of('to_state', version.initial)}) is not true",
            f"    when 'death' then ({_is_one_of('from_state', version.deletion)}) is not true",
            "    when 'change' then from_state is distinct from to_state",
            "    else true",
            "end",
        ]
    )


def _is_move(version: Version) -> str:
    """Return SQL that is true of a move that *version* lists, by its event.

    In a ratchet a row that stood in no known state may go anywhere.
    """
    arms = []
    for origin, leaving in groupby(sorted(version.moves, key=_ends), key=lambda it: it[1]):
        inner = [
            f"when {literal(target)} then event in ({', '.join(literal(e) for e, _, _ in same)})"
            for target, same in groupby(leaving, key=lambda it: it[2])
        ]
        arms.append(f"when {literal(origin)} then case to_state {' '.join(inner)} else false end")
    if not arms:
        return "false"
    known = {state for _, *ends in version.moves for state in ends}
    rest = "false"
    if version.mode is Mode.RATCHET:
        rest = f"from_state not in ({', '.join(literal(s) for s in sorted(known))})"
    return f"case from_state {' '.join(arms)} else {rest} end"


def _ends(move: tuple[str, str, str]) -> tuple[str, str]:
    return move[1], move[2]


def _is_one_of(subject: str, states: Sequence[str]) -> str:
    if not states:
        return "false"
    return f"{subject} in ({', '.join(literal(s) for s in states)})"
