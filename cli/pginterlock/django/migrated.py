"""After `migrate`: whether every machine is whole still.

Django drops columns with CASCADE, and PostgreSQL then takes triggers and CHECKs of ours along
without a word. So every run that migrated something ends with a look at what is installed.
"""

import sys
from collections.abc import Sequence
from typing import Any

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
    "What this migration did is committed, and the table is not guarded as before. Write the"
    " machine's own migration (manage.py interlock makemigrations), and let it run before the one"
    " that takes a column away; or mend it now: manage.py interlock plan, then apply."
)


def look(using: str, plan: Sequence[object] = (), **_: object) -> None:
    """Raise CommandError where a machine of database *using* is not whole after *plan* ran.

    Says nothing where nothing was migrated, or where the role may not see what is installed.
    """
    connection = connections[using]
    if not plan or connection.vendor != "postgresql" or connection.in_atomic_block:
        return
    try:
        broken = _broken(connection)
    except EnvironmentFault as error:
        sys.stderr.write(f"interlock: not looked at after the migrations: {error.message}\n")
        return
    if broken:
        raise CommandError("\n".join([*broken, _REMEDY]), returncode=_DRIFT)


def _broken(connection: Any) -> list[str]:
    """Return what is wrong with the machines that the registry has, a line each."""
    found = []
    with database.connect(dsn_of(connection)) as session, database.faults():
        with database.snapshot(session):
            names = catalog.registered(session)
            machines = {name: catalog.installed(session, name) for name in names}
        for name, machine in machines.items():
            if machine is None:
                found.append(f"machine {name}: the registry holds what is no machine")
            else:
                found += _gone(session, machine)
    return found


def _gone(session: Any, machine: Machine) -> list[str]:
    try:
        seen = survey(session, Spec((machine,)), drop_old_names=True)
    except SpecError as error:
        return [f"machine {machine.name}: {it}" for it in error.problems]
    return [
        f"machine {machine.name}: {change.object.kind} {change.object.name} is"
        f" {'missing' if change.action is Action.CREATE else 'not as it was'}"
        for it in seen.machines
        for change in it.changes
        if not change.action.is_after
    ]
