"""What ``interlock test --generate`` does: tests from the spec, in a folder, and what is left."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import psycopg
from psycopg import conninfo
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pginterlock import database, embedded, generate
from pginterlock.commands.session import Progress, read_spec
from pginterlock.errors import UsageError
from pginterlock.generate import copying

DEFAULT_FOLDER = "pgtests/generated"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for: the *folder*, the spec, where the tables are, and what rows may hold."""

    folder: Path
    spec_path: Path | None
    schema: tuple[Path, ...]
    samples: Path | None
    dsn: str


def write(wanted: Wanted) -> None:
    """Write the tests, and say what was written and what was not tried."""
    spec = read_spec(wanted.spec_path)
    samples = _samples(wanted.samples)
    progress = Progress()
    with embedded.running() as server:
        progress("reading the tables")
        with _source(wanted, server) as source:
            ddl = copying.definition(source, spec)
        with _fresh(server, "copy") as copy:
            progress("making a copy")
            made = copying.build(copy, ddl, spec)
            found = generate.generate(copy, made, spec, samples, progress)
    found.write(wanted.folder)
    files = sum("/" not in it for it in found.files)
    click.echo(f"{wanted.folder}: {found.tests} tests in {files} files")
    for what in made.left_out:
        click.echo(f"  without {what}: the copy does not take it")
    if found.not_tried:
        click.echo(f"{len(found.not_tried)} not tried:")
        for it in found.not_tried:
            click.echo(f"  {it.name}: {it.why}")
        if any(it.why.startswith("no value") for it in found.not_tried):
            click.echo("Values of yours may help where none was found: --samples FILE")
    if not found.tests:
        raise UsageError("no test could be made", remedy="The list above says why.")


@contextmanager
def _source(wanted: Wanted, server: embedded.Server) -> Iterator[psycopg.Connection]:
    """Open the database that has the tables: the user's, or one made of their SQL files."""
    if not wanted.schema:
        named = None if wanted.dsn.startswith(embedded.PREFIX) else wanted.dsn
        with database.connect(database.find_dsn(named)) as connection:
            yield connection
        return
    with _fresh(server, "source") as connection:
        for file in wanted.schema:
            _load(connection, file)
        yield connection


def _load(connection: psycopg.Connection, file: Path) -> None:
    try:
        connection.execute(file.read_bytes())
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from None
    except psycopg.Error as error:
        said = " ".join(str(error).split())
        raise UsageError(f"{file}: {said}", remedy="--schema names SQL files.") from None


@contextmanager
def _fresh(server: embedded.Server, name: str) -> Iterator[psycopg.Connection]:
    with database.connect(server.dsn()) as admin:
        admin.execute(f"create database {name}".encode())
    with database.connect(conninfo.make_conninfo(server.dsn(), dbname=name)) as connection:
        yield connection


def _samples(file: Path | None) -> Mapping[str, Mapping[str, str]]:
    """Read values by table and column; raise UsageError where the file says anything else."""
    if file is None:
        return {}
    try:
        told = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise UsageError(f"{file} cannot be read: {' '.join(str(error).split())}") from None
    if not isinstance(told, dict) or not all(isinstance(it, dict) for it in told.values()):
        raise UsageError(
            f"{file}: it must map tables to columns, and those to values",
            remedy="For example: hotel.room_booking: {check_in: '2026-03-01', code: 'B-{n}'}",
        )
    return {
        str(table): {str(name): str(value) for name, value in columns.items()}
        for table, columns in told.items()
    }
