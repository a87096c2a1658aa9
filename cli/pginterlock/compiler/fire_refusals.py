"""What `fire` and `allowed` refuse by themselves, before a row is touched.

Pure: model and table in, SQL text out.
"""

from collections.abc import Callable

from pginterlock.choices import Mode
from pginterlock.compiler.foresight import fireable
from pginterlock.names import array, literal
from pginterlock.rules import stale, transition
from pginterlock.rules.parts import Verdict, Writing


def _refuse(writing: Writing, verdict: Verdict, origin: str, target: str) -> str:
    variables = {c: f"v_key_{n}" for n, c in enumerate(writing.key, start=1)}
    return writing.write(
        verdict, variables.__getitem__, origin=origin, target=target, mode=Mode.ENFORCE
    ).rstrip()


def no_row(writing: Writing) -> str:
    """Return the refusal of a key that no row has."""
    verdict = Verdict(
        "true",
        stale.CODE,
        stale.NAME,
        literal(": there is no such row"),
        literal("Either it was never there, or is gone, or you may not see it"),
    )
    return _refuse(writing, verdict, "null", "null")


def is_expected(writing: Writing) -> str:
    """Return SQL that is true when the row is in the state expected, under whichever name."""
    either = ["v_from operator(pg_catalog.=) p_expect"]
    for it in writing.machine.old_names:
        names = array([it.was, it.state])
        same = " and ".join(
            f"{subject} operator(pg_catalog.=) any ({names})" for subject in ("v_from", "p_expect")
        )
        either.append(f"({same})")
    return " or ".join(either)


def stale_state(writing: Writing) -> str:
    """Return the refusal of a row that is in another state than the caller expects."""
    verdict = Verdict(
        "true",
        stale.CODE,
        stale.NAME,
        "pg_catalog.concat(': is ', coalesce(v_from, 'null'), ', and not ', p_expect,"
        " ' as expected')",
        literal("Somebody was first: read the row again, and decide anew"),
        writing.machine.state,
        _by_state(writing, lambda state: array(writing.machine.targets(state)), "'{}'"),
        event="p_event",
    )
    return _refuse(writing, verdict, "v_from", "null")


def illegal(writing: Writing) -> str:
    """Return the refusal of an event that does not lead out of the state of the row."""

    def hint(state: str) -> str:
        names = dict.fromkeys(t.event for t in fireable(writing.machine) if t.from_state == state)
        return literal(f"Events from {state}: {', '.join(names)}")

    verdict = Verdict(
        "true",
        transition.CODE,
        transition.NAME,
        "pg_catalog.concat(': no ', p_event, ' from ', coalesce(v_from, 'null'))",
        _by_state(writing, hint, "pg_catalog.concat('No event leads out of ', v_from)"),
        writing.machine.state,
        _by_state(writing, lambda state: array(writing.machine.targets(state)), "'{}'"),
        event="p_event",
    )
    return _refuse(writing, verdict, "v_from", "v_to")


def _by_state(writing: Writing, say: Callable[[str], str], otherwise: str) -> str:
    """Return a CASE over the state that is left; final states are all alike."""
    arms = [
        f"when v_from operator(pg_catalog.=) {literal(state)} then {say(state)}"
        for state in writing.machine.states
        if any(t.from_state == state for t in fireable(writing.machine))
    ]
    return f"case {' '.join(arms)} else {otherwise} end" if arms else otherwise
