"""Show what a backfill would do: repairs with counts, rows before and after, what stays broken."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence

import click

from pginterlock.backfill import Kind, Mirrored, Outlook
from pginterlock.commands.session import console

_MOST_KEYS = 3


def show(found: Outlook, mirrored: Sequence[Mirrored], *, as_json: bool, to_stderr: bool) -> None:
    """Print *found*: to stdout where it is the result, to stderr before a run."""
    if as_json:
        click.echo(_json(found, mirrored))
        return
    screen = console(stderr=to_stderr)
    for it in mirrored:
        screen.print(
            f"[green]set[/]         {rows_text(it.row_count)} of {_plain(it.table)}:"
            f" mirror {_plain(it.name)}"
        )
        keys = "; ".join(_key(sample) for sample in it.samples[:_MOST_KEYS])
        screen.print(f"            {_plain(keys)}", style="dim")
    if not found.repaired and not found.unrepaired:
        screen.print(f"{found.machine}: no row to repair")
        return
    for kind in (it for it in found.kinds if it.is_repaired):
        rules = f" ({', '.join(kind.broken)})" if kind.broken else ""
        screen.print(
            f"[green]repair[/]      {rows_text(kind.row_count)}: "
            f"{_plain(', '.join(kind.repairs))}{_plain(rules)}"
        )
        for sample in kind.samples:
            screen.print(f"            {_plain(_change(sample))}", style="dim")
    for kind in found.stuck:
        after = f" after {', '.join(kind.repairs)}" if kind.repairs else ""
        screen.print(
            f"[yellow]quarantine[/]  {rows_text(kind.row_count)}: "
            f"{_plain(', '.join(kind.left))}{_plain(after)}"
        )
        keys = "; ".join(f"{_key(it['key'])}{_others(it)}" for it in kind.samples)
        screen.print(f"            {_plain(keys)}", style="dim")
    for key, said in found.failing[:_MOST_KEYS]:
        screen.print(f"[yellow]quarantine[/]  {_plain('/'.join(key))}: {_plain(said)}")
    if len(found.failing) > _MOST_KEYS:
        screen.print(f"            and {len(found.failing) - _MOST_KEYS:,} more that fail")
    screen.print(
        f"{found.machine}: {rows_text(found.repaired)} to repair,"
        f" {found.unrepaired:,} for the quarantine"
    )


def mirrors_json(mirrored: Sequence[Mirrored]) -> list[dict[str, object]]:
    """Return *mirrored* as a report in JSON has it."""
    return [{"name": it.name, "table": it.table, "row_count": it.row_count} for it in mirrored]


def _json(found: Outlook, mirrored: Sequence[Mirrored]) -> str:
    by_rule: Counter[str] = Counter()
    by_repair: Counter[str] = Counter()
    for kind in found.kinds:
        by_rule.update(dict.fromkeys(kind.broken, kind.row_count))
        if kind.is_repaired:
            by_repair.update(dict.fromkeys(kind.repairs, kind.row_count))
    told = {
        "machine": found.machine,
        "repaired": found.repaired,
        "unrepaired": found.unrepaired,
        "by_rule": dict(by_rule),
        "by_repair": dict(by_repair),
        "kinds": [_kind(it) for it in found.kinds if it.is_repaired or it in found.stuck],
        "failing": [{"key": list(key), "reason": said} for key, said in found.failing],
        "mirrors": mirrors_json(mirrored),
    }
    return json.dumps(told, indent=2, ensure_ascii=False)


def _kind(it: Kind) -> dict[str, object]:
    return {
        "broken": list(it.broken),
        "repairs": list(it.repairs),
        "left": list(it.left),
        "is_repaired": it.is_repaired,
        "row_count": it.row_count,
        "samples": list(it.samples),
    }


def _change(sample: object) -> str:
    if not isinstance(sample, dict):
        return ""
    before, after = sample["before"], sample["after"]
    changed = [
        f"{name}: {_value(before[name])} -> {_value(after[name])}"
        for name in after
        if before[name] != after[name]
    ]
    return f"{_key(sample['key'])}  {', '.join(changed)}{_others(sample)}"


def _others(sample: Mapping[str, object]) -> str:
    """Return who holds what the row holds, of a claim."""
    return f" ({sample['others']})" if sample.get("others") else ""


def _key(key: object) -> str:
    if not isinstance(key, dict):
        return str(key)
    return ", ".join(f"{name}={value}" for name, value in key.items())


def _value(value: object) -> str:
    return "null" if value is None else str(value)


def rows_text(count: int) -> str:
    """Return *count* as rows, in words of a report."""
    return "1 row" if count == 1 else f"{count:,} rows"


def _plain(text: str) -> str:
    return text.replace("[", "\\[")
