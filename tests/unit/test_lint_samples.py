"""Every planted fault of tests/lint is found, at its line, and nothing else is.

A planted file says what is wrong with a line behind it: ``-- expect: RULE, RULE``, in Python
``# expect: RULE``; ``-3`` behind a rule means three lines above. Sound files say nothing.
"""

import re
from collections import Counter
from pathlib import Path

import pytest

from pginterlock.commands.lint import _files, _sources
from pginterlock.lint.files import Outcome, lint
from pginterlock.lint.rules import RULES
from pginterlock.spec import load

SAMPLES = Path(__file__).parents[1] / "lint"
FILES = sorted(
    it.relative_to(SAMPLES).as_posix()
    for it in SAMPLES.rglob("*")
    if it.suffix in (".py", ".sql") and it.name != "__init__.py"
)
_EXPECT = re.compile(r"(?:--|#) expect: (.*)$")
_RULE = re.compile(r"(lint-[a-z-]+[a-z])(?: -(\d+))?")


def expected(text: str) -> Counter[tuple[int, str]]:
    """Return the findings that a file asks for: line and rule."""
    found: Counter[tuple[int, str]] = Counter()
    for number, line in enumerate(text.splitlines(), start=1):
        for told in _EXPECT.findall(line):
            for rule, above in _RULE.findall(told):
                found[number - int(above or 0), rule] += 1
    return found


def outcome_of(*names: str) -> Outcome:
    """Return what lint finds in some of the samples."""
    outcome = Outcome()
    files = _files([SAMPLES / name for name in names])
    lint(_sources(files, outcome), load(SAMPLES / "interlock.yaml").machines, outcome)
    return outcome


@pytest.mark.parametrize("name", FILES)
def test_a_file_has_the_findings_that_it_says_and_no_other(name: str) -> None:
    wanted = expected((SAMPLES / name).read_text(encoding="utf-8"))

    outcome = outcome_of(name)

    found = Counter(
        (it.finding.position.line, it.finding.code) for it in outcome.open if it.finding.position
    )
    assert found - wanted == Counter()
    assert wanted - found == Counter()
    assert outcome.faults == []
    assert outcome.migrations == [str(SAMPLES / name)]
    assert ("planted" in name) is bool(wanted)


def test_every_rule_is_planted_somewhere() -> None:
    texts = [(SAMPLES / name).read_text(encoding="utf-8") for name in FILES]

    assert {rule for text in texts for _, rule in expected(text)} == set(RULES)
