"""``manage.py interlock``: every command of ``interlock`` on a database of settings.DATABASES."""

import argparse
from collections.abc import Sequence
from typing import Any

import click
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.utils.connection import ConnectionDoesNotExist

from pginterlock.__main__ import run
from pginterlock.commands import LazyGroup, interlock
from pginterlock.commands.options import Preset
from pginterlock.django import conf
from pginterlock.django.sessions import dsn_of
from pginterlock.errors import InterlockError

_OURS = "makemigrations"
_WRONG = 2
_LINE = "Write the machines of the spec into migrations."


class _Group(LazyGroup):
    """The commands of `interlock`, and one that only Django has."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), _OURS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name != _OURS:
            return super().get_command(ctx, cmd_name)
        from pginterlock.django.migrating import command  # noqa: PLC0415 - loads migrations

        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_commands(ctx, formatter)
        with formatter.section("Commands of Django"):
            formatter.write_dl([(_OURS, _LINE)])


class Command(BaseCommand):
    """Pass a command line on, with the spec and the database of the settings."""

    help = (
        "Runs `interlock COMMAND ...` on a database of settings.DATABASES, with the spec of"
        " INTERLOCK_SPEC. `manage.py interlock --commands` lists the commands."
    )
    # A spec that the checks refuse is what some commands are called for.
    requires_system_checks = ()

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take the alias, and leave the rest as it is."""
        parser.add_argument("--database", default="default", metavar="ALIAS", help="of DATABASES")
        parser.add_argument("--commands", action="store_true", help="list the commands, and exit")
        parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="COMMAND ...")

    def handle(self, *arguments: str, **options: Any) -> None:
        """Run; end with the exit code of the command."""
        words, alias = _alias([*arguments, *options["arguments"]], options["database"])
        if options["commands"] or not words:
            words = ["--help"]
        try:
            connection = connections[alias]
            preset = Preset(conf.spec_path(), lambda: dsn_of(connection))
        except ConnectionDoesNotExist:
            known = ", ".join(connections)
            raise CommandError(
                f"no database {alias!r} in DATABASES; there: {known}", returncode=_WRONG
            ) from None
        except (InterlockError, ImproperlyConfigured) as error:
            raise CommandError(str(error), returncode=_WRONG) from None
        group = _Group(
            name="interlock",
            callback=interlock.callback,
            params=interlock.params,
            help=interlock.help,
            epilog=interlock.epilog,
            context_settings=interlock.context_settings,
        )
        try:
            run(group, words, "manage.py interlock", preset)
        except SystemExit as stop:
            if stop.code:
                raise


def _alias(words: Sequence[str], alias: str) -> tuple[list[str], str]:
    """Take ``--database ALIAS`` out of *words*, wherever it stands."""
    rest: list[str] = []
    left = iter(words)
    for word in left:
        if word == "--database":
            alias = next(left, alias)
        elif word.startswith("--database="):
            alias = word.partition("=")[2]
        else:
            rest.append(word)
    return rest, alias
