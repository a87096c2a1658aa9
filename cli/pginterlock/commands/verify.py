"""``interlock verify``: prove that the machines are there, work, and that every row obeys them."""

from pathlib import Path

import click

from pginterlock.commands.options import dsn_option, format_option, spec_option
from pginterlock.commands.session import Progress, connected, console, read_spec
from pginterlock.errors import UsageError
from pginterlock.findings import Finding, Severity
from pginterlock.report import findings_json, sample_text
from pginterlock.verify import Kept, Report, Scope, verify

_FOUND = 1


@click.command(epilog="Example: interlock verify --format json > findings.json")
@spec_option
@dsn_option
@click.option("--no-rows", is_flag=True, help="Do not read the rows of the tables.")
@click.option(
    "--history/--no-history",
    default=True,
    show_default=True,
    help="Hold the rows against their history.",
)
@click.option("--no-probes", is_flag=True, help="Do not try forbidden writes (rolled back).")
@click.option(
    "--seal/--no-seal",
    default=False,
    show_default=True,
    help="Hash all that is sealed again; reads every entry.",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Lines of interlock seal --export, kept elsewhere; with --seal.",
)
@click.option(
    "--public-key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="The ed25519 key (PEM) that must have signed those lines.",
)
@click.option("--strict", is_flag=True, help="Exit 1 for warnings too.")
@format_option
@click.pass_context
def command(
    ctx: click.Context,
    spec_path: Path | None,
    dsn: str | None,
    no_rows: bool,
    history: bool,
    no_probes: bool,
    seal: bool,
    against: Path | None,
    public_key: Path | None,
    strict: bool,
    output_format: str,
) -> None:
    """Prove that the machines are there, work, and that every row obeys them.

    Nothing is changed; it works on a standby too. Exit code 0 when all is as the spec says, 1 when
    it is not.
    """
    spec = read_spec(spec_path)
    scope = Scope(rows=not no_rows, history=history, probes=not no_probes, seals=seal)
    kept = _kept(against, public_key, is_sealing=seal)
    with connected(dsn) as connection:
        report = verify(connection, spec, scope=scope, kept=kept, progress=Progress())
    if output_format == "json":
        click.echo(
            findings_json(
                report.findings,
                skipped=report.skipped,
                machines=report.machines,
                notes=report.notes,
            )
        )
    else:
        _show(report)
    bad = [it for it in report.findings if strict or it.severity is Severity.ERROR]
    ctx.exit(_FOUND if bad else 0)


def _kept(against: Path | None, public_key: Path | None, *, is_sealing: bool) -> Kept | None:
    if (against and not is_sealing) or (public_key and not against):
        raise UsageError(
            "--against is for --seal, and --public-key for --against",
            remedy="interlock verify --seal --against roots.txt --public-key seal.pub",
        )
    if not against:
        return None
    lines = against.read_text(encoding="utf-8", errors="replace").splitlines()
    return Kept(tuple(lines), public_key.read_bytes() if public_key else None)


def _show(report: Report) -> None:
    screen = console()
    for finding in sorted(report.findings, key=lambda it: it.severity is Severity.WARNING):
        _show_one(finding)
    for reason in report.skipped:
        screen.print(f"[yellow]skipped[/]  {reason}")
    for note in report.notes:
        screen.print(f"[dim]note[/]     {_plain(note)}")
    errors = sum(it.severity is Severity.ERROR for it in report.findings)
    warnings = len(report.findings) - errors
    names = ", ".join(report.machines)
    if errors:
        screen.print(
            f"[bold red]{errors} finding{_s(errors)}[/], {warnings} warning{_s(warnings)}: {names}"
        )
    else:
        screen.print(
            f"[bold green]All as the spec says[/], {warnings} warning{_s(warnings)}: {names}"
        )


def _show_one(finding: Finding) -> None:
    screen = console()
    style = "red" if finding.severity is Severity.ERROR else "yellow"
    about = f"{finding.machine}: " if finding.machine else ""
    screen.print(
        f"[{style}]{finding.severity:8}[/] {about}{_plain(finding.message)} "
        f"[dim]\\[{finding.code}][/]"
    )
    if samples := sample_text(finding):
        screen.print(f"         {_plain(samples)}")
    if finding.hint:
        screen.print(f"         [dim]{_plain(finding.hint)}[/]")


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _plain(text: str) -> str:
    return text.replace("[", "\\[")
