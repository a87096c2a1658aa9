"""Seals: every sealed entry hashed again, the chain walked, and held against roots kept elsewhere.

Reads the whole history, by one scan a month; never writes, and works on a standby.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import psycopg
from psycopg import errors
from psycopg.rows import DictRow

from pginterlock import database, sealed
from pginterlock.chain import Seal, Tree, broken_links
from pginterlock.compiler.leaves import Relation
from pginterlock.findings import Finding
from pginterlock.verify import anchors

_RESTORE = "Someone who owns schema interlock changed it; compare with a backup"
_BEHIND = "These entries were changed behind the triggers; compare with a backup"
_JUDGED = {
    "changed": ("seal-changed", "sealed entries were changed", _BEHIND),
    "missing": ("seal-missing", "sealed entries are gone", _BEHIND),
    "added": ("seal-added", "entries were added to what was sealed already", _BEHIND),
}
_TAMPERED = (
    errors.UndefinedTable,
    errors.UndefinedColumn,
    errors.UndefinedFunction,
    errors.DatatypeMismatch,
    errors.DataError,
    errors.InvalidParameterValue,
)


@dataclass(slots=True)
class Told:
    """What was found, and what is to be said besides."""

    findings: list[Finding]
    notes: list[str]


@dataclass(frozen=True, slots=True)
class _Chain:
    """All that is sealed, and what explains what is gone."""

    seals: Sequence[Seal]
    trees: Sequence[Tree]
    retained: dict[tuple[str, date], DictRow]
    is_restored: bool


def check(
    connection: psycopg.Connection, lines: Sequence[str] | None, public_key: bytes | None
) -> Told:
    """Return what does not hold of the seals; *lines* are roots that were kept elsewhere."""
    told = Told([], [])
    try:
        with connection.transaction():
            sealed.pin(connection)
            _check(connection, told, lines, public_key)
    except errors.InsufficientPrivilege as error:
        told.notes.append(f"seals: not readable ({error.diag.message_primary})")
    except _TAMPERED as error:
        said = error.diag.message_primary or str(error)
        told.findings.append(_finding("seal-unreadable", f"the seals cannot be read: {said}"))
    return told


def _check(
    connection: psycopg.Connection,
    told: Told,
    lines: Sequence[str] | None,
    public_key: bytes | None,
) -> None:
    seals = sealed.seals(connection)
    if lines is not None:
        told.findings += anchors.compare(seals, lines, public_key)
    trees = sealed.trees(connection)
    told.findings += [
        _finding("seal-broken", f"seal {number}: {why}", hint=_RESTORE)
        for number, why in broken_links(seals, trees)
    ]
    if not seals:
        told.notes.append("seals: nothing is sealed yet (interlock seal)")
        return
    evidence = database.ask(connection, "seal_evidence.sql")
    retained = {(r["relation_name"], r["month"]): r for r in evidence if r["what"] == "retained"}
    dropped = {r["relation_name"]: r["upto_xid"] for r in evidence if r["what"] == "dropped"}
    upto = {it.number: it.upto_xid for it in seals}
    alive = [
        tree
        for tree in trees
        if upto.get(tree.number, 0) > dropped.get(tree.relation, 0) or tree.relation not in dropped
    ]
    is_restored = sealed.cluster(connection) != seals[-1].cluster
    chain = _Chain(seals, alive, retained, is_restored)
    told.findings += _retentions(retained)
    told.findings += _chunks(connection, chain)
    _entries(connection, chain, told)
    if is_restored:
        told.notes.append(
            "seals: this is another server than the one that sealed (a restore?); entries that"
            " were added since the last seal are told from forged ones after the next"
        )


def _retentions(retained: dict[tuple[str, date], DictRow]) -> Iterator[Finding]:
    for (relation, month), row in retained.items():
        machine = _machine(relation)
        if not row["is_recorded"]:
            told = f"month {month:%Y-%m} was dropped, and the journal does not say so"
        elif not row["was_due"]:
            told = f"month {month:%Y-%m} was dropped before its retention had passed"
        else:
            continue
        yield _finding("seal-retention", told, machine, relation, hint=_RESTORE)


def _chunks(connection: psycopg.Connection, chain: _Chain) -> Iterator[Finding]:
    """Yield each tree that its own chunks do not add up to: the seals themselves were changed."""
    alive = {(it.number, it.relation, it.month): it for it in chain.trees}
    for row in database.ask(connection, "seal_chunks.sql"):
        tree = alive.get((row["number"], row["relation_name"], row["month"]))
        is_gone = row["chunk_count"] == 0
        if tree is None or (is_gone and (tree.relation, tree.month) in chain.retained):
            continue
        where = f"seal {tree.number}, month {tree.month:%Y-%m}"
        if row["bad_place"] is not None:
            why = f"the leaves of chunk {row['bad_place']} are not those that were sealed"
        elif not row["fits"] or row["entry_count"] != tree.entry_count:
            why = "the chunks are not those that were sealed"
        else:
            continue
        yield _finding(
            "seal-broken", f"{where}: {why}", _machine(tree.relation), tree.relation, hint=_RESTORE
        )


def _entries(connection: psycopg.Connection, chain: _Chain, told: Told) -> None:
    there = {it.name: it for it in sealed.relations(connection)}
    for name in sorted({it.relation for it in chain.trees} | set(there)):
        mine = [it for it in chain.trees if it.relation == name]
        living = [it for it in mine if (it.relation, it.month) not in chain.retained]
        relation = there.get(name)
        if relation is None:
            told.findings.append(
                _finding(
                    "seal-missing",
                    f"the table is gone, and with it {sum(it.entry_count for it in living)} sealed"
                    " entries",
                    _machine(name),
                    name,
                    count=sum(it.entry_count for it in living),
                )
            )
        elif gone := sorted({c for it in living for c in it.columns} - set(relation.column_names)):
            why = f"column {gone[0]} of sealed entries is gone"
            told.findings.append(_finding("seal-unreadable", why, relation.machine, name))
        else:
            _months(connection, chain, relation, living, told)


def _months(
    connection: psycopg.Connection,
    chain: _Chain,
    relation: Relation,
    living: Sequence[Tree],
    told: Told,
) -> None:
    bound = "false" if chain.is_restored else _covered(chain.seals[-1], relation.name)
    months = sorted({it.month for it in living})
    judged: list[sealed.Judged] = []
    for month in months:
        grown = [it for it in living if it.month == month]
        judged += sealed.judge_month(connection, relation, grown, bound)
    judged += sealed.judge_between(connection, relation, months, bound)
    for it in judged:
        if it.what == "erased":
            told.notes.append(f"seals: {it.entry_count} entries of {relation.name} are erased")
            continue
        code, message, hint = _JUDGED[it.what]
        told.findings.append(
            _finding(
                code,
                message,
                relation.machine,
                relation.name,
                hint=hint,
                count=it.entry_count,
                samples=it.samples,
            )
        )


def _covered(last: Seal, relation: str) -> str:
    """Return SQL that is true of an entry ``a`` which the chain up to *last* should cover."""
    whole = f"a.transaction_id < '{last.upto_xid}'"
    before = f"a.transaction_id < '{last.from_xid}'"
    if last.last_relation is None or relation < last.last_relation:
        return whole
    if relation > last.last_relation:
        return before
    return f"({before} or ({whole} and a.id <= {last.last_entry}))"


def _finding(
    code: str,
    message: str,
    machine: str = "",
    relation: str = "",
    *,
    hint: str = _BEHIND,
    count: int | None = None,
    samples: tuple[dict[str, object], ...] = (),
) -> Finding:
    subject = f"interlock.{relation}" if relation else "interlock.seal"
    return Finding(code, message, machine, subject, hint=hint, count=count, samples=samples)


def _machine(relation: str) -> str:
    return relation.removesuffix("_audit") if relation.endswith("_audit") else ""
