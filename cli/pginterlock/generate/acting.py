"""Who acts in the tests, who approves, and how each is told: as SQL statements. Pure.

Where actors are signed the tests hold a key of their own, made in their transaction and gone with
it (`sql/tests/signed.sql`): nobody's secret is asked for.
"""

from collections.abc import Mapping

from pginterlock.choices import ActorNeed, Mode
from pginterlock.elements import Approvals, Transition
from pginterlock.model import Machine
from pginterlock.names import ident, literal

ACTOR = "tester"
STRANGER = "interlock_try_stranger"
PERSON = "interlock_try_person"  # and a number: who approves
OWNER = "interlock_try_owner"  # of the table of a funnel
APPLICATION = "interlock_try_application"  # may write the table of a funnel, from before it
KEY, RETIRED_KEY = "interlock-try", "interlock-try-retired"


def is_signed(machine: Machine) -> bool:
    """Whether who acts on *machine* must be proved."""
    return machine.audit.actor is ActorNeed.SIGNED


def act(machine: Machine, actor: str = ACTOR, reason: str | None = "generated") -> str:
    """Return the statement that says, or proves, that *actor* acts from here on, and why."""
    why = "" if reason is None else f", reason => {literal(reason)}"
    if is_signed(machine):
        return f"select interlock.act_as_signed({token(actor)}{why})"
    return f"select interlock.act_as({literal(actor)}{why})"


def token(actor: str = ACTOR, **others: str) -> str:
    """Return SQL for a token that says *actor*; *others* are SQL for what is not as it should be.

    These are ``p_key_id``, ``p_challenge`` and ``p_lasts``.
    """
    told = "".join(f", {name} => {value}" for name, value in others.items())
    return f"pg_temp.token({literal(actor)}{told})"


def asked(machine: Machine, it: Transition) -> Approvals | None:
    """Return the approvals without which *it* is refused; None where none are."""
    return None if machine.mode_of("approval") is Mode.OBSERVE else it.approvals


def persons(machine: Machine) -> list[str]:
    """Return who approves in the tests of *machine*; logins, where actors are not signed."""
    counts = [it.approvals.count for it in machine.transitions if it.approvals]
    return [f"{PERSON}_{number + 1}" for number in range(max(counts, default=0))]


def prologue(machine: Machine) -> list[str]:
    """Return what comes before all tests of *machine*: roles, what they may, keys, who acts."""
    found = [f"create role {it}" for it in (STRANGER, *persons(machine))]
    schema, name = ident(machine.table.schema), ident(machine.table.name)
    needed = [it.approvals for it in machine.transitions if it.approvals]
    by = dict.fromkeys(it.by[0] for it in needed if it.by)
    for person in persons(machine):
        found.append(f"grant usage on schema {schema} to {person}")
        found.append(f"grant select on {schema}.{name} to {person}")
        found += [f"grant {ident(role)} to {person}" for role in by]
    if is_signed(machine):
        found.append(f"select pg_temp.make_key({literal(KEY)})")
        found.append(f"select pg_temp.make_key({literal(RETIRED_KEY)}, clock_timestamp())")
    return [*found, act(machine)]


def approvals(machine: Machine, it: Transition, key: Mapping[str, str]) -> list[str]:
    """Return the statements that give the row of *key* all approvals that *it* needs."""
    needed = asked(machine, it)
    if needed is None:
        return []
    people = persons(machine)[: needed.count] if needed.distinct else [""] * needed.count
    return [text for who in people for text in approval(machine, it, key, who)]


def approval(machine: Machine, it: Transition, key: Mapping[str, str], person: str) -> list[str]:
    """Return the statements by which *person* approves of *it*; "": who makes the move."""
    return as_person(machine, person, called_for("approve", machine, it, key))


def as_person(machine: Machine, person: str, statement: str) -> list[str]:
    """Return *statement* as *person* makes it, under a login or a token of his own."""
    if not person:
        return [statement]
    if is_signed(machine):
        return [act(machine, person), statement, act(machine)]
    return [f"set local session authorization {person}", statement, "reset session authorization"]


def called_for(verb: str, machine: Machine, it: Transition, key: Mapping[str, str]) -> str:
    """Return the statement that approves of *it* for the row of *key*, or withdraws that."""
    told = f"{literal(machine.name)}, {key_json(key)}, {literal(it.event)}"
    return f"do $try$ begin perform interlock.{verb}({told}); end $try$"


def key_json(key: Mapping[str, str]) -> str:
    """Return SQL for *key* as our functions take it."""
    pairs = ", ".join(f"{literal(name)}, {literal(value)}" for name, value in key.items())
    return f"jsonb_build_object({pairs})"
