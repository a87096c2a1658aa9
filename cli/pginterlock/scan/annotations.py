"""The findings of a write map as SARIF 2.1.0, and as GitHub's annotations.

Pure: data in, text out.
"""

import hashlib

from pginterlock.findings import Severity
from pginterlock.lint.formats import annotation
from pginterlock.lint.sarif import level, location, log
from pginterlock.model import Position
from pginterlock.scan.baseline import Key, Named, keys_of
from pginterlock.scan.judged import SEVERITY, SUMMARY, Code, Judged, Remark, judged_remarks
from pginterlock.scan.report import Report, note

_Json = dict[str, object]


def to_github(report: Report) -> str:
    """Return the findings as workflow commands, which GitHub shows beside the lines."""
    lines = [
        annotation(one.severity, _position(it), rule_name(one.code), f"{it.subject}: {one.message}")
        for it, one in report.remarks
    ]
    for fault in report.unread:
        at = Position(fault.file, fault.line, 1)
        lines.append(annotation(Severity.ERROR, at, "unreadable", fault.message))
    return "\n".join(lines)


def _position(it: Judged) -> Position:
    return Position(it.site.file, it.site.line, it.site.column)


def rule_name(code: Code) -> str:
    """Return what a finding is called outside of our own reports."""
    return f"scan-{code.value}"


def to_sarif(report: Report, version: str) -> str:
    """Return the findings as one SARIF log; *version* is that of the tool.

    What a comment accepts is there, as suppressed.
    """
    sites = report.figures.production
    keys = keys_of((it.site for it in sites), _same)
    run: _Json = {
        "tool": {
            "driver": {
                "name": "interlock scan",
                "semanticVersion": version,
                "rules": [_rule(code) for code in Code],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not report.unread,
                "toolExecutionNotifications": [
                    {
                        "level": "error",
                        "message": {"text": it.message},
                        "locations": [location(it.file, max(it.line, 1), 1, "")],
                    }
                    for it in report.unread
                ],
            }
        ],
        "results": [
            _result(it, one, key)
            for it, key in zip(sites, keys, strict=True)
            for one in judged_remarks(it)
        ],
    }
    return log(run)


_same: Named = str


def _rule(code: Code) -> _Json:
    return {
        "id": rule_name(code),
        "shortDescription": {"text": SUMMARY[code]},
        "defaultConfiguration": {"level": level(SEVERITY[code])},
    }


def _result(it: Judged, one: Remark, key: Key) -> _Json:
    site = it.site
    digest = hashlib.sha256("\0".join(map(str, (one.code.value, *key))).encode()).hexdigest()[:32]
    found: _Json = {
        "ruleId": rule_name(one.code),
        "ruleIndex": list(Code).index(one.code),
        "level": level(one.severity),
        "message": {"text": f"{it.subject}: {one.message}. {note(it)}"},
        "locations": [location(site.file, site.line, site.column, site.enclosing)],
        "partialFingerprints": {"interlockScan/v1": digest},
        "properties": {"machine": site.machine, "field": it.subject, "event": it.judgement.event},
    }
    if it.is_new is not None:
        found["baselineState"] = "new" if it.is_new else "unchanged"
    if it.accepted is not None:
        found["suppressions"] = [{"kind": "inSource", "justification": it.accepted}]
    return found
