"""What was measured, as data."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Series:
    """What one variant showed for one thing measured: one value a round."""

    variant: str
    what: str
    unit: str
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle value."""
        return median(self.values)


class Collected:
    """Values as they come in, round by round."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str, str], list[float]] = {}

    def add(self, variant: str, what: str, unit: str, value: float) -> None:
        """Take down one value."""
        self._values.setdefault((variant, what, unit), []).append(value)

    def series(self) -> list[Series]:
        """Return all values, one series a variant and thing measured."""
        return [Series(*name, tuple(values)) for name, values in self._values.items()]


def ratios(series: Sequence[Series], base: str) -> dict[tuple[str, str], float]:
    """Return each median against that of the variant *base*, by variant and thing measured."""
    bases = {it.what: it.median for it in series if it.variant == base}
    return {(it.variant, it.what): it.median / bases[it.what] for it in series if bases[it.what]}
