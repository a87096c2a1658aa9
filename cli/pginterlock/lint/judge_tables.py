"""What is done to guarded tables and their columns.

Pure: actions and what is guarded in, what is told out.
"""

from collections.abc import Iterator

from pginterlock.choices import Presence
from pginterlock.findings import Severity
from pginterlock.lint.actions import Action, Verb
from pginterlock.lint.context import Context
from pginterlock.lint.guarded import STATE, Guarded
from pginterlock.lint.rules import Told

_WARNING, _ERROR = Severity.WARNING, Severity.ERROR


def table_goes(context: Context, action: Action) -> Iterator[Told]:
    """Tell of a guarded table that is dropped."""
    for it in context.find(action.table):
        if context.is_downgrade and (it.table.name, "") in context.made:
            continue
        also = " (with what depends on it)" if "cascade" in action.words else ""
        yield _told("lint-drop-table", it, f"drops {it.table}{also}, {_owned(it)}")


def table_renamed(context: Context, action: Action) -> Iterator[Told]:
    """Tell of a guarded table that gets another name or schema."""
    for it in context.find(action.table):
        how = "renames {} to {}" if action.verb is Verb.RENAME_TABLE else "moves {} to schema {}"
        yield _told("lint-rename-table", it, f"{how.format(it.table, action.to)}, {_owned(it)}")


def column_goes(context: Context, action: Action) -> Iterator[Told]:
    """Tell of a column that is dropped."""
    for it, role in _depending(context, action):
        undoes = context.is_downgrade and (it.table.name, action.name) in context.made
        yield _told(
            "lint-drop-column",
            it,
            f"drops column {action.name} of {it.table}, {role} of machine {it.name}",
            _WARNING if undoes else _ERROR,
        )


def column_renamed(context: Context, action: Action) -> Iterator[Told]:
    """Tell of a column that gets another name."""
    for it, role in _depending(context, action):
        yield _told(
            "lint-rename-column",
            it,
            f"renames column {action.name} of {it.table} to {action.to},"
            f" {role} of machine {it.name}",
        )


def column_retyped(context: Context, action: Action) -> Iterator[Told]:
    """Tell of a column that gets another type, and of the rewrite that this may be."""
    doubt = "maybe" in action.words
    severity = _WARNING if doubt else _ERROR
    to = f" to {action.to}" if action.to else ""
    found = False
    for it, role in _depending(context, action):
        found = True
        may = "may change" if doubt else "changes"
        yield _told(
            "lint-retype-column",
            it,
            f"{may} the type of column {action.name} of {it.table}{to},"
            f" {role} of machine {it.name}",
            severity,
        )
        yield from _lost_states(context, it, role, action)
    if not found and not action.words & {"maybe", "wider"}:
        yield from _rewrites(context, action, f"column {action.name} gets another type{to}")


def _lost_states(context: Context, it: Guarded, role: str, action: Action) -> Iterator[Told]:
    labels = action.columns or context.types.labels.get(action.to.split(".")[-1], ())
    lost = [state for state in it.machine.states if state not in labels]
    if role == STATE and labels and lost:
        yield _told(
            "lint-enum-value",
            it,
            f"the new type of {it.table}.{action.name} has no {', '.join(lost)},"
            f" which machine {it.name} knows",
        )


def column_default(context: Context, action: Action) -> Iterator[Told]:
    """Tell of a default of the state that no row may begin with."""
    for it, role in _depending(context, action):
        if role == STATE and action.to not in it.machine.initial:
            yield _told(
                "lint-default",
                it,
                f"the default of {it.table}.{action.name} becomes {action.to!r},"
                f" which is no initial state of machine {it.name}",
            )


def column_not_null(context: Context, action: Action) -> Iterator[Told]:
    """Tell of NOT NULL on a column that must be null in some state."""
    for it, _role in _depending(context, action):
        if it.is_own and (states := _null_in(it, context.column(it, action.name))):
            yield _told(
                "lint-not-null",
                it,
                f"{action.name} of {it.table} becomes NOT NULL, and machine {it.name} wants it"
                f" null in {', '.join(states)}",
            )


