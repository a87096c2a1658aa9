"""Around `migrate`: whether every machine that was whole before is whole still.

Django drops columns with CASCADE, and PostgreSQL then takes triggers and CHECKs of ours along
without a word. So every run that migrates something looks at what is installed, before and after.
"""

import sys

import psycopg
from django.core.management.base import CommandError
from django.db import connections

from pginterlock import catalog, database
from pginterlock.changes import Action
from pginterlock.django.sessions import dsn_of
from pginterlock.errors import EnvironmentFault, SpecError
from pginterlock.model import Machine, Spec
from pginterlock.survey import survey

_DRIFT = 1
_REMEDY = (
    "What was migrated is committed, and the table is not guarded as before. Write the machine's"
    " own migration (manage.py interlock makemigrations), and let it run before the one that takes"
    " a column away; or mend it now: manage.py interlock plan, then apply."
)


def missing(using: str) -> frozenset[str]:
    """Return what the machines of database *using* lack, in words; nothing where none can be told.

    What an older version of this package has put there, and a newer would make otherwise, is there.
    """
    connection = connections[using]
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        return frozenset()
    try:
        with database.connect(dsn_of(connection)) as session, database.faults():
            return frozenset(_missing(session))
    except EnvironmentFault as error:
        sys.stderr.write(f"interlock: the machines were not looked at: {error.message}\n")
        return frozenset()


def demand_whole(before: frozenset[str], after: frozenset[str]) -> None:
    """Raise CommandError where something lacks *after*, and did not *before*."""
    if gone := sorted(after - before):
        raise CommandError("\n".join([*gone, _REMEDY]), returncode=_DRIFT)


def _missing(session: psycopg.Connection) -> list[str]:
    with database.snapshot(session):
        names = catalog.registered(session)
        machines = {name: catalog.installed(session, name) for name in names}
    found = []
    for name, machine in machines.items():
        if machine is None:
            found.append(f"machine {name}: the registry holds what is no machine")
        else:
            found += _missing_of(session, machine)
    return found


def _missing_of(session: psycopg.Connection, machine: Machine) -> list[str]:
    try:
        seen = survey(session, Spec((machine,)), drop_old_names=True)
    except SpecError as error:
        return [f"machine {machine.name}: {it}" for it in error.problems]
    return [
        f"machine {machine.name}: {change.object.kind} {change.object.name} is missing"
        for it in seen.machines
        for change in it.changes
        if change.action is Action.CREATE
    ]
