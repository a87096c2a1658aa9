"""``interlock seal``: seal what is decided of the histories, and export the root."""

import json
from pathlib import Path

import click
import psycopg

from pginterlock import chain, sealed, signing
from pginterlock.commands.options import dsn_option, format_option
from pginterlock.commands.session import Progress, connected, console
from pginterlock.errors import UsageError
from pginterlock.sealing import BATCH, OLDER_THAN, Sealing, seal

_STDOUT = "-"


@click.command(epilog="Example: interlock seal --export roots.txt --key seal.key")
@dsn_option
@click.option(
    "--older-than",
    default=OLDER_THAN,
    show_default=True,
    metavar="INTERVAL",
    help="Leave younger entries to the next run.",
)
@click.option(
    "--batch",
    type=click.IntRange(1, 1_000_000),
    default=BATCH,
    show_default=True,
    metavar="N",
    help="At most so many entries in one transaction.",
)
@click.option(
    "--export",
    metavar="FILE",
    help="Write the last root as one line: to the end of FILE, or to stdout (-).",
)
@click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="An ed25519 private key (PEM) to sign that line with.",
)
@format_option
def command(
    dsn: str | None,
    older_than: str,
    batch: int,
    export: str | None,
    key_file: Path | None,
    output_format: str,
) -> None:
    """Seal what is decided of the histories into a chain of hash trees.

    May be run twice, at once, or be killed: the next run goes on where the chain ends. Writers are
    not held up. With --export the root is written as one line, to be kept elsewhere: `interlock
    verify --seal --against` then finds a history that was rebuilt whole.
    """
    if key_file and not export:
        raise UsageError("--key signs what --export writes", remedy="Give --export FILE too.")
    with connected(dsn) as connection:
        made = seal(connection, older_than=older_than, batch=batch, progress=Progress())
        line = _line(connection, key_file) if export else None
    if line is not None and export != _STDOUT:
        _append(Path(str(export)), line)
    if line is not None and export == _STDOUT:
        click.echo(line)
        _show(made, is_stderr=True)
    elif output_format == "json":
        click.echo(_json(made, line))
    else:
        _show(made, is_stderr=False)


def _line(connection: psycopg.Connection, key_file: Path | None) -> str:
    last = sealed.last_seal(connection)
    if last is None:
        raise UsageError(
            "nothing is sealed yet, so there is no root to export",
            remedy="Entries are sealed once they are older than --older-than.",
        )
    kept = chain.anchor(last, connection.info.dbname)
    return (signing.sign(kept, key_file.read_bytes()) if key_file else kept).line()


def _append(path: Path, line: str) -> None:
    """Write *line* to the end of *path*, unless it stands there already."""
    try:
        there = path.read_text(encoding="utf-8") if path.exists() else ""
        if line not in there.splitlines():
            gap = "\n" if there and not there.endswith("\n") else ""
            with path.open("a", encoding="utf-8") as file:
                file.write(f"{gap}{line}\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be written: {error}") from None


def _show(made: Sealing, *, is_stderr: bool) -> None:
    screen = console(stderr=is_stderr)
    for it in made.seals:
        screen.print(f"seal {it.number}: {_entries(it.entry_count)}, root {it.root.hex()}")
    waiting = f"; {_entries(made.waiting)} wait" + ("s" if made.waiting == 1 else "")
    screen.print(
        f"{_entries(made.entry_count)} sealed{waiting if made.waiting else ''}", style="green"
    )


def _json(made: Sealing, line: str | None) -> str:
    return json.dumps(
        {
            "format": "interlock seal 1",
            "entries": made.entry_count,
            "waiting": made.waiting,
            "seals": [
                {
                    "number": it.number,
                    "entries": it.entry_count,
                    "total": it.total_count,
                    "root": it.root.hex(),
                    "sealed_at": chain.moment(it.sealed_at),
                }
                for it in made.seals
            ],
            "line": line,
        },
        indent=2,
    )


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count:,} entries"
