"""The modes of single rules in a spec: names to the model, and which names there are.

Pure: data in, data out.
"""

from collections.abc import Iterable

from pginterlock.choices import Mode
from pginterlock.elements import StateRow
from pginterlock.errors import UsageError
from pginterlock.model import Machine, SpecPath
from pginterlock.spec_format import MachinePart
from pginterlock.spec_problems import Problems
from pginterlock.spelling import meant

# Code of each rule that can have a mode of its own to its name (`rules.RULES` has the modules).
RULE_NAMES = {
    "IL01": "transition",
    "IL02": "birth",
    "IL03": "death",
    "IL04": "guard",
    "IL05": "authority",
    "IL06": "attribution",
    "IL07": "freeze",
    "IL09": "mirror",
    "IL10": "continuity",
    "IL11": "known_state",
    "IL12": "stamp",
    "IL13": "state_row",
    "IL14": "invariant",
    "IL15": "claim",
}

# No rule, for it refuses nothing; but what it does can be left undone, by a mode of its own.
REACTION = "reaction"


# A rule beside another of its code: only by its name, and where the machine has it.
APPROVAL = "approval"


def canonical(name: str) -> str:
    """Return *name* of a rule as the model keeps it: codes become names."""
    rule, dot, item = name.partition(".")
    return RULE_NAMES.get(rule.upper(), rule) + dot + item


def known_rules(
    stamps: Iterable[str],
    rows: Iterable[StateRow],
    invariants: Iterable[str],
    claims: Iterable[str] = (),
    mirrors: Iterable[str] = (),
    reactions: Iterable[str] = (),
    *,
    has_approvals: bool = False,
) -> list[str]:
    """Return what can have a mode of its own: rules, and items as `RowPredicate.name` has them."""
    items = [f"stamp.{column}" for column in stamps]
    for row in rows:
        items += [f"state_row.{row.state} requires {column}" for column in row.require]
        empty = dict.fromkeys([*row.forbid, *row.clear])
        items += [f"state_row.{row.state} forbids {column}" for column in empty]
    items += [f"invariant.{name}" for name in invariants]
    items += [APPROVAL] if has_approvals else []
    items += [f"claim.{name}" for name in claims]
    items += [f"mirror.{name}" for name in mirrors]
    made = [f"{REACTION}.{name}" for name in reactions]
    return [*RULE_NAMES.values(), *items, *([REACTION, *made] if made else [])]


def rule_of(machine: Machine, name: str) -> str:
    """Return the rule of *machine* that *name* means; raise UsageError where it has none."""
    known = known_rules(
        (it.column for it in machine.stamps),
        machine.rows,
        (it.name for it in machine.invariants),
        (it.name for it in machine.claims),
        (it.name for it in machine.mirrors),
        (it.name for it in machine.reactions),
        has_approvals=any(it.approvals for it in machine.transitions),
    )
    rule = canonical(name)
    if rule not in known:
        raise UsageError(
            f"{name!r} is no rule of {machine.name}{meant(name, [*known, *RULE_NAMES])}",
            remedy=f"Name a rule ({', '.join(RULE_NAMES.values())}), its code, or one item of it,"
            " such as stamp.COLUMN.",
        )
    return rule


def read_modes(
    root: SpecPath, part: MachinePart, problems: Problems
) -> tuple[tuple[str, Mode], ...]:
    """Return the modes of single rules; a name that is none goes into *problems*."""
    rows = [
        StateRow(state, tuple(it.require), tuple(it.forbid), (), tuple(it.clear))
        for state, it in part.states.items()
    ]
    known = known_rules(
        part.stamps,
        rows,
        part.invariants,
        part.claims,
        part.mirrors,
        part.reactions,
        has_approvals=any(it.approvals for moves in part.transitions.values() for it in moves),
    )
    found: dict[str, Mode] = {}
    for name, mode in part.modes.items():
        path: SpecPath = (*root, "modes", name)
        rule = canonical(name)
        if rule not in known:
            guess = meant(name, [*known, *RULE_NAMES])
            problems.add(path, f"{name!r} is no rule of this machine{guess}")
        elif rule in found:
            problems.add(path, f"{name!r} is there twice: it is the rule {rule}")
        else:
            found[rule] = Mode(mode)
    return tuple(sorted(found.items()))
