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

CLAIMED = ("actor", "application_name", "client_address")
ALWAYS_ERASABLE = ("reason", "statement")
ERASED = "(erased)"
_TEXT = ("text", "character varying")
# Their text never holds a semicolon.
_PLAIN = (
    *("smallint", "integer", "bigint", "numeric", "real", "double precision", "boolean", "xid8"),
    *("timestamp with time zone", "timestamp without time zone", "date", "uuid", "inet"),
)


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
    keys: tuple[str, ...] = ()
    erasable: tuple[str, ...] = ()
    retain: str | None = None

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names of the columns, in the order in which they are hashed."""
        return tuple(sorted(it.name for it in self.columns))

    @property
    def key_json(self) -> str:
        """SQL for the key of an entry ``a`` as a jsonb object."""
        pairs = (f"{literal(k.removeprefix('key_'))}, a.{ident(k)}" for k in self.keys)
        return f"jsonb_build_object({', '.join(pairs)})"


def erasable_columns(asked: Sequence[str], there: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of *there* that are erased when the spec names *asked*."""
    wanted = {*ALWAYS_ERASABLE}
    for name in asked:
        wanted |= {f"old_{name}", f"new_{name}"} | ({name} & set(CLAIMED))
    return tuple(sorted(wanted & set(there)))


def leaf(relation: Relation, erasable: Sequence[str], commitment: str) -> str:
    """Return SQL for the leaf of an entry ``a``; *commitment* is SQL for what stands apart."""
    fixed = [it for it in relation.columns if it.name not in erasable]
    return (
        rf"sha256('\x00'::bytea || convert_to({_text(fixed)}, 'UTF8') || {commitment})"
    )


def commitment(relation: Relation, erasable: Sequence[str], salt: str) -> str:
    """Return SQL for the hash of the erasable values of an entry ``a`` behind *salt*."""
    return f"sha256({salt} || convert_to({apart(relation, erasable)}, 'UTF8'))"


def apart(relation: Relation, erasable: Sequence[str]) -> str:
    """Return SQL for the text of the erasable values of an entry ``a``."""
    return _text([it for it in relation.columns if it.name in erasable])


def erased_text(erasable: Sequence[str]) -> str:
    """Return SQL for that text once they are erased."""
    left = [it for it in sorted(erasable) if it in ("application_name", "statement")]
    return literal("".join(f"{len(it)}:{it}{len(ERASED)}:{ERASED}" for it in left))


def seal_part(relation: Relation, values: Mapping[str, int]) -> str:
    """Return the statement that seals the entries with ids in one range of a window."""
    own = commitment(relation, relation.erasable, "f.salt")
    committed = f"coalesce(a.committed, {own.replace('f.salt', 'a.salt')})"
    return fill(
        assets.read("sql", "templates", "seal_part.sql"),
        {
            "relation": relation.name,
            "leaf": leaf(relation, relation.erasable, committed),
            "column_names": array(relation.column_names),
            "erasable": array(relation.erasable),
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
        computed.append(f"when {number} then {leaf(relation, erasable, f'coalesce(e.commitment, {own})')}")
        erased.append(f"when {number} then {apart(relation, erasable)} = {erased_text(erasable)}")
    cases = ", ".join(f"({n}, {array(list(it))})" for n, it in enumerate(variants))
    return fill(
        assets.read("sql", "templates", "seal_check.sql"),
        {
            "relation": relation.name,
            "variants": cases,
            "leaf": f"case s.variant {' '.join(computed)} end",
            "is_erased": f"case s.variant {' '.join(erased)} end",
            "key": relation.key_json if relation.keys else "null::jsonb",
            **values,
        },
    )


def _text(columns: Sequence[Column]) -> str:
    items = ", ".join(_item(it) for it in sorted(columns, key=lambda it: it.name))
    return f"concat({items})" if items else "''"


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
