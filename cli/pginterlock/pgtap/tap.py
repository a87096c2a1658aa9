"""Read the Test Anything Protocol, as pgTAP writes it: text to what passed and what did not.

Pure: no connection, no files, no clock.
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

_PLAN = re.compile(r"(?i)1\.\.(?P<count>\d+)(?:\s*#\s*(?P<skip>skip\S*)\s*(?P<reason>.*))?\s*")
_TEST = re.compile(r"(?P<no>not\s+)?ok\b(?:\s+(?P<number>\d+))?(?P<rest>.*)")
# pgTAP does not escape the # of a description, so the first # need not be the one that counts.
_DIRECTIVE = re.compile(r"(?i)(?P<text>.*?)(?<=\s)#\s*(?P<word>skip|todo)\b(?P<reason>.*)")
_BAIL_OUT = re.compile(r"Bail out!\s*(?P<reason>.*)")
_ESCAPE = re.compile(r"\\([#\\])")


class Verdict(StrEnum):
    """What became of one test."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    TODO = "todo"  # failed, as was expected
    BONUS = "bonus"  # passed, though it was expected to fail


@dataclass(frozen=True, slots=True)
class Test:
    """One test of a file; *lines* are its own line and what it said below it."""

    __test__ = False  # not a test of pytest's, whatever its name looks like

    number: int
    verdict: Verdict
    description: str
    reason: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a file said; *problems* is what is wrong with the file besides its failed tests."""

    tests: tuple[Test, ...]
    planned: int | None
    skip_all: str | None
    bail_out: str | None
    problems: tuple[str, ...]

    @property
    def has_passed(self) -> bool:
        """Whether every test passed that had to, and all that was planned was tried."""
        return not self.problems and not self.of(Verdict.FAILED)

    def of(self, verdict: Verdict) -> list[Test]:
        """Return the tests that ended in *verdict*."""
        return [test for test in self.tests if test.verdict is verdict]


def parse(text: str) -> Outcome:
    """Return what the output *text* of one file says.

    Indented lines belong to the tests of a test, which are told again by the line that follows
    them; lines that are no TAP at all are rows of other queries. Both are kept beside the test.
    """
    reader = _Reader()
    for line in text.split("\n"):
        reader.take(line.rstrip())
        if reader.bail_out is not None:
            break
    return reader.close()


class _Reader:
    """The state between two lines."""

    def __init__(self) -> None:
        self.bail_out: str | None = None
        self._tests: list[Test] = []
        self._planned: int | None = None
        self._skip_all: str | None = None
        self._plan_at: int | None = None
        self._problems: list[str] = []

    def take(self, line: str) -> None:
        if found := _PLAN.fullmatch(line):
            self._take_plan(found)
        elif found := _BAIL_OUT.match(line):
            self.bail_out = found["reason"].strip()
        elif found := _TEST.fullmatch(line):
            self._take_test(found, line)
        elif self._tests and line:
            last = self._tests[-1]
            self._tests[-1] = replace(last, lines=(*last.lines, line))

    def _take_plan(self, found: re.Match[str]) -> None:
        if self._planned is not None:
            self._problems.append(f"a second plan: {found[0].strip()}")
            return
        self._planned = int(found["count"])
        self._plan_at = len(self._tests)
        if found["skip"] and self._planned == 0:
            self._skip_all = (found["reason"] or "").strip()

    def _take_test(self, found: re.Match[str], line: str) -> None:
        expected = len(self._tests) + 1
        number = int(found["number"] or expected)
        if number != expected:
            self._problems.append(f"test {number} came where test {expected} was due")
        text, word, reason = _directive(found["rest"])
        verdict = _verdict(is_ok=not found["no"], word=word)
        self._tests.append(Test(expected, verdict, text, reason, (line,)))

    def close(self) -> Outcome:
        problems = list(self._problems)
        if self.bail_out is not None:
            problems.append(f"bailed out: {self.bail_out}" if self.bail_out else "bailed out")
        else:
            problems += self._judge_plan()
        return Outcome(
            tuple(self._tests), self._planned, self._skip_all, self.bail_out, tuple(problems)
        )

    def _judge_plan(self) -> list[str]:
        count = len(self._tests)
        if self._planned is None:
            return ["no plan: select plan(n) or no_plan(), and finish()"]
        if self._plan_at not in (0, count):
            return [f"the plan came in the middle, after {self._plan_at} tests"]
        if self._planned == 0 and self._skip_all is None:
            return ["the plan is empty: nothing was tried"]
        if self._planned != count:
            return [f"planned {self._planned} tests, and ran {count}"]
        return []


def _directive(rest: str) -> tuple[str, str, str]:
    """Part what follows ``ok 1`` into the description, TODO or SKIP, and its reason."""
    found = _DIRECTIVE.fullmatch(rest)
    text = found["text"] if found else rest
    description = text.strip().removeprefix("-").strip()
    plain = _ESCAPE.sub(r"\1", description)
    if not found:
        return plain, "", ""
    return plain, found["word"].lower(), found["reason"].strip()


def _verdict(*, is_ok: bool, word: str) -> Verdict:
    match word, is_ok:
        case "todo", True:
            return Verdict.BONUS
        case "todo", False:
            return Verdict.TODO
        case "skip", True:
            return Verdict.SKIPPED
        case _, True:
            return Verdict.PASSED
        case _:
            return Verdict.FAILED
