"""Work out what must change for the objects of a database to be those that a spec asks for.

Pure: no connection, no clock, no files.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pginterlock.objects import DbObject, ObjectKind


class Action(StrEnum):
    """What happens to one object."""

    CREATE = "create"
    REPLACE = "replace"
    MEND = "mend"
    VALIDATE = "validate"
    JUDGE = "judge"
    COUNT = "count"
    DROP = "drop"

    @property
    def is_after(self) -> bool:
        """Whether it is done after the machine was armed, when nobody waits for it."""
        return self in AFTER.values()


# What is done once a machine is armed, by the fact that it makes true; in this order.
AFTER = {"validated": Action.VALIDATE, "judged": Action.JUDGE, "adopted": Action.COUNT}


@dataclass(frozen=True, slots=True)
class Change:
    """One object that is not as it should be."""

    action: Action
    object: DbObject
    sql: str


# Drops before everything (a name may be taken), functions last: until then something calls them.
_ORDER = (
    ObjectKind.TABLE,
    ObjectKind.FUNCTION,
    ObjectKind.TRIGGER,
    ObjectKind.REGISTRY,
    ObjectKind.GRANT,
    ObjectKind.CHECK,
    ObjectKind.INDEX,
)
# What refuses writes of its own accord goes first.
_REFUSING = (ObjectKind.TRIGGER, ObjectKind.CHECK, ObjectKind.INDEX, ObjectKind.GRANT)


def changes(wanted: Sequence[DbObject], found: Iterable[DbObject]) -> list[Change]:
    """Return what must be done for *found* to become *wanted*, in the order of doing.

    A table of ours is never dropped by a plan: it holds what happened.
    """
    there = {it.id: it for it in found}
    ids = {it.id for it in wanted}
    surplus = [it for it in there.values() if it.id not in ids and it.kind is not ObjectKind.TABLE]
    first = [_drop(it) for it in surplus if it.kind in _REFUSING]
    last = [_drop(it) for it in surplus if it.kind in (ObjectKind.FUNCTION, ObjectKind.REGISTRY)]
    middle: list[Change] = []
    for it in sorted(wanted, key=lambda it: _ORDER.index(it.kind)):
        middle += _one(it, there.get(it.id))
    now = [it for it in middle if not it.action.is_after]
    after = [it for action in AFTER.values() for it in middle if it.action is action]
    return first + now + last + after


def _drop(it: DbObject) -> Change:
    return Change(Action.DROP, it, it.drop)


def _one(wanted: DbObject, found: DbObject | None) -> list[Change]:
    mends = dict(wanted.mends)
    after = [name for name in AFTER if name in mends]
    if found is None:
        return [Change(Action.CREATE, wanted, wanted.create), *_after(wanted, after)]
    differing = _differing(wanted, found)
    if not differing:
        return []
    left = [name for name in after if name in differing]
    if differing <= mends.keys():
        now = "".join(mends[name] for name in sorted(differing - AFTER.keys()))
        mend = [Change(Action.MEND, wanted, now)] if now else []
        return [*mend, *_after(wanted, left)]
    # A CHECK is put back not validated, whatever it was before.
    left = [name for name in after if name in differing or name == "validated"]
    # A constraint trigger cannot be replaced, nor be put in the place of another.
    is_other = "constraint" in differing
    sql = wanted.drop + wanted.create if is_other else wanted.replace
    return [Change(Action.REPLACE, wanted, sql), *_after(wanted, left)]


def _differing(wanted: DbObject, found: DbObject) -> set[str]:
    has, asked = dict(found.facts), dict(wanted.facts)
    if wanted.kind is ObjectKind.TABLE:
        # A history keeps columns that the spec no longer asks for.
        return {name for name in asked if has.get(name) != asked[name]}
    return {name for name in has.keys() | asked.keys() if has.get(name) != asked.get(name)}


def _after(wanted: DbObject, names: Iterable[str]) -> list[Change]:
    return [Change(AFTER[name], wanted, dict(wanted.mends)[name]) for name in names]
