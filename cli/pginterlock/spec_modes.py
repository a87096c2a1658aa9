"""The modes of single rules in a spec: names to the model, and which names there are.

Pure: data in, data out.
"""

from collections.abc import Iterator

from pginterlock.model import Mode, SpecPath
from pginterlock.spec_format import MachinePart
from pginterlock.spec_problems import Problems, meant

# Code of each rule that can have a mode of its own to its name (`rules.RULES` has the modules).
RULE_NAMES = {
    "IL01": "transition",
    "IL02": "birth",
    "IL03": "death",
    "IL04": "guard",
    "IL06": "attribution",
    "IL07": "freeze",
    "IL10": "continuity",
    "IL11": "known_state",
    "IL12": "stamp",
    "IL13": "state_row",
    "IL14": "invariant",
}


def canonical(name: str) -> str:
    """Return *name* of a rule as the model keeps it: codes become names."""
    rule, dot, item = name.partition(".")
    return RULE_NAMES.get(rule.upper(), rule) + dot + item


def read_modes(
    root: SpecPath, part: MachinePart, problems: Problems
) -> tuple[tuple[str, Mode], ...]:
    """Return the modes of single rules; a name that is none goes into *problems*."""
    known = [*RULE_NAMES.values(), *_items(part)]
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


def _items(part: MachinePart) -> Iterator[str]:
    """Yield the items of the row rules, as `RowPredicate.name` has them."""
    yield from (f"stamp.{column}" for column in part.stamps)
    for state, row in part.states.items():
        yield from (f"state_row.{state} requires {column}" for column in row.require)
        yield from (f"state_row.{state} forbids {column}" for column in (*row.forbid, *row.clear))
    yield from (f"invariant.{name}" for name in part.invariants)
