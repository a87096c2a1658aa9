"""``interlock check``: say what is wrong with a spec, without a database."""

from pathlib import Path

import click
from rich.markup import escape

from pginterlock.check import check
from pginterlock.commands.options import format_option, spec_option
from pginterlock.commands.session import console, read_spec
from pginterlock.errors import UsageError
from pginterlock.findings import Finding, Severity
from pginterlock.model import Spec
from pginterlock.report import findings_json

_FOUND = 1


@click.command(epilog="Example: interlock check interlock.yaml")
@click.argument("path", type=click.Path(path_type=Path), required=False, metavar="[SPEC]")
@spec_option
@format_option
@click.pass_context
def command(
    ctx: click.Context, path: Path | None, spec_path: Path | None, output_format: str
) -> None:
    """Say what is wrong with a spec, without a database.

    Unreachable states, dead ends, moves out of final states, contradictions, stamps out of order.
    Exit code 1 when something is, 2 when the spec cannot be read.
    """
    if path and spec_path:
        raise UsageError("the spec is named twice", remedy="Leave --spec away.")
    spec = read_spec(path or spec_path)
    findings = check(spec)
    if output_format == "json":
        click.echo(findings_json(findings, machines=[it.name for it in spec.machines]))
    else:
        _show(spec, findings)
    ctx.exit(_FOUND if any(it.severity is Severity.ERROR for it in findings) else 0)


def _show(spec: Spec, findings: list[Finding]) -> None:
    screen = console()
    for it in findings:
        style = "red" if it.severity is Severity.ERROR else "yellow"
        place, message = escape(str(it.position)), escape(it.message)
        screen.print(f"{place}: [{style}]{it.severity}[/]: {message} [dim]\\[{it.code}][/]")
        if it.hint:
            screen.print(f"    [dim]{escape(it.hint)}[/]")
    names = ", ".join(machine.name for machine in spec.machines)
    errors = sum(it.severity is Severity.ERROR for it in findings)
    warnings = len(findings) - errors
    beside = f", and {warnings} warning{'s' * (warnings > 1)}" if warnings else ""
    if errors:
        screen.print(f"[bold red]{errors} found[/] in {names}{beside}")
    else:
        screen.print(f"[bold green]Nothing wrong[/] with {names}{beside}")
