"""Run the command line: ``interlock`` and ``python -m pginterlock``."""

import logging
import os
import re
import sys
from collections.abc import Sequence

import click

from pginterlock.commands import interlock
from pginterlock.errors import InterlockError, SpecError

_INTERRUPTED = 130
_PLACE = re.compile(r"[^\n]*:\d+:\d+: ")


def main() -> None:
    """Run the command line of the process."""
    # What the driver ignored because another error was on its way: only that one is ours to tell.
    logging.getLogger("psycopg").addHandler(logging.NullHandler())
    run(interlock, None, "interlock")


def run(
    group: click.Command, arguments: Sequence[str] | None, name: str, preset: object = None
) -> None:
    """Run one command; every error of ours ends in one message and its documented exit code.

    *arguments* are those of the process unless given; *name* is what usage lines call us, *preset*
    what commands take where they are told nothing. Ends in SystemExit, always.
    """
    try:
        sys.exit(group.main(args=arguments, prog_name=name, obj=preset, standalone_mode=False))
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.Abort:
        click.echo("interlock: stopped; nothing is half done", err=True)
        sys.exit(_INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except InterlockError as error:
        _say(error)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader of our output went away (`interlock plan | head`): no error, and no traceback
        # when Python closes the stream at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _say(error: InterlockError) -> None:
    # Problems of a spec stand alone on their lines, for editors that read file:line:column.
    is_placed = isinstance(error, SpecError) and _PLACE.match(error.message)
    name = "" if is_placed else "interlock: "
    click.echo(click.style(name, fg="red", bold=True) + error.message, err=True)
    if error.remedy:
        click.echo(f"  {error.remedy}", err=True)


if __name__ == "__main__":
    main()
