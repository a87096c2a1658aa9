"""``interlock mode``: change what happens to a write that breaks a rule; print what is in force."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pginterlock import promotion
from pginterlock.choices import Mode
from pginterlock.commands.options import (
    dsn_option,
    find_spec,
    format_option,
    spec_option,
    yes_option,
)
from pginterlock.commands.plan import show
from pginterlock.commands.session import Progress, connected, console, read_spec
from pginterlock.errors import UnsafeError, UsageError
from pginterlock.findings import Finding, Severity
from pginterlock.model import Machine, Spec
from pginterlock.plan import Plan
from pginterlock.promotion import Installed, Promotion
from pginterlock.report import finding_dict, plan_json, sample_text
from pginterlock.violation_groups import Group, group_dict

_DIFFERS = 1
_LATELY = timedelta(hours=24)
_SHOWN = 10
_Row = tuple[str, str | None, str | None, str]
_NEXT = {
    Mode.OBSERVE: "interlock violations {0} says what would be refused",
    Mode.RATCHET: "mend the old rows, interlock verify, then interlock mode {0} enforce",
    Mode.ENFORCE: "interlock verify",
}


@click.command(epilog="Example: interlock mode booking enforce --rule stamp")
@click.argument("machine", required=False)
@click.argument("mode", required=False, type=click.Choice([it.value for it in Mode]))
@click.option(
    "--rule",
    default="",
    metavar="RULE",
    help="Only this rule, by name (stamp), code (IL12) or one item of it (stamp.checked_in_at).",
)
@spec_option
@dsn_option
@yes_option
@format_option
@click.pass_context
def command(
    ctx: click.Context,
    machine: str | None,
    mode: str | None,
    rule: str,
    spec_path: Path | None,
    dsn: str | None,
    yes: bool,
    output_format: str,
) -> None:
    """Change the mode of a machine, or of one rule of it; or print the modes.

    Says first what rows still break, and what was recorded lately and would be refused from then
    on; shows the plan; applies it, and writes the mode into the spec. Refused, with nothing
    changed, when rows break a rule that is to be enforced. Without MODE: prints the modes in force
    beside those of the spec, exit code 1 where they differ.
    """
    if rule and not mode:
        raise UsageError("--rule asks for a mode", remedy="interlock mode MACHINE MODE --rule RULE")
    spec = read_spec(spec_path)
    if not machine or not mode:
        with connected(dsn) as connection:
            there = promotion.in_force(connection)
        ctx.exit(_print_modes(spec, there, machine, output_format))
    change = promotion.prepare(spec, machine, Mode(mode), rule)
    is_json = output_format == "json"
    with connected(dsn) as connection:
        promotion.demand_installed(connection, machine)
        with console(stderr=True).status("looking at every row"):  # on a terminal alone
            broken = promotion.still_broken(connection, change)
            lately = promotion.refused_lately(connection, change, datetime.now(UTC) - _LATELY)
        _report(console(stderr=is_json), change, broken, lately)
        if is_json and _in_the_way(broken):
            click.echo(_json(change, broken, lately, None))
        _demand_sound(change, broken)
        plan = promotion.plan_of(connection, change)
        is_done = plan.is_empty and change.is_written
        if not is_done:
            show(plan, to_stderr=True)
            _ask(plan, change, yes=yes)
            promotion.run(connection, change, plan, progress=Progress())
    if is_json:
        click.echo(_json(change, broken, lately, plan))
    _tell(console(stderr=is_json), change, find_spec(spec_path), is_done=is_done)


def _in_the_way(broken: Sequence[Finding]) -> int:
    return sum(it.severity is Severity.ERROR for it in broken)


def _demand_sound(change: Promotion, broken: Sequence[Finding]) -> None:
    count = _in_the_way(broken)
    if not count:
        return
    _, after = _modes(change)
    verb = "enforced" if after is Mode.ENFORCE else "changed"
    raise UnsafeError(
        f"{_named(change)} cannot be {verb}: rows break {count} rule{'s' if count > 1 else ''}"
        f"{'' if after is Mode.ENFORCE else ' in enforce'}; nothing was changed, neither spec nor"
        " database",
        remedy=f"Mend these rows, or let them be, and no new ones come:"
        f" interlock mode {change.machine.name} ratchet"
        + (f" --rule {change.rule!r}" if change.rule else ""),
    )


def _ask(plan: Plan, change: Promotion, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nobody is here to ask", remedy="Say --yes to change without a question.")
    asked = f"Change {_named(change)} in database {plan.database} and in {change.file.name}?"
    click.confirm(asked, abort=True, err=True)


def _named(change: Promotion) -> str:
    name = change.machine.name
    return f"{change.rule} of {name}" if change.rule else name


def _modes(change: Promotion) -> tuple[Mode, Mode]:
    """Return the mode before and after, of the machine or of the rule."""
    parts = change.rule.split(".", 1)
    if not change.rule:
        return change.before.mode, change.machine.mode
    return change.before.mode_of(*parts), change.machine.mode_of(*parts)


def _report(
    screen: Console, change: Promotion, broken: Sequence[Finding], lately: Sequence[Group]
) -> None:
    before, after = _modes(change)
    screen.print(f"[bold]{_named(change)}[/]: {before} -> {after}")
    if not change.rule and change.machine.modes:
        own = ", ".join(f"{rule} {mode}" for rule, mode in change.machine.modes)
        screen.print(f"  rules that keep a mode of their own: {own}")
    if broken:
        table = _table("Rows that break a rule now", "rule", "in the way", "rows")
        for it in broken:
            is_error = it.severity is Severity.ERROR
            cells = (f"{it.code} {it.message}", "yes" if is_error else "no", sample_text(it))
            table.add_row(*map(Text, cells))
        screen.print(table)
    elif after is not Mode.OBSERVE:
        screen.print("  No row breaks a rule.", style="green")
    if lately:
        total = sum(it.count for it in lately)
        table = _table(
            f"Let through in the last 24 hours, and refused from then on: {total:,}",
            "count", "rule", "write site", "role", "last said",
        )  # fmt: skip
        for group in lately[:_SHOWN]:
            said = group.samples[-1].message if group.samples else ""
            rule = f"{group.code} {group.rule}"
            cells5 = (f"{group.count:,}", rule, group.site.label, group.role, said)
            table.add_row(*map(Text, cells5))
        screen.print(table)
        screen.print(f"  all of them: interlock violations {change.machine.name}", style="dim")


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _tell(screen: Console, change: Promotion, spec_path: Path, *, is_done: bool) -> None:
    _, after = _modes(change)
    where = spec_path / change.file.name if spec_path.is_dir() else spec_path
    told = "already" if is_done else f"now, here and in {where}"
    screen.print(f"{_named(change)} is in {after} {told}", style="green")
    following = _NEXT[after].format(change.machine.name)
    console(stderr=True).print(f"Next: {following}", style="dim", highlight=False)


def _json(
    change: Promotion, broken: Sequence[Finding], lately: Sequence[Group], plan: Plan | None
) -> str:
    before, after = _modes(change)
    told = {
        "format": "interlock mode 1",
        "machine": change.machine.name,
        "rule": change.rule or None,
        "before": before.value,
        "after": after.value,
        "broken": [finding_dict(it) for it in broken],
        "recorded": [group_dict(it) for it in lately],
        "plan": json.loads(plan_json(plan)) if plan else None,
    }
    return json.dumps(told, indent=2, ensure_ascii=False, default=str)


def _print_modes(
    spec: Spec, there: Mapping[str, Installed], name: str | None, output_format: str
) -> int:
    """Print the modes in force and in the spec; return the exit code."""
    chosen = [promotion.machine_named(spec, name)] if name else list(spec.machines)
    rows = [row for it in chosen for row in _rows(it, there.get(it.name))]
    if output_format == "json":
        keys = ("machine", "rule", "in_force", "spec")
        listed = [dict(zip(keys, row, strict=True)) for row in rows]
        told = {"format": "interlock modes 1", "modes": listed}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        table = Table(box=None, header_style="bold", pad_edge=False)
        for heading in ("machine", "rule", "in force", "spec"):
            table.add_column(heading, overflow="fold")
        for machine, rule, now, asked in rows:
            style = "" if now == asked else "yellow"
            table.add_row(machine, rule or "all", now or "not installed", asked, style=style)
        console().print(table)
        if any(now != asked for _, _, now, asked in rows):
            console(stderr=True).print("Next: interlock plan", style="dim")
    return _DIFFERS if any(now != asked for _, _, now, asked in rows) else 0


def _rows(machine: Machine, there: Installed | None) -> list[_Row]:
    """Return machine, rule, mode in force and in the spec; None: the machine, not installed."""
    rules = sorted({*dict(machine.modes), *(dict(there.modes) if there else ())})
    found: list[_Row] = [
        (machine.name, None, there.mode.value if there else None, machine.mode.value)
    ]
    for rule in rules:
        now = there.mode_of(rule).value if there else None
        found.append((machine.name, rule, now, machine.mode_of(*rule.split(".", 1)).value))
    return found
