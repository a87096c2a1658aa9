"""The command line: one module for each command, loaded only when it is called."""

import importlib

import click

# Name of the command to the line that `interlock --help` shows for it, in the order of a first day.
COMMANDS = {
    "demo": "Watch a real PostgreSQL refuse what it let through a moment before.",
    "init": "Propose a first spec, from a table and its rows or from code.",
    "check": "Say what is wrong with a spec, without a database.",
    "schema": "Write the JSON Schema of the spec format, for editors.",
    "plan": "Print the SQL that brings a database to its spec, with the lock of each step.",
    "lint": "Say what in migrations would disarm or break a machine, without a database.",
    "scan": "Print every place in a code base that writes the columns of a machine.",
    "apply": "Bring a database to its spec, all of it or nothing.",
    "mode": "Change what happens to a write that breaks a rule, or print what is in force.",
    "verify": "Prove that the machines are there, work, and that every row obeys them.",
    "backfill": "Repair the rows that were there before, in batches, after a look at them.",
    "overdue": "Print the rows that stay too long in a state, or end their stay.",
    "status": "Print how each machine stands, in a second.",
    "bypass": "Open, close and list recorded ways around a machine.",
    "tripwire": "Print or set what is done with DDL that would disarm a machine.",
    "history": "Print the life of one row.",
    "tail": "Print entries as they are committed, one a line.",
    "seal": "Seal what is decided of the histories, and export the root.",
    "retain": "Drop the months of histories that are past their retention.",
    "erase": "Take the personal values of one row out of its history.",
    "violations": "Print the writes that broke a rule, and by whom.",
    "writers": "Print who moves what, from where, and how often.",
    "keys": "Add, list and retire the keys of signed actors.",
    "alembic": "Prepare an Alembic environment for machines.",
    "test": "Run pgTAP files, a fresh database for each.",
    "explain": "Print the page of a rule or an error, offline.",
    "uninstall": "Take everything off again; the history stays unless asked.",
}


class LazyGroup(click.Group):
    """A group that imports a command's module only when that command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the order of `COMMANDS`."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command *cmd_name*, importing its module."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"pginterlock.commands.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing one of them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with: interlock demo",
)
@click.version_option(package_name="pginterlock", prog_name="interlock")
def interlock() -> None:
    """Rows that cannot enter a state they must not be in.

    Declare in interlock.yaml how the rows of a table may live; interlock compiles that to plain
    PostgreSQL, installs it on a live database, and proves that it is there and works.
    """
