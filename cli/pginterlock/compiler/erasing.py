"""The SQL that erases the values of one key: nothing else passes the triggers of a history.

Pure: names and types in, SQL text out. The key comes in as parameters ``key_0``, ``key_1``, ...
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pginterlock import assets
from pginterlock.compiler.leaves import (
    CLAIMED,
    ERASED,
    NOT_NULL_ERASABLE,
    Relation,
    commitment,
)
from pginterlock.names import array, ident, literal
from pginterlock.template import fill

_NUMBERS = ("smallint", "integer", "bigint")
_OF_VIOLATION = ("reason", "statement", *CLAIMED)


@dataclass(frozen=True, slots=True)
class Erasing:
    """The statements that erase one key of *relation*; *keys* are the columns of its key."""

    relation: Relation
    keys: Sequence[str]

    @property
    def found(self) -> str:
        """The question what there is to erase."""
        return self._fill("erase_found.sql")

    def mark(self, journal_id: int, variants: Sequence[Sequence[str]]) -> str:
        """Return the statement that marks the entries; *variants* are what seals hashed apart."""
        arms = [
            f"when {_texts(erasable)} then {commitment(self.relation, erasable, 'a.salt')}"
            for erasable in variants
        ]
        return self._fill(
            "erase_mark.sql",
            commitment=f"case a.erasable {' '.join(arms)} end",
            erasable=_texts(self.relation.erasable),
            journal_id=str(journal_id),
        )

    def values(self, journal_id: int, variants: Sequence[Sequence[str]]) -> str:
        """Return the statements that take values and salts."""
        columns = sorted({name for erasable in variants for name in erasable})
        sets = (
            f"{ident(c)} = case when {literal(c)} = any(e.erased) then {_nothing(c)}"
            f" else a.{ident(c)} end"
            for c in columns
        )
        return self._fill(
            "erase_values.sql", assignments=",\n    ".join(sets), journal_id=str(journal_id)
        )

    @property
    def violations(self) -> str:
        """The statement that takes the values of violations."""
        columns = [c for c in _OF_VIOLATION if c in self.relation.erasable]
        sets = (f"{ident(c)} = {_nothing(c)}" for c in columns)
        return self._fill("erase_violations.sql", assignments=", ".join(sets))

    def _fill(self, template: str, **slots: str) -> str:
        match = (f"a.{ident(key)} = {self._value(n)}" for n, key in enumerate(self.keys))
        pairs = (
            f"{literal(key.removeprefix('key_'))}, {self._json(n)}"
            for n, key in enumerate(self.keys)
        )
        return fill(
            assets.read("sql", "templates", template),
            {
                "relation": self.relation.name,
                "history_name": self.relation.name,
                "machine": self.relation.machine,
                "key_match": " and ".join(match),
                "key_json": f"jsonb_build_object({', '.join(pairs)})",
                **slots,
            },
        )

    def _type(self, number: int) -> str:
        return next(c.type for c in self.relation.columns if c.name == self.keys[number])

    def _value(self, number: int) -> str:
        return f"%(key_{number})s::{self._type(number)}"

    def _json(self, number: int) -> str:
        value = self._value(number)
        return value if self._type(number) in _NUMBERS else f"concat({value})"


def _nothing(column: str) -> str:
    return literal(ERASED) if column in NOT_NULL_ERASABLE else "null"


def _texts(names: Sequence[str]) -> str:
    return f"{array(list(names))}::text[]"
