"""``interlock alembic``: prepare an Alembic environment for machines."""

from pathlib import Path

import click

from pginterlock.commands.session import console
from pginterlock.integrations.alembic.environment import LINE, write_import


@click.command(epilog="Example: interlock alembic init migrations/env.py")
@click.argument("action", type=click.Choice(["init"]), metavar="ACTION")
@click.argument(
    "place", type=click.Path(path_type=Path), required=False, default=Path(), metavar="[PLACE]"
)
def command(action: str, place: Path) -> None:
    """Prepare an Alembic environment for machines.

    ACTION is init: write our import into env.py, once. PLACE is that file, its folder, or the
    folder of alembic.ini; default: here. Then `alembic revision --autogenerate` writes changed
    machines into revisions, and leaves what is ours alone.
    """
    del action
    written = write_import(place)
    if not written.is_new:
        console().print(f"{written.path} has the import already; nothing to do.")
        return
    console().print(f"{written.path}: wrote {LINE.partition('  #')[0]}", style="green")
    console(stderr=True).print("Next: alembic revision --autogenerate", style="dim")
