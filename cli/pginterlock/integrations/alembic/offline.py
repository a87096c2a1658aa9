"""What an operation writes where there is no database: ``alembic upgrade --sql``.

A script cannot be compared with what it meets. So it asks when it runs, takes the machine off that
is there, and puts the new one on, in the transaction of the migration: history, versions and
counts go on. Who owns a table, and who may update it, is asked there too.
"""

import re
from collections.abc import Iterable, Iterator

from pginterlock import assets, digests, migrate, tripwire
from pginterlock.blocks import block
from pginterlock.catalog import OWNER
from pginterlock.compiler import MachineNames, compile_machine, ownership, removal, states
from pginterlock.compiler.callables import FIRE_TYPES
from pginterlock.errors import UsageError
from pginterlock.indexes import MAKE_EXTENSION
from pginterlock.integrations.alembic import frozen, run
from pginterlock.integrations.alembic import shape as shapes
from pginterlock.integrations.alembic.fitting import demand_fit
from pginterlock.integrations.alembic.moving import move_rows
from pginterlock.integrations.alembic.questions import question
from pginterlock.integrations.alembic.taking_off import take_off
from pginterlock.model import Machine
from pginterlock.names import array, ident
from pginterlock.objects import DbObject, ObjectKind
from pginterlock.plan import Step
from pginterlock.renaming import under_both_names
from pginterlock.rules.parts import Writing, indent
from pginterlock.steps_machines import machine_steps
from pginterlock.steps_tripwire import Around, watched_objects
from pginterlock.survey import MachineSurvey, Survey
from pginterlock.table import Rights, Table
from pginterlock.template import fill
from pginterlock.waiting import ADVISORY_KEY

_GRANT = "grant usage on schema"
_AS_OWNER = f"set local role {ident(OWNER)};\n"
_OWN = re.compile(rf"^alter function (.*) owner to {re.escape(ident(OWNER))};\n", re.MULTILINE)


def apply(
    machine: Machine, replaces: str | None, old_names: str, shape: str | None
) -> Iterator[str]:
    """Yield the statements that bring *machine* into force.

    Raises UsageError where they cannot be written without a database.
    """
    table = _table(machine, shape)
    yield block("migration_begin", {"advisory_key": str(ADVISORY_KEY)})
    yield _schema()
    if replaces is not None:
        yield block(
            "migration_expect",
            {
                "machine": machine.name,
                "replaces": replaces,
                "becomes": digests.digest(frozen.settled(machine)),
                "digits": str(len(replaces)),
            },
        )
    yield _asking(tripwire.pass_sql(machine.name))
    for wanted in _stages(machine, old_names):
        yield from take_off(machine.name, is_funnelled=bool(machine.funnel))
        if demand := demand_fit(Writing(wanted, table)):
            yield demand
        yield _no_row_left(wanted, table)
        yield from _put_on(wanted, table)
        yield _watch(wanted, table)
    yield block("migration_end")


def drop(machine: str, _table: str = "") -> Iterator[str]:
    """Yield the statements that take *machine* off."""
    yield block("migration_begin", {"advisory_key": str(ADVISORY_KEY)})
    yield _asking(tripwire.pass_sql(machine))
    yield from take_off(machine)
    yield removal.unregister(machine)
    yield block("migration_end")


def schema() -> Iterator[str]:
    """Yield the statement that makes schema interlock, or refuses another version of it."""
    yield _schema()


def _table(machine: Machine, shape: str | None) -> Table:
    """Return what the revision knows of the table, and of the others that *machine* speaks of."""
    if shape is None:
        raise UsageError(
            f"machine {machine.name}: --sql has to know its table, and there is no table= here",
            remedy=_WITH_TABLE,
        )
    table = shapes.read(shape, machine.table, machine.name)
    for name in machine.targets_elsewhere:
        if table.target(name) is None:
            raise UsageError(
                f"machine {machine.name}: --sql has to know table {name}, and table= does not tell"
                " of it",
                remedy=_WITH_TABLE,
            )
    return table


