"""The machine that a registry keeps as JSON, read back: also one that an older version wrote.

Pure: data in, data out.
"""

from collections.abc import Mapping

from pginterlock.choices import ActorNeed, Checks, Continuity, Fill, Mode, Need
from pginterlock.elements import (
    Approvals,
    Audit,
    Claim,
    Deadline,
    Expression,
    Invariant,
    Mirror,
    Outbox,
    Reaction,
    Rename,
    Repair,
    Stamp,
    StateRow,
    TableName,
    TargetGuard,
    Transition,
)
from pginterlock.model import Machine

_Json = Mapping[str, object]


def machine_of(definition: object) -> Machine:
    """Return the machine that *definition* says; what it does not know of is left out.

    Raises ValueError where it is no machine: somebody else has written there.
    """
    try:
        return _machine(_mapping(definition))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError("the registry holds what is no machine") from error


def _machine(told: _Json) -> Machine:
    outbox = told.get("outbox")
    return Machine(
        name=_text(told["name"]),
        table=_table(_mapping(told["table"])),
        state=_text(told["state"]),
        key=_texts(told, "key"),
        mode=Mode(_text(told["mode"])),
        initial=_texts(told, "initial"),
        final=_texts(told, "final"),
        transitions=tuple(_transition(it) for it in _items(told, "transitions")),
        stamps=tuple(
            Stamp(_text(it["column"]), _texts(it, "states"), Fill(_word(it, "fill", Fill.IF_NULL)))
            for it in _items(told, "stamps")
        ),
        rows=tuple(
            StateRow(
                _text(it["state"]),
                *(_texts(it, need) for need in ("require", "forbid", "freeze", "clear")),
            )
            for it in _items(told, "rows")
        ),
        invariants=tuple(
            Invariant(_text(it["name"]), _expression(it["check"]), _texts(it, "states"))
            for it in _items(told, "invariants")
        ),
        claims=tuple(_claim(it) for it in _items(told, "claims")),
        mirrors=tuple(_mirror(it) for it in _items(told, "mirrors")),
        reactions=tuple(
            Reaction(_text(it["name"]), _expression(it["when"]), _text(it["event"]))
            for it in _items(told, "reactions")
        ),
        deadlines=tuple(
            Deadline(
                _text(it["state"]), _text(it["longest"]), _text(it["then"]) if it["then"] else None
            )
            for it in _items(told, "deadlines")
        ),
        deletion=_texts(told, "deletion"),
        audit=_audit(_mapping(told.get("audit") or {})),
        outbox=Outbox(_text(_mapping(outbox)["channel"])) if outbox else None,
        checks=Checks(_word(told, "checks", Checks.FUNCTION)),
        continuity=Continuity(_word(told, "continuity", Continuity.VERIFY)),
        repairs=tuple(
            Repair(
                _text(it["name"]),
                _expression(it["when"]),
                tuple(_set(value) for value in _list(it, "sets")),
            )
            for it in _items(told, "repairs")
        ),
        modes=tuple(_rule_mode(it) for it in _list(told, "modes")),
        renames=tuple(
            Rename(_text(it["state"]), _text(it["was"])) for it in _items(told, "renames")
        ),
        funnel=_texts(told, "funnel"),
    )


def _claim(told: _Json) -> Claim:
    during = told.get("during")
    return Claim(
        _text(told["name"]),
        _texts(told, "resource"),
        _texts(told, "states"),
        _expression(during) if during else None,
    )


def _mirror(told: _Json) -> Mirror:
    return Mirror(
        _text(told["name"]),
        _table(_mapping(told["table"])),
        _text(told["key"]),
        _text(told["column"]),
        _texts(told, "states"),
    )


def _set(told: object) -> tuple[str, Expression]:
    if not isinstance(told, list):
        raise TypeError
    column, value = told
    return _text(column), _expression(value)


def _rule_mode(told: object) -> tuple[str, Mode]:
    if not isinstance(told, list):
        raise TypeError
    rule, mode = told
    return _text(rule), Mode(_text(mode))


def _transition(told: _Json) -> Transition:
    guard, guard_on = told.get("guard"), told.get("guard_on")
    return Transition(
        _text(told["event"]),
        _text(told["from_state"]),
        _text(told["to_state"]),
        _expression(guard) if guard else None,
        _texts(told, "by"),
        Need(_word(told, "reason", Need.OPTIONAL)),
        _target_guard(_mapping(guard_on)) if guard_on else None,
        _approvals(told.get("approvals")),
    )


def _target_guard(told: _Json) -> TargetGuard:
    table = _table(_mapping(told["table"]))
    return TargetGuard(table, _text(told["key"]), _expression(told["check"]))


def _approvals(value: object) -> Approvals | None:
    if value is None:
        return None
    told = _mapping(value)
    count, distinct = told["count"], told["distinct"]
    if type(count) is not int or type(distinct) is not bool:
        raise TypeError
    return Approvals(count, distinct, _texts(told, "by"))


def _audit(told: _Json) -> Audit:
    retain = told.get("retain")
    return Audit(
        _texts(told, "columns"),
        ActorNeed(_word(told, "actor", ActorNeed.OPTIONAL)),
        _text(retain) if retain else None,
        _texts(told, "erasable"),
    )


def _expression(value: object) -> Expression:
    told = _mapping(value)
    return Expression(_text(told["text"]), _texts(told, "columns"), _texts(told, "functions"))


def _table(told: _Json) -> TableName:
    return TableName(_text(told["schema"]), _text(told["name"]))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _word(told: _Json, name: str, default: str) -> str:
    return _text(told.get(name, default))


def _mapping(value: object) -> _Json:
    if not isinstance(value, Mapping):
        raise TypeError
    return value


def _list(told: _Json, name: str) -> list[object]:
    value = told.get(name, [])
    if not isinstance(value, list):
        raise TypeError
    return value


def _texts(told: _Json, name: str) -> tuple[str, ...]:
    return tuple(_text(it) for it in _list(told, name))


def _items(told: _Json, name: str) -> list[_Json]:
    return [_mapping(it) for it in _list(told, name)]
