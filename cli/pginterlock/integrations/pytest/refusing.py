"""Whether the writes of a block are refused, by which rule: for any driver."""

import difflib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pytest

from pginterlock.errors import Refused
from pginterlock.model import Machine, Spec
from pginterlock.refused import refusal

_CODE = re.compile(r"IL\d\d")


class Caught:
    """What a block of `assert_refused` met: *refusal* is there once the block has ended."""

    def __init__(self) -> None:
        self._refusal: Refused | None = None

    @property
    def refusal(self) -> Refused:
        """The refusal; its message, key, states, and what would have been allowed."""
        if self._refusal is None:
            raise RuntimeError("the block has not ended yet: there is no refusal so far")
        return self._refusal


@contextmanager
def assert_refused(
    code: str | type[Refused],
    event: str | None = None,
    *,
    machine: str | None = None,
    rule: str | None = None,
    spec: Spec | None = None,
) -> Iterator[Caught]:
    """Demand that the block is refused with *code* (``IL04``, or the class `GuardFailed`).

    *event* is the move that the write came to be, *machine* and *rule* what refused it; what is
    None is not looked at. Names are checked against *spec* before the block runs. An exception
    of any driver counts; one that is no refusal goes on its way. Raises UsageError for a name
    that cannot be meant.
    """
    __tracebackhide__ = True
    wanted = _code(code)
    _check_names(spec, machine, event)
    told = _told(wanted, event, machine, rule)
    caught = Caught()
    try:
        yield caught
    except Exception as error:
        found = refusal(error)
        if found is None:
            raise
        caught._refusal = found
        if wrong := _differences(found, wanted, event, machine, rule):
            pytest.fail(f"expected {told}; {wrong}\n{_shown(found)}")
    else:
        pytest.fail(f"expected {told}; nothing was refused: the block went through")


@contextmanager
def assert_allowed() -> Iterator[None]:
    """Demand that no machine refuses the block; other exceptions go on their way."""
    __tracebackhide__ = True
    try:
        yield
    except Exception as error:
        found = refusal(error)
        if found is None:
            raise
        pytest.fail(f"expected no refusal; {found.code} came instead\n{_shown(found)}")


def demand_machine(spec: Spec, name: str) -> Machine:
    """Return the machine called *name*; raise UsageError where the spec has none."""
    names = [it.name for it in spec.machines]
    if name not in names:
        raise pytest.UsageError(f"the spec has no machine {name!r}{_meant(name, names)}")
    return next(it for it in spec.machines if it.name == name)


def demand_event(machine: Machine, event: str) -> None:
    """Raise UsageError where *machine* has no move called *event*."""
    _demand_event([machine], event)


def _code(code: str | type[Refused]) -> str:
    if isinstance(code, type):
        return code.code
    if code not in Refused.by_code:
        same = code.upper()
        hint = f": did you mean {same}?" if same in Refused.by_code else _meant(code, _codes())
        raise pytest.UsageError(f"there is no code {code!r}{hint}")
    return code


def _codes() -> list[str]:
    return sorted(it for it in Refused.by_code if _CODE.fullmatch(it))


def _check_names(spec: Spec | None, machine: str | None, event: str | None) -> None:
    if spec is None:
        return
    machines = [demand_machine(spec, machine)] if machine is not None else list(spec.machines)
    if event is not None:
        _demand_event(machines, event)


def _demand_event(machines: Iterable[Machine], event: str) -> None:
    known = {t.event: None for it in machines for t in it.transitions}
    if event not in known:
        told = ", ".join(it.name for it in machines)
        raise pytest.UsageError(f"{told}: there is no event {event!r}{_meant(event, known)}")


def _meant(name: str, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f": did you mean {close[0]!r}?" if close else f"; there are {', '.join(names)}"


def _told(code: str, event: str | None, machine: str | None, rule: str | None) -> str:
    parts = [("of machine", machine), ("at event", event), ("by rule", rule)]
    return " ".join([f"a refusal {code}", *(f"{what} {it}" for what, it in parts if it)])


def _differences(
    found: Refused, code: str, event: str | None, machine: str | None, rule: str | None
) -> str:
    pairs = [
        ("the code", code, found.code),
        ("the machine", machine, found.machine),
        ("the event", event, found.event),
        ("the rule", rule, found.rule),
    ]
    wrong = [f"{what} is {has or 'none'}" for what, want, has in pairs if want not in (None, has)]
    return ", ".join(wrong)


def _shown(found: Refused) -> str:
    hint = f"\n  {found.hint}" if found.hint else ""
    return f"  {found.code}: {found.message}{hint}"
