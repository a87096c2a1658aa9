"""IL01, transition: the move is one that the machine lists. Carries the guards of IL04 inside."""

from collections.abc import Sequence
from functools import partial
from itertools import groupby

from pginterlock.choices import Mode
from pginterlock.elements import Transition
from pginterlock.errors import IllegalTransition
from pginterlock.model import Machine
from pginterlock.names import array, literal
from pginterlock.rules import guard, known_state, reacting
from pginterlock.rules.parts import Verdict, Writing, indent, is_state, listing, new, renamed

ERROR = IllegalTransition
CODE = IllegalTransition.code
NAME = "transition"


def at_move(writing: Writing) -> list[str]:
    """Return the if-chain over the states left, and inside over the states entered."""
    chain: list[str] = []
    moves = sorted(
        writing.machine.transitions, key=lambda t: writing.machine.states.index(t.from_state)
    )
    for origin, leaving in groupby(moves, key=lambda t: t.from_state):
        word = "if" if not chain else "elsif"
        chain.append(f"{word} v_from = {literal(origin)} then")
        chain.append(indent(_targets(writing, origin, list(leaving))))
    if not chain:
        return [_refusal(writing, None)]
    chain += ["else", indent(_refusal(writing, None)), "end if;"]
    return ["\n".join(chain)]


def _hint(machine: Machine, state: str) -> str:
    targets = machine.targets(state)
    if not targets:
        return f"No move leads out of {state}: it is final{renamed(machine, state)}"
    return f"Allowed from {state}: {listing(targets)}{renamed(machine, state, *targets)}"


def _targets(writing: Writing, origin: str, leaving: list[Transition]) -> str:
    lines: list[str] = []
    targets = dict.fromkeys(t.to_state for t in leaving)
    for target in targets:
        same = [t for t in leaving if t.to_state == target]
        lines.append(f"{'elsif' if lines else 'if'} v_to = {literal(target)} then")
        judged = guard.choose_event(writing, same)
        lines.append(indent(reacting.or_made(writing, origin, target, judged)))
    refused = _refusal(writing, origin)
    judge = partial(guard.choose_event, writing)
    for target, judged in reacting.gone_through(writing, origin, judge, refused):
        lines.append(f"elsif v_to = {literal(target)} then")
        lines.append(indent(judged))
    lines += ["else", indent(refused), "end if;"]
    return "\n".join(lines)


def _refusal(writing: Writing, origin: str | None) -> str:
    """Return the refusal of every move out of *origin* that is not listed; None: of any state."""
    machine = writing.machine
    targets = machine.targets(origin) if origin else ()
    words = (
        literal(_hint(machine, origin))
        if origin
        else "pg_catalog.concat('No move leads out of ', coalesce(v_from, 'null'))"
    )
    verdict = Verdict(
        "true",
        CODE,
        NAME,
        "pg_catalog.concat(': ', coalesce(v_from, 'null'), ' -> ', coalesce(v_to, 'null'),"
        " ' is not allowed')",
        words,
        machine.state,
        array(targets),
        is_liftable=True,
    )
    first = known_state.first_of_all(writing)
    if machine.mode_of(NAME) is not Mode.RATCHET or origin is not None:
        return first + writing.write(verdict, new)
    # A row that stood in no known state may be moved to a known one: that mends it.
    was_known = f"({is_state('v_from', machine.states)}) is true"
    refused = writing.write(verdict, new)
    recorded = writing.write(verdict, new, mode=Mode.OBSERVE)
    return f"{first}if {was_known} then\n{indent(refused)}\nelse\n{indent(recorded)}\nend if;"


def before_move(writing: Writing) -> str:
    """Return an early verdict for the sake of its message.

    The row rules are judged by the server before any AFTER trigger; an illegal move should be
    called one, not a missing column. The verdict that counts is `at_change`.
    """
    machine = writing.machine
    chain: list[str] = []
    for state in machine.states:
        targets = machine.targets(state)
        word = "elsif" if chain else "if"
        chain.append(f"{word} {_equals('v_from', [state])} then")
        condition = f"({_equals('v_to', targets)}) is not true" if targets else "true"
        chain.append(indent(_early(writing, state, condition)))
    return "\n".join([*chain, "end if;"])


def _early(writing: Writing, state: str, condition: str) -> str:
    """Return the early verdict on a move out of *state*.

    A state that is not one of the machine's is left to the row rules: IL11 says more.
    """
    machine = writing.machine
    verdict = Verdict(
        f"({_equals('v_to', machine.states)}) is true"
        f" and interlock.lifted({literal(machine.name)}, {literal(NAME)}) is null",
        CODE,
        NAME,
        "pg_catalog.concat(': ', v_from, ' -> ', v_to, ' is not allowed')",
        literal(_hint(machine, state)),
        machine.state,
        array(machine.targets(state)),
    )
    inner = writing.write(
        verdict,
        new,
    )
    return inner if condition == "true" else f"if {condition} then\n{indent(inner)}\nend if;"


def _equals(subject: str, states: Sequence[str]) -> str:
    """Return SQL that is true when *subject* is one of *states*, for a function without a pin."""
    if len(states) == 1:
        return f"{subject} operator(pg_catalog.=) {literal(states[0])}"
    return f"{subject} operator(pg_catalog.=) any ({array(tuple(states))})"
