"""One query that judges every row of a table by every row rule, in one scan.

Pure: model and table in, SQL text out. A CASE over the state asks of a row only what its state
asks (evidence.md, section 2: 3.4 to 4.7 s where ten filters take 5 to 9 s); only rows that fail
are looked at rule by rule.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pginterlock import assets
from pginterlock.compiler.removal import qualified
from pginterlock.compiler.soundness import sound_case
from pginterlock.names import ident, literal
from pginterlock.rules import row_predicates
from pginterlock.rules.parts import RowPredicate, Writing, indent
from pginterlock.template import fill

# Rules in one bigint mask; the sign bit is left alone.
_BITS = 62


@dataclass(frozen=True, slots=True)
class Scan:
    """The query, and the predicates whose numbers it returns (``predicate_number``, from 0)."""

    query: str
    predicates: tuple[RowPredicate, ...]


def scan(writing: Writing, predicates: Sequence[RowPredicate] | None = None) -> Scan:
    """Return the scan of the machine's table by *predicates*; by all of its row rules.

    The query returns a row for each predicate that some rows break: ``predicate_number``,
    ``rule`` (code and words), ``row_count`` and up to ``5`` sample keys as JSON objects.
    """
    predicates = row_predicates(writing) if predicates is None else predicates
    masks = [predicates[i : i + _BITS] for i in range(0, len(predicates), _BITS)]
    columns = [f"{_mask(writing, group)} as mask_{n}" for n, group in enumerate(masks)]
    names = [f"mask_{n}" for n in range(len(masks))]
    arms = [
        f"({literal(_label(p))}, {number}, b.{names[number // _BITS]} & {1 << number % _BITS})"
        for number, p in enumerate(predicates)
    ]
    query = fill(
        assets.read("sql", "templates", "scan.sql"),
        {
            "relation": qualified(writing.table.name),
            "sound": indent(sound_case(writing, predicates, _column)).lstrip(),
            "masks": ",\n        ".join(columns),
            "mask_names": ", ".join(names),
            "arms": ",\n        ".join(arms),
            "sample_key": writing.key_json(lambda column: f"t.{ident(column)}"),
        },
    )
    return Scan(query, tuple(predicates))


def _label(predicate: RowPredicate) -> str:
    name = "" if predicate.name == predicate.rule else f" {predicate.name}"
    return f"{predicate.code} {predicate.rule}{name}"


def _column(name: str) -> str:
    return f"r.{ident(name)}"


def _mask(writing: Writing, predicates: Sequence[RowPredicate]) -> str:
    return "\n        | ".join(
        f"case when {p.sound(writing, _column)} then 0 else {1 << n} end::bigint"
        for n, p in enumerate(predicates)
    )
