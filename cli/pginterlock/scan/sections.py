"""The sections of a report, as headings, paragraphs and tables: the same for text and Markdown.

Pure: data in, data out.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from pginterlock.scan.figures import Figures, Group, Row
from pginterlock.scan.judged import SUMMARY, Code, Judged, Kind, Protection
from pginterlock.scan.observed import Sight
from pginterlock.scan.report import (
    Report,
    by_file,
    context,
    note,
    place,
    sight,
    transaction,
    values,
)

_KINDS = ((Kind.STATE, "state writes"), (Kind.STAMP, "stamp writes"), (Kind.OTHER, "other writes"))


@dataclass(frozen=True, slots=True)
class Table:
    """Headings and rows; the last row is a total where *has_total* says so."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    has_total: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a report; *sites* are shown one by one, each with its statement."""

    title: str
    paragraphs: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    table: Table | None = None
    sites: tuple[Judged, ...] = ()
    parts: tuple["Section", ...] = field(default=())


def sections(report: Report) -> list[Section]:
    """Return the sections of *report*, in their order; one that has nothing to say is left out."""
    found = report.figures
    return [
        summary(report),
        *([by_module(found)] if found.production else []),
        *(by_field(it) for it in found.fields),
        *([boundaries(found)] if found.production else []),
        *_findings(found),
        *_filled(found),
        *_run_time(report),
        *_apart(found),
        *_unread(report),
        *([Section("Recommendations", points=report.advice)] if report.advice else []),
    ]


def summary(report: Report) -> Section:
    """Return the figures of the whole map."""
    found = report.figures
    total = found.total
    apart = [
        (len(found.tests), "in tests"),
        (len(found.migrations), "in migrations"),
        (len(found.defaults), "as defaults of columns"),
    ]
    kinds = [
        _many(count, word.removesuffix("s"))
        for kind, word in _KINDS
        if (count := total.kinds[kind])
    ]
    points = [
        f"{_many(total.total, 'production write site')} in {_many(len(found.modules), 'module')}:"
        f" {', '.join(kinds) or 'none'}",
        f"Protected by a transaction: {total.share if total.running else 'none'};"
        f" {_parts((total.protections[word], word.value) for word in Protection)}",
        f"{_many(sum(found.findings.values()), 'finding')}:"
        f" {_parts((found.findings[code], code.value) for code in Code)}",
    ]
    if any(it.site.machine for it in found.production):
        told = _parts((count, word.value) for word, count in found.verdicts.items())
        points.insert(2, f"The machine says: {told}")
    if found.accepted:
        points.append(f"{_many(len(found.accepted), 'site')} accepted by a comment")
    if any(count for count, _ in apart):
        points.append(f"Apart from these: {_parts(apart)}")
    if report.foreign is not None:
        sights = [it.observed.sight for it in found.production if it.observed]
        told = _parts((sights.count(word), word.value) for word in Sight)
        points.append(
            f"At run time: {told}; {len(report.foreign)} who write and are not in the code"
        )
    if report.gone:
        points.append(
            f"{_many(report.gone, 'site')} of the baseline no longer there: write it anew"
        )
    points += report.notes
    read = (
        f"{_many(report.files, 'file')}, {_many(report.lines, 'line')} read for"
        f" {', '.join(report.subjects)}."
    )
    return Section("Summary", (read,), tuple(points))


def by_module(found: Figures) -> Section:
    """Return the table of modules, with its totals."""
    headings = ("module", *(word for _, word in _KINDS), "total", "protected", "share")
    rows = [*map(_module, found.modules), _module(found.total)]
    return Section("By module", table=Table(headings, tuple(rows), has_total=True))


def _module(it: Row) -> tuple[str, ...]:
    kinds = (str(it.kinds[kind]) for kind, _ in _KINDS)
    return (it.name, *kinds, str(it.total), it.word, it.share)