_WITH_TABLE = (
    "Write the revision with alembic revision --autogenerate, or upgrade with a database at hand."
)


def _stages(machine: Machine, old_names: str) -> list[Machine]:
    both = under_both_names(machine, [it.was for it in machine.renames])
    plain = frozen.settled(machine)
    return [both, plain] if old_names == run.DROP and machine.renames else [both]


def _schema() -> str:
    return block(
        "migration_schema",
        {
            "owner": OWNER,
            "make_role": assets.read("sql", "templates", "role.sql"),
            "describe_schema": _GRANT + ownership.schema(None).partition(_GRANT)[2],
            "make_tables": migrate.upgrade_sql(None),
            "make_functions": "\n".join(migrate.runtime().values()),
            "head": migrate.head(),
        },
    )


def _no_row_left(machine: Machine, table: Table) -> str:
    """Return the block that refuses to take a state away in which rows stand, with their number."""
    counts = states.state_counts(Writing(machine, table)).rstrip()
    return block(
        "migration_left",
        {
            "machine": machine.name,
            "states": array(machine.states),
            "counts": indent(counts, 2),
        },
    )


def _watch(machine: Machine, table: Table) -> str:
    objects = watched_objects(compile_machine(machine, table))
    return _asking(tripwire.watch_sql(Writing(machine, table), objects))


def _asking(sql: str) -> str:
    """Return *sql* as a block, without what ends it: Alembic writes that."""
    return tripwire.asking(sql).rstrip().rstrip(";")


def _put_on(machine: Machine, table: Table) -> Iterator[str]:
    wanted = compile_machine(machine, table)
    tables = {f"create table {it.name}": it for it in wanted if it.kind is ObjectKind.TABLE}
    seen = MachineSurvey(machine, table, tuple(wanted), ())
    steps = machine_steps(Survey(_RIGHTS, (), (), (seen,), (), migrate.head()), {}, Around())
    if any(claim.during for claim in machine.claims):
        yield MAKE_EXTENSION
    for step in (*steps.prepare, *steps.arm):
        yield from _step(step, tables.get(step.title))
        if step.title == f"create registry {machine.name}":
            yield fill(
                assets.read("sql", "templates", "migration_column.sql"), {"machine": machine.name}
            )
    if machine.funnel:
        yield _take(machine, table)
    for step in steps.after:
        yield from _step(step, tables.get(step.title))
    for rename in machine.old_names:
        yield move_rows(Writing(machine, table), rename)


def _take(machine: Machine, table: Table) -> str:
    """Return the block that takes the update of the table from whom it finds to have it."""
    relation = removal.qualified(table.name)
    return block(
        "migration_funnel",
        {
            "machine": machine.name,
            "relation": relation,
            "shut": array(machine.funnel),
            "signature": f"{ident(table.name.schema)}.{ident(MachineNames(machine.name).funnel)}"
            f"({FIRE_TYPES})",
            "updaters": question("updaters", 3, oid="v_table"),
        },
    )


def _step(step: Step, history: DbObject | None) -> Iterable[str]:
    if step.is_scan:
        slots = {"scan": indent(step.sql.rstrip().rstrip(";"), 2), "title": step.title}
        return [block("migration_rows", slots)]
    if history is not None:
        slots = {"relation": history.name, "make": history.create, "change": history.replace}
        made = block("migration_table", slots)
        return [block("migration_role"), made, "reset role"]
    sql = run.in_transaction(step.sql)
    sql = sql.replace(_AS_OWNER, block("migration_role") + ";\n")
    return [
        _OWN.sub(lambda it: block("migration_owner", {"signature": it[1]}) + ";\n", sql),
    ]


# A script does not know who runs it: where that matters, it asks.
_RIGHTS = Rights(
    role="",
    is_superuser=True,
    can_create_role=True,
    does_inherit=True,
    owner=OWNER,
    owner_exists=True,
    is_member=True,
    schema_exists=True,
    is_schema_owner=True,
    can_create_schema=True,
    revision=migrate.head(),
    server_version=0,
    is_standby=False,
    is_read_only=False,
    database="",
)
