"""The SQL that hashes the entries of one relation: a text that depends on no session.

Pure: names and types in, SQL text out. The text of an entry is made of its columns that are not
null, by name; for each the length of its name, the name, and the value: numbers and times up to a
semicolon, all else behind its length. So a column that is added later changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pginterlock import assets
from pginterlock.names import array, ident, literal
from pginterlock.template import fill

CHUNK_SIZE = 256
CLAIMED = ("actor", "application_name", "client_address")
CLAIMED_BESIDE = "claimed_actor"  # of whoever wrote, where a reaction moved the row
ALWAYS_ERASABLE = ("reason", "statement")
ERASED = "(erased)"
NOT_NULL_ERASABLE = ("application_name", "statement")
_TEXT = ("text", "character varying")
# Their text never holds a semicolon.
_PLAIN = (
    *("smallint", "integer", "bigint", "numeric", "real", "double precision", "boolean", "xid8"),
    *("timestamp with time zone", "timestamp without time zone", "date", "uuid", "inet"),
)
_ITEMS_A_CALL = 20  # of four arguments at most: a function takes a hundred


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a relation that is sealed."""

    name: str
    type: str
    is_not_null: bool


@dataclass(frozen=True, slots=True)
class Relation:
    """A history, or the journal, as it stands in the database."""

    name: str
    machine: str
    columns: tuple[Column, ...]
    erasable: tuple[str, ...] = ()
    retain: str | None = None

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names of the columns, in the order in which they are hashed."""
        return tuple(sorted(it.name for it in self.columns))

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns of the key."""
        return tuple(it.name for it in self.columns if it.name.startswith("key_"))


@dataclass(frozen=True, slots=True)
class Window:
    """The transactions from one on, and before another; *is_restored*: and those of a server past.

    After a dump and restore the ids of transactions begin anew: what is above all that this server
    has given out is of the server before.
    """

    from_xid: int
    upto_xid: int | None = None
    is_restored: bool = False

    @property
    def sql(self) -> str:
        """SQL that is true of an entry ``a`` of this window."""
        arms = [f"a.transaction_id >= '{self.from_xid}'"]
        if self.upto_xid is not None:
            arms.append(f"a.transaction_id < '{self.upto_xid}'")
        inside = " and ".join(arms)
        if not self.is_restored:
            return f"({inside})"
        past = "a.transaction_id >= pg_snapshot_xmax(pg_current_snapshot())"
        return f"(({inside}) or {past})"


def erasable_columns(asked: Sequence[str], there: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of *there* that are erased when the spec names *asked*."""
    wanted = {*ALWAYS_ERASABLE}
    for name in asked:
        wanted |= {f"old_{name}", f"new_{name}"} | ({name} & set(CLAIMED))
    if "actor" in asked:
        wanted.add(CLAIMED_BESIDE)
    return tuple(sorted(wanted & set(there)))


def leaf(relation: Relation, erasable: Sequence[str], commitment: str) -> str:
    """Return SQL for the leaf of an entry ``a``; *commitment* is SQL for what stands apart."""
    fixed = _text([it for it in relation.columns if it.name not in erasable])
    return f"sha256(decode('00', 'hex') || convert_to({fixed}, 'UTF8') || {commitment})"


def commitment(relation: Relation, erasable: Sequence[str], salt: str) -> str:
    """Return SQL for the hash of the erasable values of an entry ``a`` behind *salt*."""
    return f"sha256({salt} || convert_to({apart(relation, erasable)}, 'UTF8'))"


def apart(relation: Relation, erasable: Sequence[str]) -> str:
    """Return SQL for the text of the erasable values of an entry ``a``."""
    return _text([it for it in relation.columns if it.name in erasable])


def erased_text(erasable: Sequence[str]) -> str:
    """Return SQL for that text once they are erased."""
    left = [it for it in sorted(erasable) if it in NOT_NULL_ERASABLE]
    return literal("".join(f"{len(it)}:{it}{len(ERASED)}:{ERASED}" for it in left))


def in_window(template: str, relation: Relation, window: Window, values: Mapping[str, str]) -> str:
    """Return the query of one file about the entries of *relation* in *window*."""
    return fill(
        assets.read("sql", "templates", template),
        {
            "relation": relation.name,
            "history_name": relation.name,
            "in_window": window.sql,
            **values,
        },
    )


def seal_part(relation: Relation, window: Window, values: Mapping[str, int]) -> str:
    """Return the statement that seals the entries of one range of ids in *window*."""
    own = commitment(relation, relation.erasable, "a.salt")
    return in_window(
        "seal_part.sql",
        relation,
        window,
        {
            "leaf": leaf(relation, relation.erasable, f"coalesce(a.commitment, {own})"),
            "chunk_size": str(CHUNK_SIZE),
            **{name: str(value) for name, value in values.items()},
        },
    )


def check_month(
    relation: Relation, variants: Sequence[Sequence[str]], values: Mapping[str, str]
) -> str:
    """Return the query that holds the entries of one month against their leaves.

    *variants* are the sets of columns that were erasable when one seal or another was made.
    """
    computed, erased = [], []
    for number, erasable in enumerate(variants):
        own = commitment(relation, erasable, "s.salt")
        whole = leaf(relation, erasable, f"coalesce(e.commitment, {own})")
        computed.append(f"when {number} then {whole}")
        erased.append(f"when {number} then {apart(relation, erasable)} = {erased_text(erasable)}")
    cases = ", ".join(f"({n}, {array(list(it))}::text[])" for n, it in enumerate(variants))
    pairs = (f"{literal(k.removeprefix('key_'))}, a.{ident(k)}" for k in relation.keys)
    return fill(
        assets.read("sql", "templates", "seal_check.sql"),
        {
            "relation": relation.name,
            "history_name": relation.name,
            "variants": cases,
            "leaf": f"case s.variant {' '.join(computed)} end",
            "is_erased": f"case s.variant {' '.join(erased)} end",
            "key": f"jsonb_build_object({', '.join(pairs)})",
            **values,
        },
    )


def _text(columns: Sequence[Column]) -> str:
    items = [_item(it) for it in sorted(columns, key=lambda it: it.name)]
    calls = [
        f"concat({', '.join(items[start : start + _ITEMS_A_CALL])})"
        for start in range(0, len(items), _ITEMS_A_CALL)
    ]
    return f"({' || '.join(calls)})" if calls else "''"


def _item(column: Column) -> str:
    head = f"{len(column.name)}:{column.name}"
    value = f"a.{ident(column.name)}"
    if column.type not in _TEXT:
        value = f"{value}::text"
    if column.type in _PLAIN:
        parts = [literal(head), value, "';'"]
    else:
        parts = [literal(head), f"length({value})", "':'", value]
    return ", ".join(parts) if column.is_not_null else " || ".join(parts)
