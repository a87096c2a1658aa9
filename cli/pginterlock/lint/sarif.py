"""Findings of lint as SARIF 2.1.0, which code hosts and editors read.

Pure: data in, text out.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from urllib.parse import quote

from pginterlock.findings import Severity
from pginterlock.lint.files import Outcome, Told
from pginterlock.lint.judge import LintFinding
from pginterlock.lint.rules import RULES
from pginterlock.model import Position

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_Json = dict[str, object]


def to_sarif(outcome: Outcome, version: str) -> str:
    """Return *outcome* as one SARIF log; *version* is that of the tool."""
    names = list(RULES)
    run: _Json = {
        "tool": {
            "driver": {
                "name": "interlock lint",
                "semanticVersion": version,
                "rules": [_rule(name) for name in names],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not outcome.faults,
                "toolExecutionNotifications": [
                    *(_notification(it, "error") for it in outcome.faults),
                    *(_notification(it, "note") for it in outcome.unread),
                ],
            }
        ],
        "results": _results(outcome.findings, names),
    }
    return log(run)


def log(run: Mapping[str, object]) -> str:
    """Return the SARIF log of one *run*."""
    told = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(told, indent=2, ensure_ascii=False)


def _rule(name: str) -> _Json:
    rule = RULES[name]
    return {
        "id": name,
        "shortDescription": {"text": rule.summary},
        "help": {"text": f"{rule.summary} {rule.remedy}. See: interlock explain {name}"},
        "defaultConfiguration": {"level": level(rule.severity)},
    }


def level(severity: Severity) -> str:
    """Return the word of SARIF for *severity*."""
    return "error" if severity is Severity.ERROR else "warning"


def _results(findings: Sequence[LintFinding], names: list[str]) -> list[_Json]:
    seen: dict[str, int] = {}
    results = []
    for it in findings:
        found = it.finding
        at = found.position or Position("", 1, 1)
        result: _Json = {
            "ruleId": found.code,
            "ruleIndex": names.index(found.code),
            "level": level(found.severity),
            "message": {"text": f"{found.message}. {found.hint}"},
            "locations": [location(at.file, at.line, at.column, it.function)],
            "partialFingerprints": {"interlockLint/v1": _fingerprint(it, seen)},
            "properties": {"machine": found.machine, "table": found.subject},
        }
        if it.accepted is not None:
            result["suppressions"] = [{"kind": "inSource", "justification": it.accepted}]
        results.append(result)
    return results


def location(file: str, line: int, column: int, function: str) -> dict[str, object]:
    """Return the place of a result: a file, from the root of the repository where it is relative.

    *function* is what it stands in, empty where that is nothing.
    """
    found: _Json = {
        "physicalLocation": {
            "artifactLocation": _artifact(file),
            "region": {"startLine": line, "startColumn": column},
        }
    }
    if function:
        found["logicalLocations"] = [{"name": function, "kind": "function"}]
    return found


def _artifact(file: str) -> _Json:
    path = PurePath(file)
    if path.is_absolute():
        return {"uri": path.as_uri()}
    return {"uri": quote(path.as_posix()), "uriBaseId": "%SRCROOT%"}


def _fingerprint(it: LintFinding, seen: dict[str, int]) -> str:
    """Return what stays when lines above are added: rule, line as written, and its number."""
    found = it.finding
    file = found.position.file if found.position else ""
    text = "\0".join((found.code, file, found.machine, found.subject, it.source))
    digest = hashlib.sha256(text.encode()).hexdigest()[:32]
    seen[digest] = seen.get(digest, 0) + 1
    return f"{digest}:{seen[digest]}"


def _notification(it: Told, word: str) -> _Json:
    place = it.remark.place
    return {
        "level": word,
        "message": {"text": it.remark.message},
        "locations": [location(it.file, place.line, place.column, place.function)],
    }