def by_field(group: Group) -> Section:
    """Return the sites of one field, by the move that they make."""
    moves: dict[str, list[Judged]] = {}
    for it in group.sites:
        moves.setdefault(it.judgement.event, []).append(it)
    title = f"{group.name}: {_many(len(group.sites), 'write site')}"
    parts = tuple(
        Section(f"{event}: {len(some)}" if event else f"No move: {len(some)}", sites=tuple(some))
        for event, some in moves.items()
    )
    if len(parts) == 1 and "" in moves:
        return Section(title, sites=group.sites)
    return Section(title, parts=parts)


def boundaries(found: Figures) -> Section:
    """Return the sites by the transaction that protects them, or does not."""
    groups = found.protections
    rows = [(it.name, str(len(it.sites)), by_file(it.sites)) for it in groups]
    total = ("total", str(sum(len(it.sites) for it in groups)), "")
    table = Table(("transaction", "write sites", "where"), (*rows, total), has_total=True)
    return Section("Transaction boundaries", table=table)


_TITLES = {
    Code.NEVER_ALLOWED: "Never allowed",
    Code.STAMP_ALONE: "Stamps without their state",
    Code.MISSING_STAMP: "States without their stamp",
    Code.AUTHORITY: "Authority violations",
    Code.NEW: "Not in the baseline",
}


def _findings(found: Figures) -> Iterable[Section]:
    for code, title in _TITLES.items():
        if some := found.found(code):
            rows = tuple((place(it), context(it), values(it), told) for it, told in some)
            table = Table(("where", "in", "writes", "what"), rows)
            lines = [SUMMARY[code]]
            if code is Code.AUTHORITY and (inside := found.inside):
                lines.append(f"Within them: {_many(len(inside), 'write')}, {by_file(inside)}.")
            yield Section(f"{title}: {len(rows)}", tuple(lines), table=table)


def _filled(found: Figures) -> Iterable[Section]:
    some = [it for it in found.production if it.judgement.stamps.filled]
    if some:
        rows = tuple((place(it), values(it), ", ".join(it.judgement.stamps.filled)) for it in some)
        told = "A state is entered and its stamp left out; once the machine enforces, it writes it."
        table = Table(("where", "writes", "left to the machine"), rows)
        yield Section(f"Stamps left to the machine: {len(rows)}", (told,), table=table)


def _run_time(report: Report) -> Iterable[Section]:
    if report.foreign is None:
        return
    looked = [it for it in report.figures.all_sites if it.observed]
    rows = tuple((place(it), context(it), sight(it)) for it in looked)
    yield Section("Seen at run time", table=Table(("where", "in", "seen"), rows))
    if report.foreign:
        headings = ("machine", "who", "role", "events", "entries", "refused", "let through", "last")
        cells = tuple(
            (
                it.machine, it.by, it.role, ", ".join(it.events), f"{it.entries:,}",
                f"{it.refused:,}", f"{it.recorded:,}", f"{it.last_at:%Y-%m-%d %H:%M}",
            )
            for it in report.foreign
        )  # fmt: skip
        told = "Somebody writes who is not in this code: a cron job, another service, a session."
        title = f"Seen, but not in the code: {len(cells)}"
        yield Section(title, (told,), table=Table(headings, cells))


def _apart(found: Figures) -> Iterable[Section]:
    parts = (
        ("Tests", found.tests),
        ("Migrations", found.migrations),
        ("Defaults", found.defaults),
    )
    for title, some in parts:
        if some:
            rows = tuple(
                (place(it), context(it), it.subject, values(it), transaction(it), note(it))
                for it in some
            )
            table = Table(("where", "in", "field", "writes", "transaction", "note"), rows)
            told = "Not counted above."
            yield Section(f"{title}: {len(some)}", (told,), table=table)


_UNREAD = (
    "What stands in these is not in the map. Mend them, leave them out of PATH, or run interlock"
    " with the Python that they are written for."
)


def _unread(report: Report) -> Iterable[Section]:
    if report.unread:
        points = tuple(f"{it.file}:{it.line}: {it.message}" for it in report.unread)
        yield Section(f"Not read: {len(points)}", (_UNREAD,), points)


def _parts(counts: Iterable[tuple[int, str]]) -> str:
    return ", ".join(f"{count} {word}" for count, word in counts if count) or "none"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
