"""What is granted and revoked.

Pure: actions and what is guarded in, what is told out.
"""

from collections.abc import Iterator

from pginterlock.findings import Severity
from pginterlock.lint.actions import Action
from pginterlock.lint.context import Context
from pginterlock.lint.guarded import Guarded
from pginterlock.lint.rules import Told

_SCHEMA = "interlock"
_READING = frozenset(["select", "usage", "execute", "references"])


def granted(context: Context, action: Action) -> Iterator[Told]:
    """Tell of a right that gets around a machine."""
    if action.table is None:
        return
    if _is_interlock(action):
        beyond = action.words - {"in_schema"} - _READING
        if beyond:
            told = f"grants {_listed(beyond)} in schema interlock to {action.to}"
            yield Told("lint-schema-interlock", told)
        return
    if action.name not in ("table", "") and "in_schema" not in action.words:
        return
    for it in _tables(context, action):
        risky = action.words & {"trigger", "truncate", "all", "maintain"} - {"maintain"}
        if risky and "table" in (action.name or "table"):
            given = "all, which has trigger and truncate in it," if "all" in risky else ""
            told = f"grants {given or _listed(risky)} on {it.table} to {action.to}"
            yield Told("lint-grant", f"{told} (machine {it.name})", it.name, str(it.table))
        yield from _funnel(it, action)


def _funnel(it: Guarded, action: Action) -> Iterator[Told]:
    """Tell of an UPDATE that a funnel has taken."""
    if "update" not in action.words or not it.is_own or not it.machine.funnel:
        return
    opened = [c for c in it.machine.funnel if not action.columns or c in action.columns]
    if opened:
        told = f"grants update of {', '.join(opened)} on {it.table} to {action.to}"
        message = f"{told}: machine {it.name} is a funnel, and interlock.fire the only way"
        yield Told("lint-grant", message, it.name, str(it.table))


def revoked(_context: Context, action: Action) -> Iterator[Told]:
    """Tell of rights in schema interlock that are taken: writers need them."""
    if action.table is not None and _is_interlock(action):
        taken = _listed(action.words - {"in_schema"})
        told = f"revokes {taken} in schema interlock from {action.to}: writers may need it"
        yield Told("lint-schema-interlock", told, severity=Severity.WARNING)


def parameter(_context: Context, action: Action) -> Iterator[Told]:
    """Tell of the right to switch triggers off."""
    if action.name in ("session_replication_role", "event_triggers"):
        told = f"grants the right to set {action.name} to {action.to}"
        yield Told("lint-grant", told)


def _is_interlock(action: Action) -> bool:
    table = action.table
    if table is None:
        return False
    is_schema = action.name == "schema" or "in_schema" in action.words
    return table.name == _SCHEMA if is_schema else table.schema == _SCHEMA


def _tables(context: Context, action: Action) -> list[Guarded]:
    if "in_schema" not in action.words:
        return context.find(action.table)
    schema = action.table.name if action.table else ""
    return [
        it
        for it in context.guards
        if it.table.schema == schema and action.name == "table" and not context.is_off(it.machine)
    ]


def _listed(words: frozenset[str]) -> str:
    return ", ".join(sorted(words))
