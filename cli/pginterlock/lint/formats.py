"""Findings of lint as JSON, as GitHub's annotations, as JUnit's XML.

Pure: data in, text out.
"""

import json
from collections import defaultdict
from xml.etree import ElementTree as Xml

from pginterlock.findings import Severity
from pginterlock.lint.files import Outcome
from pginterlock.lint.judge import LintFinding
from pginterlock.model import Position
from pginterlock.report import finding_dict


def to_json(outcome: Outcome) -> str:
    """Return *outcome* as the JSON document that the reference describes."""
    return json.dumps(
        {
            "format": "interlock lint 1",
            "machines": outcome.machines,
            "files": outcome.migrations,
            "others": outcome.others,
            "errors": outcome.count(Severity.ERROR),
            "warnings": outcome.count(Severity.WARNING),
            "findings": [_finding(it) for it in outcome.open],
            "accepted": [_finding(it) | {"reason": it.accepted} for it in outcome.accepted],
            "unreadable": [str(it) for it in outcome.faults],
            "unread": [str(it) for it in outcome.unread],
        },
        indent=2,
        ensure_ascii=False,
    )


def _finding(it: LintFinding) -> dict[str, object]:
    told = finding_dict(it.finding)
    kept = ("code", "severity", "machine", "subject", "message", "hint", "position")
    return {name: told[name] for name in kept} | {"function": it.function, "source": it.source}


def to_github(outcome: Outcome) -> str:
    """Return *outcome* as workflow commands, which GitHub shows beside the lines."""
    lines = []
    for it in outcome.open:
        found = it.finding
        at = found.position
        if at is None:
            continue
        told = f"{found.message}\n{found.hint}"
        lines.append(annotation(found.severity, at, found.code, told))
    for fault in outcome.faults:
        place = fault.remark.place
        at = Position(fault.file, place.line, place.column)
        lines.append(annotation(Severity.ERROR, at, "unreadable", fault.remark.message))
    return "\n".join(lines)


def annotation(severity: Severity, at: Position, title: str, text: str) -> str:
    """Return one workflow command of GitHub, which shows *text* beside the line *at*."""
    where = f"file={_property(at.file)},line={at.line},col={at.column}"
    return f"::{severity.value} {where},title={_property(title)}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def to_junit(outcome: Outcome) -> str:
    """Return *outcome* as JUnit's XML: a test case a file, a failure an error of it."""
    found: dict[str, list[LintFinding]] = defaultdict(list)
    for it in outcome.open:
        if it.finding.position:
            found[it.finding.position.file].append(it)
    faults = {it.file: it for it in outcome.faults}
    names = list(dict.fromkeys([*outcome.migrations, *faults]))
    failed = [name for name in names if any(_is_error(it) for it in found[name])]
    suite = Xml.Element(
        "testsuite",
        name="interlock lint",
        tests=str(len(names)),
        failures=str(len(failed)),
        errors=str(len(faults)),
    )
    for name in names:
        case = Xml.SubElement(suite, "testcase", classname="interlock.lint", name=name)
        errors = [it for it in found[name] if _is_error(it)]
        if errors:
            told = "\n".join(_line(it) for it in errors)
            first = errors[0].finding
            failure = Xml.SubElement(case, "failure", type=first.code, message=first.message)
            failure.text = told
        if name in faults:
            Xml.SubElement(case, "error", type="unreadable", message=str(faults[name]))
        warnings = [_line(it) for it in found[name] if not _is_error(it)]
        if warnings:
            Xml.SubElement(case, "system-out").text = "\n".join(warnings)
    Xml.indent(suite)
    return Xml.tostring(suite, encoding="unicode", xml_declaration=True)


def _is_error(it: LintFinding) -> bool:
    return it.finding.severity is Severity.ERROR


def _line(it: LintFinding) -> str:
    found = it.finding
    return f"{found.position}: {found.severity}: {found.message} [{found.code}]"
