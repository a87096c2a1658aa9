"""IL06, attribution: a write says who acts, and a move why, where the spec asks for it.

It is asked where an entry of the history is written, and nowhere else: what leaves no entry needs
no actor. It is judged last, so that another rule's refusal is not hidden behind it.
"""

from itertools import groupby

from pginterlock import assets
from pginterlock.choices import ActorNeed, Mode, Need
from pginterlock.elements import Transition
from pginterlock.errors import Unattributed
from pginterlock.model import RENAME_EVENT
from pginterlock.names import literal
from pginterlock.rules import reacting
from pginterlock.rules.parts import Render, Verdict, Writing, block, indent
from pginterlock.rules.reaction import ACTORS, SERVANTS
from pginterlock.template import fill

ERROR = Unattributed
CODE = Unattributed.code
NAME = "attribution"
SIGNED_BY = "signed_by"

_REASON = "coalesce(current_setting('interlock.reason', true), '')"


def is_blank(setting: str) -> str:
    """Return SQL that is true when *setting* says nothing."""
    return f"pg_catalog.btrim(coalesce(current_setting({literal(setting)}, true), '')) = ''"


def is_signed(writing: Writing) -> bool:
    """Whether an actor must be proved by a token."""
    return writing.machine.audit.actor is ActorNeed.SIGNED


def recorded(writing: Writing, *, is_reaction: bool = False) -> dict[str, str]:
    """Return the columns of an entry that this rule writes, and SQL for each.

    Where nothing is refused, a claim is better than nothing: `signed_by` tells the two apart.
    """
    if is_reaction:
        return {**reacting.recorded(writing, claimed(writing)), **_signed_by(writing)}
    return {"actor": claimed(writing), **_signed_by(writing)} if is_signed(writing) else {}


def claimed(writing: Writing) -> str:
    """Return SQL for whom the writer claims, or proves, to be."""
    claim = "nullif(current_setting('interlock.actor', true), '')"
    if not is_signed(writing):
        return claim
    actor = "v_signed[1]"
    if writing.machine.mode_of(NAME) is Mode.OBSERVE or writing.machine.old_names:
        actor = f"coalesce({actor}, {claim})"
    return actor


def _signed_by(writing: Writing) -> dict[str, str]:
    return {SIGNED_BY: "v_signed[2]"} if is_signed(writing) else {}


def around_entry(
    writing: Writing,
    render: Render,
    entry: str,
    *,
    is_change: bool,
    is_bare: bool,
    is_reaction: bool = False,
) -> str:
    """Return *entry*, the statement that writes one, behind what it asks of the writer.

    *is_bare* says that nothing but the state has changed. The move of a reaction has an actor and a
    reason of its own; what the write changed beside it, somebody else did.
    """
    verdicts = [_not_ours(writing, render)] if writing.machine.reactions else []
    if is_reaction and is_bare:
        return _with_token(writing, verdicts, entry)
    event = "v_event" if is_change else "null"
    asked = ""
    if is_change and is_bare and writing.machine.old_names:
        # Nobody acts when a state gets another name; and a batch has no token.
        asked = f" and v_event is distinct from {literal(RENAME_EVENT)}"
    if writing.machine.audit.actor is ActorNeed.REQUIRED:
        verdicts.append(writing.write(_no_actor(event, asked), render))
    if is_change and not is_reaction and (arms := _asking(writing.machine.transitions)):
        verdicts.append(writing.write(_no_reason(arms), render))
    if is_signed(writing):
        verdicts.insert(0, writing.write(_not_signed(event, asked), render))
    return _with_token(writing, verdicts, entry)


def _with_token(writing: Writing, verdicts: list[str], entry: str) -> str:
    """Return *entry* behind *verdicts*, where actors are signed with what the token says."""
    if not is_signed(writing):
        return "".join([*verdicts, entry])
    return fill(
        assets.read("sql", "templates", "signed_entry.plpgsql"),
        {"verdicts": block(verdicts), "entry": indent(entry)},
    )


def _not_ours(writing: Writing, render: Render) -> str:
    """Return the refusal of an actor that nobody can be but the database itself."""
    claim = "current_setting('interlock.actor', true)"
    verdict = Verdict(
        f"{claim} not in ({', '.join(literal(it) for it in SERVANTS)})",
        CODE,
        NAME,
        f"pg_catalog.concat(': nobody acts as ', {claim}, ' but the database itself')",
        "'Say who acts: select interlock.act_as(ACTOR); what begins with interlock: is taken'",
        missing=("actor",),
    )
    refused = indent(writing.write(verdict, render))
    return f"if pg_catalog.starts_with({claim}, {literal(ACTORS)}) then\n{refused}\nend if;\n"


def _no_actor(event: str, asked: str) -> Verdict:
    return Verdict(
        f"{is_blank('interlock.actor')}{asked}",
        CODE,
        NAME,
        "': no actor is given'",
        "'Say who acts, in the same transaction: select interlock.act_as(ACTOR)'",
        missing=("actor",),
        event=event,
    )


def _not_signed(event: str, asked: str) -> Verdict:
    return Verdict(
        f"v_signed[3] is not null{asked}",
        CODE,
        NAME,
        "pg_catalog.concat(': the actor is not signed: ', v_signed[3])",
        "'In the same transaction: select interlock.act_as_signed(TOKEN)'",
        missing=("actor",),
        event=event,
    )


def _no_reason(arms: str) -> Verdict:
    return Verdict(
        f"{arms}\n    and {_REASON} = ''",
        CODE,
        NAME,
        "pg_catalog.concat(': ', v_event, ' needs a reason')",
        "'Say why, in the same transaction: select interlock.act_as(ACTOR, reason => WHY)'",
        missing=("reason",),
        event="v_event",
    )


def _asking(transitions: tuple[Transition, ...]) -> str:
    """Return SQL that is true of a move that needs a reason; nothing where none does."""
    arms = []
    for event, moves in groupby(sorted(transitions, key=lambda t: t.event), lambda t: t.event):
        same = list(moves)
        asking = [t for t in same if t.reason is Need.REQUIRED]
        if asking and len(asking) == len(same):
            arms.append(f"v_event = {literal(event)}")
            continue
        arms += [
            f"v_event = {literal(event)} and v_from = {literal(t.from_state)}"
            f" and v_to = {literal(t.to_state)}"
            for t in asking
        ]
    if not arms:
        return ""
    either = "\n        or ".join(arms)
    return f"v_from is distinct from v_to\n    and ({either})"
