"""Hold what a migration does against what a spec guards.

Pure: actions and machines in, findings out.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pginterlock.findings import Finding, Severity
from pginterlock.lint import judge_ours, judge_rights, judge_rows, judge_tables
from pginterlock.lint.actions import ROW_VERBS, UNKNOWN, Action, Place, Reading, Remark, Verb
from pginterlock.lint.context import Context, Types
from pginterlock.lint.guarded import STATE, Guarded, guarded
from pginterlock.lint.rules import RULES, Told
from pginterlock.lint.suppressions import Suppressions
from pginterlock.model import Machine, Position

_DOWN = ("downgrade", "reverse")
_Judge = Callable[[Context, Action], Iterator[Told]]


@dataclass(frozen=True, slots=True)
class LintFinding:
    """A finding, the function that it stands in, and the reason for which it is accepted, if any.

    *source* is the line of the migration, as written.
    """

    finding: Finding
    function: str = ""
    accepted: str | None = None
    source: str = ""


def judge(
    file: str,
    text: str,
    reading: Reading,
    machines: Sequence[Machine],
    types: Types,
) -> tuple[list[LintFinding], list[Remark]]:
    """Return what is wrong with one migration, in the order of its lines, and what is unread.

    The same thing at the same place is told once, however often a loop or a function comes by.
    """
    guards = guarded(machines)
    comments = Suppressions(text)
    made = _made(reading)
    found: dict[tuple[str, int, int, str, str], LintFinding] = {}
    unread = list(reading.unread)
    for unit in reading.units:
        is_down = bool(unit) and unit[0].place.function.startswith(_DOWN)
        context = Context(guards, types, made, is_downgrade=is_down)
        for action in unit:
            if _is_unknown(action):
                unread.append(Remark(action.place, _UNKNOWN_TABLE))
            for told in _judged(context, action):
                it = _finding(file, comments, action.place, told)
                key = (
                    told.code,
                    action.place.line,
                    action.place.column,
                    told.machine,
                    told.message,
                )
                found.setdefault(key, it)
            context.follow(action)
    findings = [*found.values(), *_reasonless(file, comments)]
    return sorted(findings, key=_order), once(unread, comments)


_UNKNOWN_TABLE = "the table is not known here; look at it yourself"


def _is_unknown(action: Action) -> bool:
    is_harmless = action.verb in (Verb.CREATE_TABLE, Verb.ADD_COLUMN, Verb.CREATE_ENUM)
    return action.table is not None and UNKNOWN in action.table.name and not is_harmless


def once(remarks: Iterable[Remark], comments: Suppressions) -> list[Remark]:
    """Return each remark once, and those not that a comment accepts."""
    kept = {
        (it.place.line, it.place.column, it.message): it
        for it in remarks
        if comments.reason(it.place) is None
    }
    return [kept[key] for key in sorted(kept)]


def _order(it: LintFinding) -> tuple[int, int, str]:
    at = it.finding.position
    return (at.line, at.column, it.finding.code) if at else (0, 0, it.finding.code)


def _made(reading: Reading) -> frozenset[tuple[str, str]]:
    """Return the tables and columns that the migration creates on its way up."""
    made = set()
    for unit in reading.units:
        for it in unit:
            if it.table and not it.place.function.startswith(_DOWN):
                if it.verb is Verb.CREATE_TABLE:
                    made.add((it.table.name, ""))
                elif it.verb is Verb.ADD_COLUMN:
                    made.add((it.table.name, it.name))
    return frozenset(made)


def _judged(context: Context, action: Action) -> Iterator[Told]:
    if action.verb in ROW_VERBS:
        yield from judge_rows.written(action)
    elif action.table and action.table.schema == "interlock" and action.verb not in _OF_SCHEMA:
        table = action.table
        yield Told("lint-registry", f"changes {table}, a table of ours", subject=str(table))
    if found := _JUDGES.get(action.verb):
        yield from found(context, action)


# What speaks of schema interlock for itself, or creates what is not there.
_OF_SCHEMA = frozenset([Verb.CHANGE_FUNCTION, Verb.GRANT, Verb.REVOKE, Verb.CREATE_ENUM])


def _finding(file: str, comments: Suppressions, place: Place, told: Told) -> LintFinding:
    rule = RULES[told.code]
    machine = told.machine or "MACHINE"
    return LintFinding(
        Finding(
            told.code,
            told.message,
            told.machine,
            told.subject,
            told.severity,
            hint=rule.remedy.replace("{machine}", machine),
            position=Position(file, place.line, place.column),
        ),
        place.function,
        comments.reason(place),
        comments.line(place.line),
    )


def _reasonless(file: str, comments: Suppressions) -> Iterator[LintFinding]:
    for line, column in comments.reasonless:
        told = Told("lint-suppression", "a finding is accepted without a reason")
        yield _finding(file, comments, Place(line, column), told)


def _enum_value(context: Context, action: Action) -> Iterator[Told]:
    """Tell of a state whose value gets another name."""
    name = action.table.name if action.table else ""
    for it in _with_state(context, action.name):
        has = context.types.has(it, name)
        if has is not False:
            sure = "" if has else "; whether its state has this type is not seen here"
            yield Told(
                "lint-enum-value",
                f"renames value {action.name!r} of type {name} to {action.to!r}, a state of"
                f" machine {it.name}{sure}",
                it.name,
                str(it.table),
                Severity.ERROR if has else Severity.WARNING,
            )


def _with_state(context: Context, state: str) -> Iterator[Guarded]:
    for it in context.guards:
        if it.is_own and state in it.machine.states and not context.is_off(it.machine):
            yield it


def _type_goes(context: Context, action: Action) -> Iterator[Told]:
    """Tell of a type that takes its columns along."""
    name = action.table.name if action.table else ""
    for it in context.guards:
        if "cascade" not in action.words or not it.is_own or context.is_off(it.machine):
            continue
        if context.types.has(it, name):
            yield Told(
                "lint-drop-column",
                f"drops type {name} and with it column {it.machine.state} of {it.table},"
                f" {STATE} of machine {it.name}",
                it.name,
                str(it.table),
            )


_JUDGES: dict[Verb, _Judge] = {
    Verb.ATTACH: judge_tables.partition,
    Verb.CHANGE_EVENT_TRIGGER: judge_ours.event_trigger,
    Verb.CHANGE_EXTENSION: judge_ours.extension,
    Verb.CHANGE_FUNCTION: judge_ours.function,
    Verb.CHANGE_ROLE: judge_ours.role,
    Verb.CHANGE_SCHEMA: judge_tables.schema_goes,
    Verb.COPY: judge_rows.inserted,
    Verb.CREATE_RULE: judge_ours.rule,
    Verb.CREATE_TRIGGER: judge_ours.trigger_comes,
    Verb.DELETE: judge_rows.deleted,
    Verb.DETACH: judge_tables.partition,
    Verb.DISABLE_TRIGGER: judge_ours.trigger_off,
    Verb.DROP_COLUMN: judge_tables.column_goes,
    Verb.DROP_CONSTRAINT: judge_ours.constraint_goes,
    Verb.DROP_INDEX: judge_ours.index_goes,
    Verb.DROP_SCHEMA: judge_tables.schema_goes,
    Verb.DROP_TABLE: judge_tables.table_goes,
    Verb.DROP_TRIGGER: judge_ours.trigger_goes,
    Verb.DROP_TYPE: _type_goes,
    Verb.ENABLE_TRIGGER: judge_ours.trigger_off,
    Verb.GRANT: judge_rights.granted,
    Verb.GRANT_PARAMETER: judge_rights.parameter,
    Verb.GRANT_ROLE: judge_ours.role,
    Verb.INHERIT: judge_tables.inherited,
    Verb.INSERT: judge_rows.inserted,
    Verb.MERGE: judge_rows.merged,
    Verb.MOVE_TABLE: judge_tables.table_renamed,
    Verb.NOT_ENFORCED: judge_ours.not_enforced,
    Verb.NO_INHERIT: judge_tables.inherited,
    Verb.OWNED: judge_ours.owned,
    Verb.RENAME_COLUMN: judge_tables.column_renamed,
    Verb.RENAME_CONSTRAINT: judge_ours.constraint_goes,
    Verb.RENAME_INDEX: judge_ours.index_goes,
    Verb.RENAME_TABLE: judge_tables.table_renamed,
    Verb.RENAME_TRIGGER: judge_ours.trigger_goes,
    Verb.RENAME_VALUE: _enum_value,
    Verb.RETYPE_COLUMN: judge_tables.column_retyped,
    Verb.REVOKE: judge_rights.revoked,
    Verb.REWRITE: judge_tables.rewritten,
    Verb.ROW_SECURITY: judge_tables.row_security,
    Verb.SET: judge_ours.setting,
    Verb.SET_DEFAULT: judge_tables.column_default,
    Verb.SET_NOT_NULL: judge_tables.column_not_null,
    Verb.SET_OWNER: judge_tables.owner,
    Verb.SET_UNLOGGED: judge_tables.unlogged,
    Verb.TRUNCATE: judge_rows.truncated,
    Verb.UPDATE: judge_rows.updated,
}


def moved_down(reading: Reading, function: str) -> Reading:
    """Return *reading* with *function* written into every place of it."""
    units = [
        [replace(it, place=replace(it.place, function=function)) for it in unit]
        for unit in reading.units
    ]
    return replace(reading, units=units)
