"""What a backfill is asked to do, and whether it can be done here: machine, repairs, rights."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

import psycopg
from psycopg.rows import DictRow

from pginterlock import catalog, database, memberships, migrate, repair_probe
from pginterlock.compiler import MachineNames
from pginterlock.compiler.registry import definition
from pginterlock.compiler.repairing import Repairing, all_repairs
from pginterlock.elements import Expression
from pginterlock.errors import EnvironmentFault, UnsafeError, UsageError
from pginterlock.expression import ExpressionError
from pginterlock.expression import parse as parse_expression
from pginterlock.model import Machine, Spec
from pginterlock.names import ident
from pginterlock.objects import ObjectKind
from pginterlock.rules import mirror
from pginterlock.rules.parts import RowRepair, Writing
from pginterlock.spelling import meant
from pginterlock.survey import MachineSurvey, Survey, raise_problems, survey
from pginterlock.verify import probes

_HISTORY = "select 1 as found from interlock.{} limit 1"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which repairs of which rows: *only* names repairs or rules, *where* is a condition."""

    only: tuple[str, ...] = ()
    where: str | None = None

    @property
    def options(self) -> str:
        """The choice as JSON: a job goes on only with the one it began with."""
        return json.dumps({"only": sorted(self.only), "where": self.where}, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Asked:
    """A backfill that can be done: the machine as it is installed, and its repairs."""

    it: MachineSurvey
    repairing: Repairing
    choice: Choice
    definition_sha256: str
    has_triggers: bool
    row_estimate: int

    @property
    def machine(self) -> Machine:
        """The machine whose rows are repaired."""
        return self.it.machine

    @property
    def writing(self) -> Writing:
        """The machine on its table."""
        return self.it.writing


def prepare(connection: psycopg.Connection, spec: Spec, name: str, choice: Choice) -> Asked:
    """Return what is to be done to machine *name* of *spec*.

    Raises UsageError where the choice makes no sense, SpecError where a repair does not fit the
    table, EnvironmentFault where rights or schema interlock are missing, UnsafeError where the
    database is not as the spec says, or code of others would run with our rights.
    """
    with database.faults():
        machine = _machine(spec, name)
        rights = catalog.rights(connection)
        if rights.schema_exists and not (rights.is_schema_owner or rights.is_superuser):
            raise _no_member()
        seen = survey(connection, Spec((machine,), spec.positions))
        it = seen.machines[0]
        _demand_installed(seen, it)
        needs = _demand_rights(connection, it)
        with database.trial(connection):
            database.run(connection, "set local search_path = pg_catalog, pg_temp")
            if problems := repair_probe.probe(connection, machine, it.table):
                raise_problems(spec, problems)
        is_kept = bool(database.rows(connection, _HISTORY.format(ident(MachineNames(name).audit))))
    found = [r for r in all_repairs(it.writing) if is_kept or not r.reads_history]
    repairs = _chosen(found, choice.only, mirror_words(machine))
    return Asked(
        it,
        Repairing(it.writing, repairs, _where(it, choice.where), is_whole=not choice.only),
        choice,
        hashlib.sha256(definition(machine).encode()).hexdigest(),
        needs["has_triggers"],
        needs["row_estimate"],
    )


def _machine(spec: Spec, name: str) -> Machine:
    names = [it.name for it in spec.machines]
    for it in spec.machines:
        if it.name == name:
            return it
    raise UsageError(
        f"the spec has no machine {name!r}{meant(name, names)}",
        remedy=f"It has: {', '.join(names)}.",
    )


def mirror_words(machine: Machine) -> list[str]:
    """Return what the mirrors of *machine* are called by, as a repair is."""
    if not machine.mirrors:
        return []
    return [mirror.NAME, mirror.CODE, *(it.name for it in machine.mirrors)]


def _demand_installed(seen: Survey, it: MachineSurvey) -> None:
    name = it.machine.name
    if seen.rights.is_standby or seen.rights.is_read_only:
        raise EnvironmentFault(
            "the server is a standby or read only", remedy="Connect to the primary."
        )
    if name not in dict(seen.registered):
        raise UnsafeError(
            f"machine {name} is not installed in this database",
            remedy="Apply it first, with `mode: observe` or `mode: ratchet`: interlock apply",
        )
    migrate.demand_known(seen.rights.revision)
    if seen.rights.revision != seen.head:
        raise EnvironmentFault(
            f"schema interlock is of revision {seen.rights.revision}, and not {seen.head}",
            remedy="interlock apply brings it up to date.",
        )
    others = [c for c in it.changes if c.object.kind is not ObjectKind.REGISTRY]
    if others or _is_other_machine(it):
        raise UnsafeError(
            f"machine {name} is installed otherwise than the spec says",
            remedy="interlock plan shows the difference; interlock apply brings it there.",
        )


def _is_other_machine(it: MachineSurvey) -> bool:
    """Whether the registry has other rules than the spec; its repairs may differ."""
    kinds = [o for o in it.found if o.kind is ObjectKind.REGISTRY]
    stored = dict(kinds[0].facts)["definition"] if kinds else "{}"
    found, wanted = json.loads(stored), json.loads(definition(it.machine))
    for one in (found, wanted):
        one.pop("repairs", None)
        one.pop("unenforced", None)
    return bool(found != wanted)


def _demand_rights(connection: psycopg.Connection, it: MachineSurvey) -> DictRow:
    values = {"oid": it.table.oid, "audit": MachineNames(it.machine.name).audit}
    needs = database.ask(connection, "backfill_demand.sql", values)[0]
    if not (needs["may_write"] and needs["is_member"]):
        memberships.demand(connection, (it.table.name,))
    if not needs["may_write"]:
        raise EnvironmentFault(
            f"this role may not read and update {it.table.name}",
            remedy=f"As its owner: grant select, update on {it.table.name} to ...;",
        )
    if not needs["is_member"]:
        raise _no_member()
    return needs


def _no_member() -> EnvironmentFault:
    return EnvironmentFault(
        "this role is no member of the owner of schema interlock, who writes the history",
        remedy="As a superuser: grant interlock_owner to ...;",
    )


def demand_trusted(connection: psycopg.Connection, it: MachineSurvey) -> None:
    """Refuse to write where a write would run code of others with rights of ours."""
    if thing := probes.foreign_code(connection, it):
        raise UnsafeError(
            f"code of another role would run with the rights of this one: {thing} of"
            f" {it.table.name}",
            remedy="Nothing was changed. Connect as the owner of that code, or as a role that owns"
            " nothing but may update the table and write the history.",
        )


def _chosen(
    found: list[RowRepair], only: tuple[str, ...], others: Iterable[str]
) -> tuple[RowRepair, ...]:
    """Return the repairs that *only* names; *others* are words for what is no repair of rows."""
    if not only:
        return tuple(found)
    known = {word for it in found for word in _words(it)} | set(others)
    for word in only:
        if word not in known:
            raise UsageError(
                f"no repair and no rule is called {word!r}{meant(word, known)}",
                remedy=f"Repairs: {', '.join(it.name for it in found)}.",
            )
    return tuple(it for it in found if set(only) & _words(it))


def _words(repair: RowRepair) -> set[str]:
    """Return what a repair is called by: its name, its rule, the code of that."""
    return {repair.name, repair.rule, repair.code} - {""}


def _where(it: MachineSurvey, text: str | None) -> Expression | None:
    if text is None:
        return None
    try:
        found = parse_expression(text.strip())
    except ExpressionError as error:
        raise UsageError(f"--where {text!r}: {error.message}") from None
    names = [c.name for c in it.table.columns]
    for column in found.columns:
        if column not in names:
            raise UsageError(
                f"--where: table {it.table.name} has no column {column!r}{meant(column, names)}"
            )
    return found
