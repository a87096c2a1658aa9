"""What we set out to reach, and whether a measurement reached it."""

from collections.abc import Mapping
from dataclasses import dataclass

from harness.variants import FLOOR, ours


@dataclass(frozen=True, slots=True)
class Target:
    """A bound on the ratio to the bare table; *at_least* for throughput, else at most."""

    bound: float
    at_least: bool = False

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.bound:g}"

    def is_reached(self, ratio: float) -> bool:
        """Say whether *ratio*, to two digits, is within the bound."""
        shown = round(ratio, 2)
        return shown >= self.bound if self.at_least else shown <= self.bound


# The start of the name of what is measured, to the target of each of our forms.
_DEFAULT_AND_TRIGGER = {
    "move, instructions": (2.5, 1.9),
    "other, instructions": (1.9, 1.4),
    "insert, instructions": (2.2, 1.7),
    "bulk UPDATE": (1.8, 1.8),
    "COPY": (2.0, 2.0),
    "verify, the row rules": (1.6, 1.6),
    "bulk after single rows": (1.2, 1.2),
}
_THROUGHPUT = {
    "8 clients, without fsync": 0.62,
    "8 clients, durable": 0.9,
    "8 clients, 100 hot rows": 0.8,
}


def target(variant: str, what: str) -> Target | None:
    """Return the target of *variant* for *what* is measured; only ours have some."""
    if variant not in (ours("function"), ours("trigger")):
        return None
    if what in _THROUGHPUT:
        return Target(_THROUGHPUT[what], at_least=True)
    for start, (default, trigger) in _DEFAULT_AND_TRIGGER.items():
        if what.startswith(start):
            return Target(trigger if variant == ours("trigger") else default)
    return None


def verdict(variant: str, what: str, against: Mapping[tuple[str, str], float]) -> str:
    """Say whether *variant* reached its target for *what*; if not, what the floor by hand is."""
    wanted = target(variant, what)
    if wanted is None:
        return ""
    if wanted.is_reached(against[variant, what]):
        return "reached"
    floor = against.get((FLOOR["trigger" if variant == ours("trigger") else "function"], what))
    return "not reached" if floor is None else f"not reached; floor {floor:.2f}"
