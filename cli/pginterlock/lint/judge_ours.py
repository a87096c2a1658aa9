"""What is done to the objects of ours: triggers, constraints, functions, schema interlock.

Pure: actions and what is guarded in, what is told out.
"""

from collections.abc import Iterator

from pginterlock.findings import Severity
from pginterlock.lint.actions import Action, Verb
from pginterlock.lint.context import Context
from pginterlock.lint.guarded import Guarded
from pginterlock.lint.rules import Told

_OURS = "interlock_"
_SCHEMA = "interlock"
_WIDE = ("all", "user")
_HOW = {
    "create": "creates",
    "replace": "replaces",
    "drop": "drops",
    "alter": "alters",
    "rename": "renames",
    "move": "moves",
    "give away": "gives away",
}


def is_ours(name: str) -> bool:
    """Whether *name* is one that only we give to things on a user's table."""
    return name.startswith(_OURS)


def _concerned(context: Context, action: Action) -> list[Guarded]:
    """Return whose object *action* names: the machine in the name, else all of the table."""
    found = context.find(action.table)
    named = [it for it in found if f"_{it.name}_" in f"{action.name}_"]
    return named or found


def trigger_off(context: Context, action: Action) -> Iterator[Told]:
    """Tell of triggers that are switched off, or fire no longer always."""
    is_wide = action.name in _WIDE
    if not is_wide and not is_ours(action.name):
        return
    what = f"{action.name} triggers" if is_wide else f"trigger {action.name}"
    if action.verb is Verb.DISABLE_TRIGGER:
        how = f"disables {what}"
    elif "replica" in action.words:
        how = f"lets {what} fire in replicas alone"
    else:
        how = f"enables {what} no longer ALWAYS: session_replication_role then switches them off"
    for it in context.find(action.table) if is_wide else _concerned(context, action):
        yield _of_table("lint-disable-trigger", it, f"{how}, on {it.table}")


def trigger_goes(context: Context, action: Action) -> Iterator[Told]:
    """Tell of a trigger of ours that is dropped or renamed."""
    if is_ours(action.name):
        how = "drops" if action.verb is Verb.DROP_TRIGGER else "renames"
        for it in _concerned(context, action):
            yield _of_table("lint-drop-trigger", it, f"{how} trigger {action.name} of {it.table}")


def trigger_comes(context: Context, action: Action) -> Iterator[Told]:
    """Tell of a trigger that replaces one of ours, or stands before it."""
    for it in _concerned(context, action):
        if is_ours(action.name):
            told = f"puts another trigger in the place of {action.name} on {it.table}"
            yield _of_table("lint-drop-trigger", it, told)
        elif "before" in action.words and it.is_own:
            told = f"trigger {action.name} fires before each row of {it.table} is judged"
            yield _of_table("lint-foreign-trigger", it, told, Severity.WARNING)


def constraint_goes(context: Context, action: Action) -> Iterator[Told]:
    """Tell of a constraint of ours, or the key, that is dropped or renamed."""
    how = "drops" if action.verb is Verb.DROP_CONSTRAINT else "renames"
    is_key = action.name.endswith(("_pkey", "_pk")) or "primary_key" in action.words
    for it in _concerned(context, action):
        told = f"{how} constraint {action.name} of {it.table}"
        if is_ours(action.name):
            yield _of_table("lint-drop-constraint", it, told)
        elif is_key and action.verb is Verb.DROP_CONSTRAINT and it.is_own:
            told += f": machine {it.name} tells rows by their key"
            yield _of_table("lint-drop-constraint", it, told, Severity.WARNING)


def not_enforced(context: Context, action: Action) -> Iterator[Told]:
    """Tell of a constraint that is no longer enforced."""
    for it in _concerned(context, action):
        severity = Severity.ERROR if is_ours(action.name) else Severity.WARNING
        told = f"constraint {action.name} of {it.table} is no longer enforced"
        yield _of_table("lint-not-enforced", it, told, severity)


