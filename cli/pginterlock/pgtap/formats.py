"""Write the results of a run as TAP and as JUnit XML.

Pure: no connection, no files, no clock.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self
from xml.etree import ElementTree

from pginterlock.pgtap.run import Result
from pginterlock.pgtap.tap import Test, Verdict

_SUITE = "pgTAP"
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FILE_ITSELF = "the file itself"


@dataclass(frozen=True, slots=True)
class Totals:
    """How many files and tests there were, and how many tests ended in each way."""

    files: int
    failed_files: int
    tests: int
    by_verdict: dict[Verdict, int]

    @classmethod
    def of(cls, results: Sequence[Result]) -> Self:
        """Count *results*."""
        return cls(
            files=len(results),
            failed_files=sum(not it.has_passed for it in results),
            tests=sum(len(it.outcome.tests) for it in results),
            by_verdict={
                verdict: sum(len(it.outcome.of(verdict)) for it in results) for verdict in Verdict
            },
        )


def to_tap(results: Sequence[Result], *, not_run: Sequence[str] = ()) -> str:
    """Return one TAP document: each file is a test, and its own tests are indented above it."""
    lines = ["TAP version 13", f"1..{len(results) + len(not_run)}"]
    for number, result in enumerate(results, start=1):
        lines += _tap_of(number, result)
    if not_run:
        bailed = next(it for it in results if it.outcome.bail_out is not None)
        lines.append(f"Bail out!  {bailed.file}: {bailed.outcome.bail_out}")
    return "\n".join(lines) + "\n"


def to_junit(results: Sequence[Result], *, not_run: Sequence[str] = ()) -> str:
    """Return a JUnit document: each file is a suite, with one more case where it broke itself."""
    root = ElementTree.Element("testsuites", {"name": _SUITE})
    for result in results:
        root.append(_suite(result))
    for file in not_run:
        suite = ElementTree.SubElement(root, "testsuite", {"name": _xml(file)})
        case = _case(suite, _FILE_ITSELF, file)
        _child(case, "skipped", "not run: another file bailed out", "")
    for suite in root:
        _count(suite)
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    root.set("time", f"{sum(it.seconds for it in results):.3f}")
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _tap_of(number: int, result: Result) -> list[str]:
    outcome, name = result.outcome, _tap_name(str(result.file))
    lines = [f"# Subtest: {name}"]
    inner = [line for test in outcome.tests for line in test.lines]
    if outcome.planned is not None:
        skip = f" # SKIP {outcome.skip_all}".rstrip() if outcome.skip_all is not None else ""
        inner.append(f"1..{outcome.planned}{skip}")
    lines += [f"    {line}" for line in inner]
    skip = f" # SKIP {outcome.skip_all}".rstrip() if outcome.skip_all is not None else ""
    lines.append(f"{'ok' if result.has_passed else 'not ok'} {number} - {name}{skip}")
    lines += [f"# {line}" for problem in result.problems for line in problem.splitlines()]
    return lines


def _tap_name(text: str) -> str:
    return text.replace("\\", "\\\\").replace("#", "\\#").replace("\n", " ")


def _suite(result: Result) -> ElementTree.Element:
    file = str(result.file)
    suite = ElementTree.Element("testsuite", {"name": _xml(file), "time": f"{result.seconds:.3f}"})
    for test in result.outcome.tests:
        _add_test(suite, test, file)
    if result.outcome.skip_all is not None:
        case = _case(suite, _FILE_ITSELF, file)
        _child(case, "skipped", result.outcome.skip_all, "")
    if problems := result.problems:
        case = _case(suite, _FILE_ITSELF, file)
        _child(case, "error", problems[0].splitlines()[0], "\n".join(problems))
    return suite


def _add_test(suite: ElementTree.Element, test: Test, file: str) -> None:
    name = f"{test.number} - {test.description}" if test.description else str(test.number)
    case = _case(suite, name, file)
    text = "\n".join(test.lines)
    match test.verdict:
        case Verdict.FAILED:
            _child(case, "failure", test.description or "failed", text)
        case Verdict.SKIPPED:
            _child(case, "skipped", test.reason, "")
        case Verdict.TODO:
            _child(case, "skipped", f"TODO {test.reason}".strip(), text)
        case Verdict.BONUS:
            said = ElementTree.SubElement(case, "system-out")
            said.text = _xml(f"passed, though it was TODO: {test.reason}")
        case Verdict.PASSED:
            pass


def _case(suite: ElementTree.Element, name: str, file: str) -> ElementTree.Element:
    told = {"name": _xml(name), "classname": _xml(file)}
    return ElementTree.SubElement(suite, "testcase", told)


def _child(case: ElementTree.Element, tag: str, message: str, text: str) -> None:
    child = ElementTree.SubElement(case, tag, {"message": _xml(message)})
    child.text = _xml(text) or None


def _count(suite: ElementTree.Element) -> None:
    for name, path in (
        ("tests", "testcase"),
        ("failures", "testcase/failure"),
        ("errors", "testcase/error"),
        ("skipped", "testcase/skipped"),
    ):
        suite.set(name, str(len(suite.findall(path))))


def _xml(text: str) -> str:
    """Return *text* without the characters that XML has no way to write."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
