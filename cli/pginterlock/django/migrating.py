"""``manage.py interlock makemigrations``: write the machines of the spec into migrations."""

import json
from pathlib import Path

import click
from django.db.migrations import Migration
from django.db.migrations.writer import MigrationWriter

from pginterlock.commands.options import find_spec, spec_option
from pginterlock.django.operations import InterlockApply
from pginterlock.django.pending import Operation, Pending, pending
from pginterlock.errors import UsageError
from pginterlock.spec import load

_WIDTH = 88
_PENDING = 1
_HEAD = '''"""Written by manage.py interlock makemigrations.

The machines stand here as they were on that day: this migration does the same whatever the spec
says later. Do not edit them; change the spec, and write the next migration.
"""

from django.db import migrations

from pginterlock.django.operations import {names}

{machines}

class Migration(migrations.Migration):
{atomic}    dependencies = [{dependencies}]
    operations = [{operations}]
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
        operations=", ".join(operations),
    )


def _constant(name: str, value: object) -> str:
    return f"{name} = {_literal(value, len(name) + 3)}\n"


def _literal(value: object, before: int, indent: str = "") -> str:
    """Return *value* as Python writes it: in one line where it fits behind *before* characters."""
    if value is None or isinstance(value, bool):
        return repr(value)
    short = json.dumps(value, ensure_ascii=False) if isinstance(value, (str, int)) else None
    if short is None:
        short = _short(value)
    if len(indent) + before + len(short) <= _WIDTH or not isinstance(value, (dict, list)):
        return short
    deep = indent + "    "
    if isinstance(value, list):
        items = [f"{deep}{_literal(it, 1, deep)},\n" for it in value]
        return f"[\n{''.join(items)}{indent}]"
    pairs = [(json.dumps(key, ensure_ascii=False), it) for key, it in value.items()]
    items = [f"{deep}{key}: {_literal(it, len(key) + 3, deep)},\n" for key, it in pairs]
    return f"{{\n{''.join(items)}{indent}}}"


def _short(value: object) -> str:
    if isinstance(value, dict):
        pairs = [
            f"{json.dumps(key, ensure_ascii=False)}: {_short(it)}" for key, it in value.items()
        ]
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{', '.join(_short(it) for it in value)}]"
    return _literal(value, 0)


def _call(operation: Operation, name: str) -> str:
    if not isinstance(operation, InterlockApply):
        return f"InterlockDrop(machine={name})"
    before = f", before={name}_BEFORE" if operation.before is not None else ""
    return f"InterlockApply(machine={name}{before})"


def _path(it: Pending) -> Path:
    return Path(MigrationWriter(Migration(it.name, it.app_label)).path)


def _write(path: Path, content: str) -> None:
    if path.exists():
        raise UsageError(f"{path} is there already", remedy="Nothing was written over it.")
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
