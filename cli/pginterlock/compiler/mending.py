"""The statements of a backfill: what it would do, and one batch of doing it.

Pure: model and table in, SQL text out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pginterlock import assets
from pginterlock.compiler.relations import audit_name
from pginterlock.compiler.removal import qualified
from pginterlock.compiler.repairing import Repairing, uncut_type
from pginterlock.names import array, field, ident, literal
from pginterlock.rules.parts import Render, Writing, indent
from pginterlock.template import fill

ACTOR = "interlock backfill"
KeyValues = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeyRange:
    """The rows whose keys are above *low* and up to *high*, in the order of the key."""

    low: KeyValues | None
    high: KeyValues | None = None

    def sql(self, writing: Writing, alias: str) -> str:
        """Return SQL that is true of a row of this range."""
        keys = key_list(writing, alias)
        arms = [f"{keys} > {_constant(writing, self.low)}"] if self.low else []
        arms += [f"{keys} <= {_constant(writing, self.high)}"] if self.high else []
        return " and ".join(arms) or "true"


@dataclass(frozen=True, slots=True)
class KeySet:
    """The rows that have one of *keys*."""

    keys: tuple[KeyValues, ...]

    def sql(self, writing: Writing, alias: str) -> str:
        """Return SQL that is true of a row of this set."""
        listed = ", ".join(_constant(writing, it) for it in self.keys)
        return f"{key_list(writing, alias)} in ({listed})"


Span = KeyRange | KeySet


def key_list(writing: Writing, alias: str) -> str:
    """Return the key as one value, or a row of values."""
    columns = [field(alias, c) for c in writing.key]
    return columns[0] if len(columns) == 1 else f"({', '.join(columns)})"


def key_values(writing: Writing, alias: str) -> str:
    """Return SQL for the key as an array of texts."""
    return f"array[{', '.join(f'concat({field(alias, c)})' for c in writing.key)}]"


def bound(writing: Writing, span: KeyRange, row_limit: int, condition: str = "true") -> str:
    """Return the query of the last of *row_limit* rows of *span* that meet *condition*.

    One row at most: ``key_values`` and ``row_count``.
    """
    return fill(
        assets.read("sql", "templates", "backfill_bound.sql"),
        {
            "relation": qualified(writing.table.name),
            "key_fields": ", ".join(field("t", c) for c in writing.key),
            "key_values": key_values(writing, "s"),
            "key_order": ", ".join(f"{field('s', c)} desc" for c in writing.key),
            "in_span": f"{span.sql(writing, 't')} and ({condition})",
            "row_limit": str(row_limit),
        },
    )


def place(writing: Writing, span: KeyRange, row_limit: int) -> str:
    """Return the query of the last of *row_limit* rows of *span*: ``key_values``.

    No row where there are fewer. It counts nothing, and so costs a quarter of `bound`.
    """
    return fill(
        assets.read("sql", "templates", "backfill_place.sql"),
        {
            "relation": qualified(writing.table.name),
            "key_values": key_values(writing, "s"),
            "key_order": ", ".join(field("s", c) for c in writing.key),
            "in_span": span.sql(writing, "s"),
            "row_offset": str(row_limit - 1),
        },
    )


def keys(writing: Writing, span: Span) -> str:
    """Return the query of the keys of *span*, in their order: ``key_values``."""
    return fill(
        assets.read("sql", "templates", "backfill_keys.sql"),
        {
            "relation": qualified(writing.table.name),
            "key_fields": ", ".join(field("t", c) for c in writing.key),
            "key_values": key_values(writing, "t"),
            "in_span": span.sql(writing, "t"),
        },
    )


def look(asked: Repairing, sample_limit: int, span: Span | None = None) -> str:
    """Return the query of what would be done (to the rows of *span*), in one scan.

    A row for each kind of row that is not left alone: ``broken_before``, ``applied``,
    ``broken_after``, ``still`` (numbers of predicates and repairs), ``is_changed``, ``row_count``
    and ``samples`` (key, before, after, and who holds what the row holds).
    """
    return fill(
        assets.read("sql", "templates", "backfill_look.sql"),
        {
            **_judged(asked),
            "broken_before": indent(asked.broken(asked.before), 2).lstrip(),
            "broken_after": indent(asked.broken(asked.after), 2).lstrip(),
            "applied": indent(asked.applied, 2).lstrip(),
            "still": indent(asked.still, 2).lstrip(),
            "others": asked.others,
            "values_before": _pairs(asked, asked.before),
            "values_after": _pairs(asked, asked.after),
            "in_span": span.sql(asked.writing, "s0") if span else "true",
            "sample_limit": str(sample_limit),
        },
    )


def batch(asked: Repairing, job_id: int) -> Callable[[Span], str]:
    """Return what makes the statement that repairs the rows of a span; it is long, and made once.

    One row: ``repaired_count``, ``quarantined_count``, ``locked_count``.
    """
    writing = asked.writing
    text = _batch(asked, job_id)

    def of_span(span: Span) -> str:
        mine = text
        for alias, mark in _MARKS.items():
            mine = mine.replace(mark, span.sql(writing, alias))
        return mine

    return of_span


# What stands for the span in the text of a batch, by the alias of its rows; no name looks like it.
_MARKS = {alias: f"/* rows of this batch: {alias} */" for alias in ("r", "t")}


def _batch(asked: Repairing, job_id: int) -> str:
    writing = asked.writing
    return fill(
        assets.read("sql", "templates", "backfill_batch.sql"),
        {
            **_judged(asked),
            "in_span_seen": _MARKS["r"],
            "in_span_written": _MARKS["t"],
            "candidate_seen": indent(asked.candidate(_of("r")), 2).lstrip(),
            "keys_seen": key_list(writing, "r"),
            "key_fields": ", ".join(field("r", c) for c in writing.key),
            "seen_key": ", ".join(field("x", c) for c in writing.key),
            "key_of_seen": f"({key_values(writing, 'x')})",
            "key_json_seen": writing.key_json(_of("x")),
            "same_key": " and ".join(
                f"{field('t', c)} = j.k{n}" for n, c in enumerate(writing.key)
            ),
            "not_held": " and ".join(f"{field('h', c)} = {field('x', c)}" for c in writing.key),
            "stage_key": ", ".join(f"{asked.before(c)} as k{n}" for n, c in enumerate(writing.key)),
            "key_values": key_values(writing, "s0"),
            "is_sound": indent(asked.is_sound, 2).lstrip(),
            "broken_after": indent(asked.broken(asked.after), 2).lstrip(),
            "applied": indent(asked.applied, 2).lstrip(),
            "provenance": indent(asked.provenance, 2).lstrip(),
            "others": asked.others,
            "new_values": _new_values(asked),
            "assignments": _assignments(asked),
            "job_id": str(job_id),
            "is_whole": str(asked.is_whole).lower(),
            "rule_names": array([_label(it.code, it.rule, it.name) for it in asked.predicates]),
            "repair_names": array([it.name for it in asked.repairs]),
            **_entry(asked, job_id),
        },
    )


def _judged(asked: Repairing) -> dict[str, str]:
    return {
        "relation": qualified(asked.writing.table.name),
        "stages": indent(asked.joins),
        "candidate": indent(asked.candidate(asked.before), 2).lstrip(),
        "is_changed": indent(asked.is_changed, 2).lstrip(),
        "key_json": asked.writing.key_json(asked.before),
    }


def _of(alias: str) -> Render:
    return lambda column: field(alias, column)


def _pairs(asked: Repairing, render: Render) -> str:
    pairs = [
        f"{literal(c)}, case when {render(c)} is not null then concat({render(c)}) end"
        for c in asked.targets
    ]
    return f"jsonb_build_object({', '.join(pairs)})"


def _new_values(asked: Repairing) -> str:
    return ",\n        ".join(
        [f"{asked.after(c)} as new_{n}" for n, c in enumerate(asked.targets)] or ["true as nothing"]
    )


def _assignments(asked: Repairing) -> str:
    set_ = [f"{ident(c)} = j.new_{n}" for n, c in enumerate(asked.targets)]
    state = ident(asked.writing.machine.state)
    return ", ".join(set_) or f"{state} = t.{state}"


def _entry(asked: Repairing, job_id: int) -> dict[str, str]:
    """Return what an entry keeps of a repaired row: names in the history, and SQL for each."""
    writing = asked.writing
    entry = {f"key_{c}": writing.stored(c, asked.before) for c in writing.key}
    entry["from_state"] = writing.state_text(asked.before)
    entry["to_state"] = writing.state_text(asked.after)
    for column in writing.machine.audit.columns:
        for side, render in (("old", asked.before), ("new", asked.after)):
            value = writing.stored(column, render)
            entry[f"{side}_{column}"] = f"case when {asked.differs(column)} then {value} end"
    names = list(entry)
    return {
        "audit_name": audit_name(writing.machine.name),
        "entry_columns": ", ".join(map(ident, names)),
        "entry_values": ",\n        ".join(f"{v} as e{n}" for n, v in enumerate(entry.values())),
        "entry_names": ", ".join(f"j.e{n}" for n in range(len(names))),
        "actor": ACTOR,
        "statement": f"{ACTOR} {writing.machine.name}: job {job_id}",
    }


def _label(code: str, rule: str, name: str) -> str:
    return f"{code} {rule}" if name == rule else f"{code} {rule} {name}"


def _constant(writing: Writing, values: Sequence[str]) -> str:
    listed = [
        f"{literal(value)}::{uncut_type(writing, column)}"
        for column, value in zip(writing.key, values, strict=True)
    ]
    return listed[0] if len(listed) == 1 else f"({', '.join(listed)})"
