"""What is written to rows of guarded tables by hand, and to our own tables.

Pure: actions and what is guarded in, what is told out.
"""

from collections.abc import Iterator

from pginterlock.choices import Mode
from pginterlock.findings import Severity
from pginterlock.lint.actions import Action, Verb
from pginterlock.lint.context import Context
from pginterlock.lint.guarded import KEY, MIRROR, STAMP, STATE, Guarded
from pginterlock.lint.rules import Told

_WARNING, _ERROR = Severity.WARNING, Severity.ERROR
_FOLLOWING = (STATE, KEY, STAMP, MIRROR)
_CATALOG = "pg_catalog"
_CATALOG_WORDS = """
    pg_trigger pg_constraint pg_class pg_index pg_proc pg_enum pg_attribute pg_rewrite
    pg_event_trigger pg_depend pg_type pg_inherits pg_attrdef pg_policy
"""
_CATALOGS = frozenset(_CATALOG_WORDS.split())
_WORD = {
    Verb.UPDATE: "updates",
    Verb.INSERT: "inserts into",
    Verb.DELETE: "deletes from",
    Verb.MERGE: "merges into",
    Verb.COPY: "copies into",
    Verb.TRUNCATE: "truncates",
}


def written(action: Action) -> Iterator[Told]:
    """Tell of a write to the catalog or to schema interlock, whatever its rows are."""
    table = action.table
    if table is None:
        return
    word = _WORD[action.verb]
    if table.schema == "interlock":
        yield Told("lint-registry", f"{word} {table}", subject=str(table))
    elif table.name in _CATALOGS and table.schema in (None, _CATALOG):
        yield Told("lint-catalog", f"{word} {_CATALOG}.{table.name}", subject=table.name)


def updated(context: Context, action: Action) -> Iterator[Told]:
    """Tell of an update that moves rows, or writes what follows the state."""
    code = "lint-raw-merge" if action.verb is Verb.MERGE else "lint-raw-update"
    for it in _open(context, action):
        names = {context.column(it, name): name for name in action.columns}
        roles = {old: it.role(old) for old in names}
        if it.machine.state in names and it.is_own:
            yield _moves(context, it, action, code)
            continue
        for old, name in names.items():
            if roles[old] in _FOLLOWING:
                told = f"writes {name} of {it.table} by hand, {roles[old]} of machine {it.name}"
                yield _told(code, it, told)
            elif frozen := _frozen(it, old):
                told = f"writes {name} of {it.table}, which is frozen in {', '.join(frozen)}"
                yield _told(code, it, f"{told} (machine {it.name})", _WARNING)


def _moves(context: Context, it: Guarded, action: Action, code: str) -> Told:
    state = next(n for n in action.columns if context.column(it, n) == it.machine.state)
    to = [value for name, value in action.values if name == state]
    starts = [old for name, asked in action.where if name == state for old in asked]
    told = f"updates {state} of {it.table} by hand, the state of machine {it.name}"
    target = to[0] if len(to) == 1 else None
    if target is not None and target not in it.machine.states:
        return _told(code, it, f"{told}, to {target}, which is no state of it")
    moves = [(f, target) for f in starts]
    if target is not None and moves and all(_is_free(it, *move) for move in moves):
        allowed = f": {', '.join(starts)} -> {target} is allowed, but nobody says who and why"
        return _told(code, it, told + allowed, _WARNING)
    if target is not None and moves:
        illegal = [f for f in starts if target not in it.machine.targets(f) and f != target]
        if illegal:
            told += f": {', '.join(illegal)} -> {target} is not allowed"
    elif target is not None:
        told += f", to {target} from whatever state a row is in"
    return _told(code, it, told)


def _is_free(it: Guarded, start: str, to: str | None) -> bool:
    """Whether the move needs nothing but a write."""
    return start == to or any(
        move.from_state == start
        and move.to_state == to
        and not (move.is_guarded or move.by or move.approvals or move.reason == "required")
        for move in it.machine.transitions
    )


def _frozen(it: Guarded, column: str) -> list[str]:
    if not it.is_own:
        return []
    return [row.state for row in it.machine.rows if column in row.freeze or "*" in row.freeze]


def inserted(context: Context, action: Action) -> Iterator[Told]:
    """Tell of rows that begin in a state that is not initial, or whose state is not seen."""
    code = {Verb.MERGE: "lint-raw-merge", Verb.COPY: "lint-raw-copy"}.get(
        action.verb, "lint-raw-insert"
    )
    for it in _open(context, action):
        if not it.is_own:
            continue
        machine = it.machine
        state = next((n for n in action.columns if context.column(it, n) == machine.state), None)
        word = _WORD[action.verb]
        if action.verb is Verb.COPY and (state or not action.columns):
            yield _told(code, it, f"{word} {it.table} with its state, machine {it.name}", _WARNING)
        elif "all_columns" in action.words:
            told = f"{word} {it.table} without naming columns: in which state do its rows begin?"
            yield _told(code, it, f"{told} (machine {it.name})", _WARNING)
        elif state:
            yield from _begins(it, action, state, code)


def _begins(it: Guarded, action: Action, state: str, code: str) -> Iterator[Told]:
    begun = [value for name, value in action.values if name == state]
    wrong = [value for value in begun if value is not None and value not in it.machine.initial]
    if wrong:
        told = f"rows of {it.table} begin in {', '.join(dict.fromkeys(wrong))}"
        yield _told(code, it, f"{told}, which is no initial state of machine {it.name}")
    elif None in begun or not begun:
        told = f"rows of {it.table} begin in a state that is not seen here"
        yield _told(code, it, f"{told} (machine {it.name})", _WARNING)


def deleted(context: Context, action: Action) -> Iterator[Told]:
    """Tell of rows that are deleted in whatever state they are."""
    code = "lint-raw-merge" if action.verb is Verb.MERGE else "lint-raw-delete"
    for it in _open(context, action):
        machine = it.machine
        asked = [old for name, told in action.where if name == machine.state for old in told]
        allowed = frozenset(machine.deletion)
        if not it.is_own or allowed >= set(machine.states) or (asked and allowed >= set(asked)):
            continue
        told = f"deletes rows of {it.table}; machine {it.name} lets rows be deleted in"
        states = ", ".join(machine.deletion) if machine.deletion else "no state"
        yield _told(code, it, f"{told} {states}", _WARNING if allowed and not asked else _ERROR)


def merged(context: Context, action: Action) -> Iterator[Told]:
    """Tell of what a MERGE does."""
    judge = {"update": updated, "insert": inserted, "delete": deleted}[action.name]
    yield from judge(context, action)


def truncated(context: Context, action: Action) -> Iterator[Told]:
    """Tell of a truncate: no bypass lets it pass."""
    for it in context.find(action.table):
        if it.is_own or any(role == MIRROR for _, role in it.columns):
            told = f"truncates {it.table}, which machine {it.name} refuses"
            yield Told("lint-truncate", told, it.name, str(it.table))


def _open(context: Context, action: Action) -> list[Guarded]:
    """Return what is guarded and not bypassed."""
    return [it for it in context.find(action.table) if not context.is_bypassed(it.machine)]


def _told(code: str, it: Guarded, message: str, severity: Severity = Severity.ERROR) -> Told:
    if it.machine.mode is Mode.OBSERVE:
        severity = Severity.WARNING
        message += "; observe lets it through and records it"
    return Told(code, message, it.name, str(it.table), severity)