def index_goes(context: Context, action: Action) -> Iterator[Told]:
    """Tell of an index of ours; a DROP INDEX names no table."""
    if not is_ours(action.name):
        return
    how = "drops" if action.verb is Verb.DROP_INDEX else "renames"
    named = [it for it in context.guards if it.is_own and f"_{it.name}_" in action.name]
    for it in named:
        if not context.is_off(it.machine):
            yield _of_table("lint-drop-index", it, f"{how} index {action.name} of {it.table}")
    if not named:
        yield Told("lint-drop-index", f"{how} index {action.name}, which is ours by its name")


def rule(context: Context, action: Action) -> Iterator[Told]:
    """Tell of a rewrite rule."""
    if action.to == "select":
        return
    for it in context.find(action.table):
        instead = " instead" if "instead" in action.words else ""
        told = f"rule {action.name} makes something else{instead} of each {action.to}"
        yield _of_table("lint-rule", it, f"{told} on {it.table}")


def function(context: Context, action: Action) -> Iterator[Told]:
    """Tell of a function of ours."""
    table = action.table
    if table is None or (table.schema != _SCHEMA and not is_ours(table.name)):
        return
    if table.schema is None and context.search_path == (_SCHEMA,):
        return
    yield Told("lint-function", f"{_HOW[action.name]} function {table}", subject=str(table))


def role(_context: Context, action: Action) -> Iterator[Told]:
    """Tell of what is done to the role that owns the machines."""
    if action.name == "interlock_owner":
        how = {Verb.GRANT_ROLE: f"is granted to {action.to}"}
        yield Told("lint-role", f"role interlock_owner {how.get(action.verb, f'is {action.to}')}")
    elif action.verb is Verb.GRANT_ROLE and action.name == "pg_write_all_data":
        told = f"pg_write_all_data, granted to {action.to}, may write histories and the registry"
        yield Told("lint-grant", told)


def owned(context: Context, action: Action) -> Iterator[Told]:
    """Tell of REASSIGN OWNED and DROP OWNED: which tables are meant stands in no file."""
    if action.name == "interlock_owner":
        yield Told("lint-role", f"{action.to}s what role interlock_owner owns: every machine")
    elif any(not context.is_off(it.machine) for it in context.guards):
        told = f"{action.to} owned by {action.name}: guarded tables may be among them"
        yield Told("lint-owner", told, severity=Severity.WARNING)


def event_trigger(_context: Context, action: Action) -> Iterator[Told]:
    """Tell of an event trigger of ours."""
    if is_ours(action.name) or action.name == _SCHEMA:
        yield Told("lint-event-trigger", f"event trigger {action.name} is {action.to}")


def extension(context: Context, action: Action) -> Iterator[Told]:
    """Tell of the extension that exclusion constraints are built on."""
    if action.name != "btree_gist":
        return
    for it in context.guards:
        ranged = [claim.name for claim in it.machine.claims if claim.during]
        if it.is_own and ranged and not context.is_off(it.machine):
            told = f"drops btree_gist, which claim {ranged[0]} is built on"
            yield _of_table("lint-extension", it, told)


def setting(_context: Context, action: Action) -> Iterator[Told]:
    """Tell of settings that switch triggers off."""
    value = action.to.lower()
    if action.name == "session_replication_role" and value not in ("origin", "default", "local"):
        told = f"sets session_replication_role to {action.to or 'what is not seen here'}"
        yield Told("lint-replication-role", f"{told}: triggers that are not ALWAYS no longer fire")
    elif action.name in ("role", "session_authorization") and action.to == "interlock_owner":
        yield Told("lint-role", "becomes role interlock_owner, who owns every machine")
    elif action.name == "event_triggers" and value not in ("on", "true", "1", "yes"):
        yield Told("lint-event-trigger", "switches event triggers off (event_triggers)")


def _of_table(code: str, it: Guarded, message: str, severity: Severity = Severity.ERROR) -> Told:
    return Told(code, f"{message} (machine {it.name})", it.name, str(it.table), severity)
