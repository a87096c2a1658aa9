"""Queries that hold a history against itself and against the rows: continuity (IL10).

Pure: model, table and versions in, SQL text out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from pginterlock import assets
from pginterlock.choices import Mode, resolve_mode
from pginterlock.compiler.machine_names import MachineNames
from pginterlock.compiler.relations import key_columns
from pginterlock.compiler.removal import qualified
from pginterlock.names import ident, literal
from pginterlock.rules import birth, death, transition
from pginterlock.rules.parts import Writing, indent, is_state
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
    states: tuple[str, ...] = ()
    modes: tuple[tuple[str, Mode], ...] = ()

    def mode_of(self, rule: str) -> Mode:
        """Return the mode that *rule* had."""
        return resolve_mode(self.modes, self.mode, rule)


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
        moves = [
            (str(m["event"]), str(m["from_state"]), str(m["to_state"]))
            for m in _items(definition["transitions"])
        ]
        ends = (state for _, *both in moves for state in both)
        states = (*_texts(definition["initial"]), *ends, *_texts(definition["final"]))
        return Version(
            number,
            after_entry,
            Mode(str(definition["mode"])),
            _texts(definition["initial"]),
            _texts(definition["deletion"]),
            tuple(moves),
            tuple(dict.fromkeys(states)),
            # A version from before there were modes of rules has none.
            tuple(
                (str(rule), Mode(str(mode))) for rule, mode in _items(definition.get("modes", []))
            ),
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
    has_bypasses: bool = False,
) -> Replay:
    """Return the replay of what the machine's history holds after entry *adopted_after*.

    That is an id, or SQL for one.

    *without* leaves out the entries from one moment to before another, as if they were not there.
    *has_bypasses* looks up whether the bypass was open that an entry says let it through; where the
    machine has had none, such an entry is illegal as it stands.
    """
    # What was reconstructed tells of a time before the machine; no row is held against it.
    is_kept = "kind <> 'reconstructed'"
    if without:
        begin, end = map(literal, without)
        is_kept += f" and not (at >= {begin}::timestamptz and at < {end}::timestamptz)"

    def of_table(column: str) -> str:
        return f"t.{ident(column)}"

    keys = ", ".join(ident(column) for column in key_columns(writing))
    stored = [f"{writing.stored(c, of_table)} as {ident('key_' + c)}" for c in writing.key]
    pairs = ", ".join(f"{literal(c)}, {ident('key_' + c)}" for c in writing.key)
    entry = f"'entry', case when id < {_NOW} then id end"
    slots = {
        "audit_name": MachineNames(writing.machine.name).audit,
        "kind_of": _kind(writing) if has_bypasses else "a.kind",
        "relation": qualified(writing.table.name),
        "key_list": keys,
        "row_key": ", ".join(stored),
        "row_state": writing.state_text(of_table),
        "adopted_after": str(adopted_after),
        "is_kept": is_kept,
        "legality": indent(_legality(versions, _LIFTED if has_bypasses else ()), 4).lstrip(),
    }
    where = {**slots, "sample_key": f"jsonb_build_object({pairs}, {entry})"}
    return Replay(
        fill(assets.read("sql", "templates", "replay.sql"), slots),
        fill(assets.read("sql", "templates", "replay_breaks.sql"), where),
    )


def _kind(writing: Writing) -> str:
    """Return SQL for the kind of an entry, with what a bypass lifted made plain."""
    text = assets.read("sql", "templates", "replay_kind.plpgsql")
    return indent(fill(text, {"machine": writing.machine.name}), 3).lstrip()


# What `_kind` calls entries that a bypass allowed.
_LIFTED = ("lifted", "lifted birth", "lifted death")
# The place of a row of the table in the life of its key: after every entry.
_NOW = 9223372036854775807


def _legality(versions: Sequence[Version], lifted: tuple[str, ...]) -> str:
    """Return SQL that is true of entries which the version then in force did not allow.

    Kinds that are *lifted* are allowed by all.
    """
    ordered = sorted(versions, key=lambda it: it.number)
    if not ordered:
        return "false"
    arms = [
        f"when id <= {after.after_entry} then {_is_illegal(version, lifted)}"
        for version, after in pairwise(ordered)
    ]
    last = _is_illegal(ordered[-1], lifted)
    return "\n".join(["case", indent("\n".join([*arms, f"else {last}"])), "end"]) if arms else last


def _is_illegal(version: Version, lifted: tuple[str, ...]) -> str:
    """Return SQL that is true of an entry that *version* did not allow."""
    allowed = {
        ("move", transition.NAME): _is_move(version),
        ("birth", birth.NAME): _is_one_of("to_state", version.initial),
        ("death", death.NAME): _is_one_of("from_state", version.deletion),
    }
    if all(version.mode_of(rule) is Mode.OBSERVE for _, rule in allowed):
        known = ", ".join(map(literal, ("birth", "move", "change", "death", "backfill", *lifted)))
        return f"kind not in ({known})"
    arms = [
        f"    when {literal(kind)} then {_unless_observed(version, rule, asked)}"
        for (kind, rule), asked in allowed.items()
    ]
    changed = "    when 'change' then from_state is distinct from to_state"
    rest = f"    else not ({is_state('kind', lifted)})" if lifted else "    else true"
    # A repair moves as no user may, but to a state of the machine.
    mended = f"    when 'backfill' then ({_is_one_of('to_state', version.states)}) is not true"
    return "\n".join(["case kind", *arms, changed, mended, rest, "end"])


def _unless_observed(version: Version, rule: str, asked: str) -> str:
    """Return SQL that is true of an entry that *rule* refuses: none where it only observed."""
    return "false" if version.mode_of(rule) is Mode.OBSERVE else f"({asked}) is not true"


def _is_move(version: Version) -> str:
    """Return SQL that is true of a move that *version* lists, by its event.

    In a ratchet a row that stood in no known state may go anywhere (and be refused by IL11).
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
    rest = "false"
    if version.mode_of(transition.NAME) is Mode.RATCHET:
        rest = f"({_is_one_of('from_state', version.states)}) is not true"
    return f"case from_state {' '.join(arms)} else {rest} end"


def _ends(move: tuple[str, str, str]) -> tuple[str, str]:
    return move[1], move[2]


def _is_one_of(subject: str, states: Sequence[str]) -> str:
    if not states:
        return "false"
    return f"{subject} in ({', '.join(literal(s) for s in states)})"
