"""Plans, findings and histories as text or JSON.

Pure: data in, text out.
"""

import json
from collections.abc import Sequence
from datetime import datetime

from pginterlock.findings import Finding, Severity
from pginterlock.plan import Plan

_SAMPLES = 5


def key_text(key: object) -> str:
    """Return one key as people read it; or a pair of rows, and what both hold."""
    if not isinstance(key, dict):
        return str(key)
    if not isinstance(key.get("other"), dict):
        return ", ".join(f"{name}={value}" for name, value in key.items())
    resource = key_text(key.get("resource"))
    ranges = [str(it) for it in (key.get("during"), key.get("other_during")) if it is not None]
    told = f" in {' and '.join(ranges)}" if ranges else ""
    return f"{key_text(key.get('key'))} and {key_text(key['other'])} hold {resource}{told}"


def markdown_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown; what would break one out of its cell is escaped."""

    def line(cells: Sequence[str]) -> str:
        escaped = (c.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;") for c in cells)
        return f"| {' | '.join(c.replace(chr(10), '<br>') for c in escaped)} |"

    return "\n".join([line(headings), line(["---"] * len(headings)), *map(line, rows)])


def finding_dict(finding: Finding) -> dict[str, object]:
    """Return *finding* as the JSON object that the reference documents."""
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "machine": finding.machine,
        "subject": finding.subject,
        "message": finding.message,
        "hint": finding.hint,
        "count": finding.count,
        "samples": list(finding.samples),
        "position": str(finding.position) if finding.position else None,
    }


def findings_json(
    findings: Sequence[Finding],
    *,
    skipped: Sequence[str] = (),
    machines: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> str:
    """Return findings as one JSON document."""
    errors = sum(it.severity is Severity.ERROR for it in findings)
    return json.dumps(
        {
            "format": "interlock findings 1",
            "machines": list(machines),
            "errors": errors,
            "warnings": len(findings) - errors,
            "findings": [finding_dict(it) for it in findings],
            "skipped": list(skipped),
            "notes": list(notes),
        },
        indent=2,
        ensure_ascii=False,
        default=_plain,
    )


def plan_json(plan: Plan) -> str:
    """Return *plan* as one JSON document."""
    return json.dumps(
        {
            "format": "interlock plan 2",
            "database": plan.database,
            "fingerprint": plan.fingerprint,
            "locks": plan.locks,
            "notes": list(plan.notes),
            "changes": [
                {
                    "machine": it.machine,
                    "what": it.what,
                    "subject": it.subject,
                    "states": list(it.states),
                    "rows": it.rows,
                    "breaking": it.breaking,
                    "effect": it.effect,
                }
                for it in plan.differences
            ],
            "steps": [
                {
                    "title": step.title,
                    "why": step.why,
                    "part": step.part.value,
                    "lock": step.lock.value,
                    "table": step.table,
                    "measured": [
                        {"lock": held.lock.value, "table": held.table} for held in step.measured
                    ]
                    if step.measured is not None
                    else None,
                    "sql": step.sql,
                }
                for step in plan.steps
            ],
        },
        indent=2,
        ensure_ascii=False,
    )


def sample_text(finding: Finding) -> str:
    """Return count and sample keys of *finding*, or nothing."""
    if finding.count is None:
        return ""
    keys = "; ".join(key_text(key) for key in finding.samples[:_SAMPLES])
    rows = "1 row" if finding.count == 1 else f"{finding.count:,} rows"
    return f"{rows}: {keys}" if keys else rows


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
