"""``manage.py interlock makemigrations``: write the machines of the spec into migrations."""

from pathlib import Path

import click
from django.db.migrations import Migration
from django.db.migrations.writer import MigrationWriter

from pginterlock.commands.options import find_spec, spec_option
from pginterlock.django.pending import Operation, Pending, pending
from pginterlock.errors import UsageError
from pginterlock.spec import load

_PENDING = 1
_HEAD = '''"""Written by manage.py interlock makemigrations.

What stands here is the machine of that day: this migration does the same whatever the spec says
later. Do not edit it; change the spec, and write the next migration.
"""

from django.db import migrations

from pginterlock.django.operations import {names}

{machines}

class Migration(migrations.Migration):
{atomic}    dependencies = [{dependencies}]
    operations = [
{operations}    ]
'''
_APART = """\
    # Indexes are built beside the writers, and rows moved in batches: not in a transaction.
    atomic = False
"""


@click.command(epilog="Example: manage.py interlock makemigrations, review it, manage.py migrate")
@spec_option
@click.option(
    "--app",
    metavar="LABEL",
    help="Whose migrations hold a new machine. Default: the app of the model of its table.",
)
@click.option("--dry-run", is_flag=True, help="Print what would be written.")
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 where something is to be.")
@click.pass_context
def command(
    ctx: click.Context, spec_path: Path | None, app: str | None, dry_run: bool, check: bool
) -> None:
    """Write the machines of the spec into migrations, where they differ from the last ones there.

    A migration holds its machine frozen. A second run writes nothing.
    """
    found = pending(load(find_spec(spec_path)), app)
    if not found:
        click.echo("Nothing to write: the migrations hold what the spec says.")
    for it in found:
        path = _path(it)
        told = "; ".join(op.describe() for op in it.operations)
        if check or dry_run:
            click.echo(f"Would write {path}: {told}")
        if dry_run:
            click.echo(text(it), nl=False)
        if not check and not dry_run:
            _write(path, text(it))
            click.echo(f"Wrote {path}: {told}")
    ctx.exit(_PENDING if check and found else 0)


def text(it: Pending) -> str:
    """Return the file of one migration."""
    machines, operations = [], []
    for number, operation in enumerate(it.operations, start=1):
        name = "MACHINE" if len(it.operations) == 1 else f"MACHINE_{number}"
        machines.append(_constant(name, operation.machine))
        before = getattr(operation, "before", None)
        if before is not None:
            machines.append(_constant(f"{name}_BEFORE", before))
        operations.append(_call(operation, name))
    after = ", ".join(f'("{app}", "{name}")' for app, name in it.dependencies)
    return _HEAD.format(
        names=", ".join(sorted({type(op).__name__ for op in it.operations})),
        machines="\n".join(machines),
        atomic="" if it.is_atomic else _APART,
        dependencies=after,
        operations="".join(operations),
    )


def _constant(name: str, value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return f'{name} = """\\\n{escaped}"""\n'


def _call(operation: Operation, name: str) -> str:
    kind, told = type(operation).__name__, [f"machine={name}", f'digest="{operation.digest}"']
    if getattr(operation, "before", None) is not None:
        told.append(f"before={name}_BEFORE")
    lines = "".join(f"            {it},\n" for it in told)
    return f'        {kind}(\n            "{operation.name}",\n{lines}        ),\n'


def _path(it: Pending) -> Path:
    path = Path(MigrationWriter(Migration(it.name, it.app_label)).path)
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _write(path: Path, content: str) -> None:
    if path.exists():
        raise UsageError(f"{path} is there already", remedy="Nothing was written over it.")
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
