"""Print groups of violations: as text with a line of their trend, as Markdown, as JSON."""

import json
from collections.abc import Sequence

import click
from rich.table import Table
from rich.text import Text

from pginterlock.commands.session import console
from pginterlock.report import key_text, markdown_table
from pginterlock.violation_groups import Group, Sample, Source, group_dict
from pginterlock.violation_trend import Buckets, sparkline

_HEADINGS = (
    "count",
    "rule",
    "machine",
    "trend by {}",
    "write site",
    "role",
    "actors",
    "first",
    "last",
    "last said",
)
_SHOWN_ACTORS = 3
_TOLD = {
    Source.RECORDED: "Let through, and recorded",
    Source.CLIENT: "Refused, as clients reported",
    Source.LOG: "Refused, as the server's log tells",
}


def show(found: Sequence[Group], over: Buckets, output_format: str, samples: int) -> None:
    """Print the groups *found*, with their trend *over* the buckets, and *samples* of each."""
    if output_format == "json":
        told = {
            "format": "interlock violations 1",
            "trend": {"bucket": over.width.name.lower(), "buckets": over.last - over.first + 1},
            "groups": [group_dict(it, over.counts(it.slots)) for it in found],
        }
        click.echo(json.dumps(told, indent=2, ensure_ascii=False, default=str))
        return
    if not found:
        click.echo("no write is known that broke a rule")
        return
    for source, title in _TOLD.items():
        if some := [it for it in found if it.source is source]:
            _show_source(f"{title}: {sum(it.count for it in some):,}", some, over, output_format)
            if samples:
                _show_samples(some, samples, output_format)


def _show_source(title: str, some: Sequence[Group], over: Buckets, output_format: str) -> None:
    headings = [it.format(over.width.name.lower()) for it in _HEADINGS]
    screen = console()
    rows = [_cells(it, over, is_plain=not screen.encoding.startswith("utf")) for it in some]
    if output_format == "markdown":
        click.echo(f"### {title}\n\n{markdown_table(headings, rows)}\n")
        return
    table = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    for heading in headings:
        justify = "right" if heading == "count" else "left"
        table.add_column(heading, overflow="fold", justify=justify)  # type: ignore[arg-type]
    for row in rows:
        table.add_row(*map(Text, row))
    screen.print(table)


def _cells(it: Group, over: Buckets, *, is_plain: bool) -> list[str]:
    return [
        f"{it.count:,}",
        f"{it.code} {it.rule}",
        it.machine,
        sparkline(over.counts(it.slots), is_plain=is_plain),
        it.site.label,
        it.role,
        _actors(it),
        f"{it.first_at:%Y-%m-%d %H:%M:%S}",
        f"{it.last_at:%Y-%m-%d %H:%M:%S}",
        it.samples[-1].message if it.samples else "",
    ]


def _actors(group: Group) -> str:
    first = [f"{actor} {count:,}" for actor, count in group.actors.most_common(_SHOWN_ACTORS)]
    more = len(group.actors) - len(first)
    return ", ".join([*first, *([f"{more} more"] if more > 0 else [])])


def _show_samples(some: Sequence[Group], samples: int, output_format: str) -> None:
    mark = "* " if output_format == "markdown" else "  "
    for group in some:
        click.echo(f"{group.code} {group.rule}, {group.site.label}:")
        for it in group.samples[-samples:]:
            click.echo(f"{mark}{_sample(it)}")
    click.echo()


def _sample(it: Sample) -> str:
    ends = f"{it.from_state or 'null'} -> {it.to_state or 'null'}"
    statement = " ".join((it.statement or "").split())
    parts = [str(it.at), key_text(it.key), ends, it.message, statement]
    return " | ".join(part for part in parts if part)