def _null_in(it: Guarded, column: str) -> list[str]:
    machine = it.machine
    stamps = [stamp for stamp in machine.stamps if stamp.column == column]
    states = [
        state
        for state in machine.states
        for stamp in stamps
        if machine.presence(stamp, state) is Presence.FORBIDDEN
    ]
    states += [row.state for row in machine.rows if column in (*row.forbid, *row.clear)]
    return list(dict.fromkeys(states))


def partition(context: Context, action: Action) -> Iterator[Told]:
    """Tell of partitions that come and go."""
    how = "attached to" if action.verb is Verb.ATTACH else "detached from"
    for it in context.find(action.table):
        whole = (action.name, it.table) if "child" not in action.words else (it.table, action.name)
        yield _told("lint-partition", it, f"{whole[0]} is {how} {whole[1]}, {_owned(it)}")


def inherited(context: Context, action: Action) -> Iterator[Told]:
    """Tell of children by inheritance."""
    is_child = "child" in action.words
    for it in context.find(action.table):
        pair = (it.table, action.name or action.to) if is_child else (action.name, it.table)
        child, parent = pair if is_child or action.name else (action.to, it.table)
        how = "inherits from" if action.verb is Verb.INHERIT else "no longer inherits from"
        yield _told("lint-inherit", it, f"{child} {how} {parent}, {_owned(it)}")


def unlogged(context: Context, action: Action) -> Iterator[Told]:
    """Tell of a table whose rows a crash takes."""
    for it in context.find(action.table):
        yield _told("lint-unlogged", it, f"sets {it.table} unlogged, {_owned(it)}")


def rewritten(context: Context, action: Action) -> Iterator[Told]:
    """Tell of a rewrite of all rows: of a table, or of all there are."""
    yield from _rewrites(context, action, action.name)


def _rewrites(context: Context, action: Action, why: str) -> Iterator[Told]:
    how = "rewrites" if "for_sure" in action.words else "may rewrite"
    for it in context.find(action.table) if action.table else context.standing():
        if it.is_own:
            told = f"{how} every row of {it.table} under AccessExclusive: {why}"
            yield _told("lint-rewrite", it, told, _WARNING)


def owner(context: Context, action: Action) -> Iterator[Told]:
    """Tell of a new owner of a guarded table."""
    for it in context.find(action.table):
        yield _told("lint-owner", it, f"gives {it.table} to {action.to}, {_owned(it)}")


def row_security(context: Context, action: Action) -> Iterator[Told]:
    """Tell of row security."""
    for it in context.find(action.table):
        told = f"{action.name}s row level security of {it.table}, {_owned(it)}"
        yield _told("lint-row-security", it, told, _WARNING)


def schema_goes(context: Context, action: Action) -> Iterator[Told]:
    """Tell of a schema that is dropped or renamed, with the guarded tables in it."""
    if action.name == "interlock":
        how = "drops" if action.verb is Verb.DROP_SCHEMA else "changes"
        yield Told("lint-schema-interlock", f"{how} schema interlock, which holds every machine")
        return
    for it in context.guards:
        if it.table.schema == action.name and not context.is_off(it.machine):
            dropped = action.verb is Verb.DROP_SCHEMA
            code = "lint-drop-schema" if dropped else "lint-rename-schema"
            how = "is dropped" if dropped else f"is {action.to}"
            yield _told(code, it, f"schema {action.name} {how}, with {it.table}, {_owned(it)}")


def _depending(context: Context, action: Action) -> Iterator[tuple[Guarded, str]]:
    for it in context.find(action.table):
        if role := it.role(context.column(it, action.name)):
            yield it, role


def _owned(it: Guarded) -> str:
    return f"the table of machine {it.name}" if it.is_own else f"which machine {it.name} needs"


def _told(code: str, it: Guarded, message: str, severity: Severity = Severity.ERROR) -> Told:
    return Told(code, message, it.name, str(it.table), severity)
