"""The two functions of a machine by which moves are approved of.

`approve` runs with the rights of whoever calls it, finds the row and says what cannot be approved;
`approval` runs as the owner of the schema, and gives, withdraws and counts.

Pure: model and table in, `DbObject`s out.
"""

from pginterlock import assets
from pginterlock.choices import Mode
from pginterlock.compiler.callables import row_slots
from pginterlock.compiler.fire_refusals import illegal
from pginterlock.compiler.foresight import fireable
from pginterlock.compiler.functions import PIN
from pginterlock.compiler.removal import qualified
from pginterlock.elements import Transition
from pginterlock.names import array, cut, dollar, field, ident, literal
from pginterlock.objects import DbObject, ObjectKind
from pginterlock.rules import approval, attribution, authority
from pginterlock.rules.parts import Verdict, Writing, indent
from pginterlock.template import fill

_APPROVE_TYPES = "jsonb, text, text, text"
_APPROVAL_TYPES = "jsonb, text, text, text, text"


def approving(writing: Writing) -> list[DbObject]:
    """Return both functions; none where no move needs approvals."""
    return [_approve(writing), _approval(writing)] if approval.is_asked(writing) else []


def _asking(writing: Writing) -> list[Transition]:
    return [it for it in fireable(writing.machine) if it.approvals]


def _approve(writing: Writing) -> DbObject:
    machine = writing.machine.name
    moves, asking = fireable(writing.machine), _asking(writing)
    named = [literal(f"{it.event} from {it.from_state}") for it in asking]
    read = dict.fromkeys([writing.machine.state, *writing.key])
    body = fill(
        assets.read("sql", "templates", "approve.plpgsql"),
        {
            **row_slots(writing),
            "relation_name": qualified(writing.table.name),
            "columns": ", ".join(f"t.{ident(c)}" for c in read),
            "row_state": writing.state_text(lambda c: field("v_row", c)),
            "row_key": writing.key_json(lambda c: field("v_row", c)),
            "events": array(list(dict.fromkeys(it.event for it in moves))),
            "leads_on": _is_one_of(list(moves), "v_from"),
            "is_asked": _is_one_of(asking, "v_from"),
            "illegal": indent(illegal(writing), 3),
            "hint": f"concat_ws(', ', 'Approved are: ' || {', '.join(dict.fromkeys(named))})",
            "function_name": cut(f"{machine}_approval"),
        },
    )
    return _function(
        writing, "approve", _APPROVE_TYPES, body, "approve of an event, or withdraw that"
    )


def _approval(writing: Writing) -> DbObject:
    variables = {c: f"v_key_{n}" for n, c in enumerate(writing.key, start=1)}
    body = fill(
        assets.read("sql", "templates", "approval.plpgsql"),
        {
            **row_slots(writing),
            "key": writing.key_json(variables.__getitem__),
            "last_entry": approval.last_entry(writing, variables.__getitem__),
            "signed": str(attribution.is_signed(writing)).lower(),
            "terms": indent(_terms(writing)),
            "signature": indent(_signature(writing)),
            "roles": indent(_roles(writing)),
        },
    )
    return _function(
        writing, "approval", _APPROVAL_TYPES, body, "count, give or withdraw approvals"
    )


def _is_one_of(moves: list[Transition], state: str) -> str:
    """Return SQL that is true when `p_event` is one of *moves* from *state*."""
    by_event: dict[str, list[str]] = {}
    for it in moves:
        by_event.setdefault(it.event, []).append(it.from_state)
    return "\n            or ".join(
        f"p_event = {literal(event)} and {state} = any ({array(list(dict.fromkeys(states)))})"
        for event, states in by_event.items()
    )


def _terms(writing: Writing) -> str:
    """Return what finds how many approvals the event needs in the state."""
    lines: list[str] = []
    for asked in dict.fromkeys(it.approvals for it in _asking(writing)):
        same = [it for it in _asking(writing) if it.approvals == asked]
        if asked is None:
            continue
        lines += [
            f"{'elsif' if lines else 'if'} {_is_one_of(same, 'p_state')} then",
            f"    v_count := {asked.count};",
            f"    v_distinct := {str(asked.distinct).lower()};",
        ]
    return "\n".join([*lines, "end if;"])


def _refuse(writing: Writing, verdict: Verdict) -> str:
    variables = {c: f"v_key_{n}" for n, c in enumerate(writing.key, start=1)}
    return writing.write(
        verdict, variables.__getitem__, origin="p_state", target="null", mode=Mode.ENFORCE
    )


def _roles(writing: Writing) -> str:
    """Return the refusal of who is no member of the roles that approve.

    Where none are named, who may read the row approves: whoever calls this function past `approve`,
    which reads it as its caller, is asked for the right to.
    """
    found = []
    table = writing.table.name
    for asked in dict.fromkeys(it.approvals for it in _asking(writing)):
        if asked is None:
            continue
        same = [it for it in _asking(writing) if it.approvals == asked]
        is_meant = _is_one_of(same, "p_state")
        may = authority.is_member(asked.by) if asked.by else authority.is_reader(qualified(table))
        whom = f"members of {', '.join(asked.by)}" if asked.by else f"who may read {table}"
        verdict = Verdict(
            f"({is_meant})\n    and ({may}) is not true",
            approval.CODE,
            approval.NAME,
            f"pg_catalog.concat(': approvals of ', p_event, ' are not by ', {authority.ACTING})",
            literal(f"They are by {whom}"),
            writing.machine.state,
            missing=("role",),
            event="p_event",
        )
        found.append(_refuse(writing, verdict))
    return "".join(found)


def _signature(writing: Writing) -> str:
    """Return the refusal of an actor who is not proved, where actors are signed."""
    if not attribution.is_signed(writing):
        return ""
    wrong = "(interlock.read_token(current_setting('interlock.token', true)))[3]"
    verdict = Verdict(
        f"{wrong} is not null",
        attribution.CODE,
        attribution.NAME,
        f"pg_catalog.concat(': the actor is not signed: ', {wrong})",
        "'In the same transaction: select interlock.act_as_signed(TOKEN)'",
        missing=("actor",),
        event="p_event",
    )
    return _refuse(writing, verdict)


def _function(writing: Writing, what: str, types: str, body: str, note: str) -> DbObject:
    name = cut(f"{writing.machine.name}_{what}")
    ddl = fill(
        assets.read("sql", "templates", f"{what}_function.sql"),
        {"function_name": name, "body": dollar(body), "note": f"{writing.machine.name}: {note}."},
    )
    signature = f"interlock.{ident(name)}({types})"
    return DbObject(
        ObjectKind.FUNCTION,
        f"interlock.{name}({types})",
        writing.machine.name,
        (
            ("body", "\n" + body),
            ("language", "plpgsql"),
            ("security", "definer" if what == "approval" else "invoker"),
            ("settings", PIN),
            ("volatility", "v"),
        ),
        create=ddl,
        replace=ddl,
        drop=f"drop function {signature};\n",
        reason=note,
        signature=signature,
    )
