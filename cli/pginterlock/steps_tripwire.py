"""The steps of the tripwire: what of a plan it lets through, and what it watches afterwards."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import psycopg

from pginterlock import tripwire
from pginterlock.compiler import ownership, seeking
from pginterlock.objects import DbObject, ObjectKind
from pginterlock.plan import Part, Step
from pginterlock.survey import MachineSurvey, Survey
from pginterlock.tripwire import Mode, Tripwire


@dataclass(frozen=True, slots=True)
class Around:
    """What stands before and after the other steps of the arming, and what is to be said.

    *is_asking*: they ask where they run whether there is a tripwire.
    """

    before: tuple[Step, ...] = ()
    after: tuple[Step, ...] = ()
    note: str = ""
    is_asking: bool = False


def around(
    connection: psycopg.Connection, seen: Survey, *, makes_it: bool, is_busy: bool
) -> Around:
    """Return the steps of the tripwire around those of the machines in *seen*.

    One is made where *makes_it* is said and there *is_busy* something else to be done, or where one
    that was asked for is broken. That there is none is no change that waits: the spec does not
    speak of it, and a migration tool that applied the machines made none.
    """
    wire = tripwire.look(connection)
    if not wire.is_wanted:
        return Around()
    is_asked = makes_it or wire.mode is not None
    may = is_asked and not wire.is_whole and tripwire.can_install(connection, seen.rights)
    is_made = may and (is_busy or wire.mode is not None)
    if not is_made and not wire.there:
        return Around(note=(_NONE if may else _MAY_NOT) if is_asked else "")
    before = [_pass(seen, it) for it in seen.machines if wire.there and it.changes]
    after = [_watch(seen, it) for it in seen.machines if is_made or _is_stale(wire, it)]
    if is_made:
        after.insert(0, _install(wire.mode or Mode.REFUSE))
    return Around(tuple(before), tuple(after))


_NONE = "no tripwire: DDL that disarms a machine is not refused; interlock tripwire refuse makes it"
_MAY_NOT = (
    "no tripwire: this role may not make event triggers, so DDL that disarms a machine is found by"
    " verify, and not refused; as a superuser: interlock tripwire refuse"
)


def _is_stale(wire: Tripwire, it: MachineSurvey) -> bool:
    """Whether what is recorded of a machine is not what it is, or will be."""
    watched = wire.of(it.machine.name)
    return bool(it.changes) or (
        wire.watched is not None
        and (
            watched is None
            or not watched.is_watched
            or bool(watched.losses or watched.follows)
            or watched.is_lost
        )
    )


def around_script(seen: Survey) -> Around:
    """Return the steps around those of a script, which runs in a database that is not known yet."""
    changed = [it for it in seen.machines if it.changes]
    before = tuple(_pass(seen, it, is_asking=True) for it in changed)
    after = tuple(_watch(seen, it, is_asking=True) for it in changed)
    return Around(before, after, is_asking=True)


def around_claim(seen: Survey, it: MachineSurvey, step: Step, *, is_asking: bool) -> Step:
    """Return *step*, which puts an index in its place, with the tripwire around it."""
    if step.part is not Part.CLAIM:
        return step
    before, after = (make(seen, it, is_asking=is_asking).sql for make in (_pass, _watch))
    return replace(step, sql=f"{before}{step.sql.rstrip()}\n{after}")


def _install(mode: Mode) -> Step:
    return Step(
        "make the tripwire",
        "DDL that would disarm a machine is refused, whoever gives it",
        tripwire.install_sql(mode),
    )


def _pass(seen: Survey, it: MachineSurvey, *, is_asking: bool = False) -> Step:
    return Step(
        f"let the tripwire pass what changes {it.machine.name}",
        "for this transaction alone; at its end the machine must be whole",
        _told(seen, tripwire.pass_sql(it.machine.name), is_asking=is_asking),
    )


def _watch(seen: Survey, it: MachineSurvey, *, is_asking: bool = False) -> Step:
    sql = tripwire.watch_sql(it.writing, watched_objects(it.wanted))
    return Step(
        f"watch {it.machine.name} by the tripwire",
        "what the machine is made of from now on",
        _told(seen, sql, is_asking=is_asking),
    )


def _told(seen: Survey, sql: str, *, is_asking: bool) -> str:
    return tripwire.asking(sql) if is_asking else ownership.as_role(seen.owner, sql)


def watched_objects(objects: Iterable[DbObject]) -> list[DbObject]:
    """Return those of *objects* that hold rules: an index that is only looked by holds none."""
    return [it for it in objects if not (it.kind is ObjectKind.INDEX and seeking.is_seek(it))]
