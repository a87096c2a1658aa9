"""Outcome: what is said of one value, or one column, of a write; and of several together.

Pure: data in, data out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What a machine says of a write."""

    ALLOWED = "allowed"
    ONLY_FROM = "only from"
    NEVER = "never"
    UNKNOWN = "unknown"


# Which of several verdicts stands for all of them: the first that is there.
_WORST_FIRST = (Verdict.NEVER, Verdict.UNKNOWN, Verdict.ONLY_FROM, Verdict.ALLOWED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A verdict and its words; *value* is what it is about, where that has to be told apart."""

    verdict: Verdict
    text: str
    value: str = ""


def together(outcomes: Sequence[Outcome]) -> Outcome:
    """Return *outcomes*, of one write, as one: the worst verdict, and the words of all."""
    verdict = next(it for it in _WORST_FIRST if any(it is one.verdict for one in outcomes))
    several = len({it.value for it in outcomes}) > 1
    texts = [f"{it.value}: {it.text}" if several and it.value else it.text for it in outcomes]
    return Outcome(verdict, "; ".join(dict.fromkeys(texts)))


def listed(words: Sequence[str], last: str = "") -> str:
    """Return *words* as a list for people; *last* (``or``) stands before the last one."""
    if last and len(words) > 1:
        return f"{', '.join(words[:-1])} {last} {words[-1]}"
    return ", ".join(words)
