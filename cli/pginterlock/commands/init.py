"""``interlock init``: propose a first spec, from a table and its rows or from code."""

from pathlib import Path

import click

from pginterlock import declared
from pginterlock.check import check
from pginterlock.commands.options import dsn_option
from pginterlock.commands.session import connected, console
from pginterlock.errors import UnsafeError, UsageError
from pginterlock.examine import examine
from pginterlock.past import find_table, past_table
from pginterlock.proposal import Evidence, judge, machine_name, write
from pginterlock.spec import parse
from pginterlock.spec_place import DEFAULT_SPEC

_EXAMPLE = "Example: interlock init --from-db hotel.room_booking --history hotel.booking_log"


@click.command(epilog=_EXAMPLE)
@click.option("--from-db", "from_db", metavar="TABLE", help="Look at this table and its rows.")
@click.option(
    "--history",
    metavar="TABLE[:KEY,STATE,TIME]",
    help="With --from-db: the table that keeps the states of the past, for the moves.",
)
@click.option("--from-enum", "from_enum", metavar="MODULE:ENUM", help="Take the states of an enum.")
@click.option(
    "--from-sqlalchemy", "from_sqlalchemy", metavar="MODULE:MODEL", help="Read a mapped class."
)
@click.option("--from-django", "from_django", metavar="APP.MODEL", help="Read a Django model.")
@click.option("--state", metavar="COLUMN", help="The state column, where it is not plain to see.")
@click.option("--table", metavar="TABLE", help="With --from-enum: the table.")
@click.option("--machine", metavar="NAME", help="What to call the machine. Default: by the table.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path(DEFAULT_SPEC),
    show_default=True,
    metavar="FILE",
    help="Where to write it; - is stdout. A file that is there is never overwritten.",
)
@dsn_option
def command(
    from_db: str | None,
    history: str | None,
    from_enum: str | None,
    from_sqlalchemy: str | None,
    from_django: str | None,
    state: str | None,
    table: str | None,
    machine: str | None,
    output: Path,
    dsn: str | None,
) -> None:
    """Propose a first spec, commented, in observe mode.

    From a table: its state column, the states with counts, stamps and required columns by what is
    set in which state, moves by a history table, likely claims. From code: what is declared there.
    Nothing is changed in the database.
    """
    given = [it for it in (from_db, from_enum, from_sqlalchemy, from_django) if it]
    if len(given) != 1:
        raise UsageError(
            "say where to look: one of --from-db, --from-enum, --from-sqlalchemy, --from-django",
            remedy=_EXAMPLE.removeprefix("Example: "),
        )
    if history and not from_db:
        raise UsageError("--history goes with --from-db")
    is_file = str(output) != "-"
    if is_file and output.exists():
        raise UnsafeError(
            f"{output} is there already, and stays as it is", remedy="Name another with --output."
        )
    if from_db:
        seen = _of_table(from_db, history, state, dsn)
    else:
        seen = _of_code(from_enum, from_sqlalchemy, from_django, state, table)
    text = write(judge(seen), machine or machine_name(seen.table.name))
    _tell(text, output)
    if is_file:
        output.write_text(text, encoding="utf-8")
        console(stderr=True).print(f"  written to {output}; next: interlock check", style="dim")
    else:
        click.echo(text, nl=False)


def _of_table(name: str, history: str | None, state: str | None, dsn: str | None) -> Evidence:
    with connected(dsn) as connection:
        table = find_table(connection, name)
        past = past_table(connection, history, table) if history else None
        return examine(connection, table, state=state, past=past)


def _of_code(
    from_enum: str | None,
    from_sqlalchemy: str | None,
    from_django: str | None,
    state: str | None,
    table: str | None,
) -> Evidence:
    if from_enum:
        return declared.from_enum(from_enum, table)
    if from_sqlalchemy:
        return declared.from_sqlalchemy(from_sqlalchemy, state)
    return declared.from_django(from_django or "", state)


def _tell(text: str, output: Path) -> None:
    """Say on stderr what `interlock check` would find in the proposal."""
    name = "interlock.yaml" if str(output) == "-" else str(output)
    for finding in check(parse(text, name)):
        click.echo(f"  look at {finding.position}: {finding.message}", err=True)
