"""A write map as one JSON document, as the reference describes it.

Pure: data in, text out.
"""

import json

from pginterlock.scan.figures import Row
from pginterlock.scan.judged import Code, Judged, Protection
from pginterlock.scan.observed import Foreign
from pginterlock.scan.report import Report

FORMAT = "interlock scan 1"
_Json = dict[str, object]
_IS_PROTECTED = {Protection.PROTECTED: True, Protection.UNPROTECTED: False}


def to_json(report: Report) -> str:
    """Return *report* as JSON."""
    found = report.figures
    told: _Json = {
        "format": FORMAT,
        "version": 1,
        "subjects": list(report.subjects),
        "files": report.files,
        "lines": report.lines,
        "sites": [_site(it) for it in found.all_sites],
        "totals": {
            "sites": len(found.all_sites),
            "production": len(found.production),
            "tests": len(found.tests),
            "migrations": len(found.migrations),
            "defaults": len(found.defaults),
            "accepted": len(found.accepted),
            **_row(found.total),
            "verdicts": {word.value: count for word, count in found.verdicts.items()},
            "findings": {code.value: found.findings[code] for code in Code},
            "by_field": {group.name: len(group.sites) for group in found.fields},
            "by_module": [
                {"module": it.name, "total": it.total, **_row(it)} for it in found.modules
            ],
        },
        "recommendations": list(report.advice),
        "unread": [
            {"file": it.file, "line": it.line, "message": it.message} for it in report.unread
        ],
        "notes": list(report.notes),
    }
    if report.gone is not None:
        told["gone"] = report.gone
    if report.foreign is not None:
        told["not_in_code"] = [_foreign(it) for it in report.foreign]
    return json.dumps(told, indent=2, ensure_ascii=False)


def _row(it: Row) -> _Json:
    return {
        "kinds": {kind.value: count for kind, count in it.kinds.items()},
        "protections": {word.value: count for word, count in it.protections.items()},
        "protected_percent": it.percent,
    }


def _site(it: Judged) -> _Json:
    site, judgement = it.site, it.judgement
    stamps = judgement.stamps
    told: _Json = {
        "file": site.file,
        "line": site.line,
        "end_line": site.end_line,
        "start_column": site.column,
        "column": site.field,
        "field": site.field,
        "subject": it.subject,
        "beside": [
            {"column": one.field, "line": one.line, "values": list(one.values)}
            for one in site.beside
        ],
        "model": site.model,
        "table": site.table,
        "machine": site.machine,
        "enclosing": site.enclosing,
        "module": it.module,
        "construct": site.construct,
        "kind": it.kind.value,
        "role": it.role.value,
        "label": site.label.value,
        "values": list(site.values),
        "sources": list(site.sources),
        "is_new": site.is_new,
        "in_tx": site.transaction.value,
        "callers": site.callers.value,
        "tx_reason": site.transaction_reason,
        "protected": _IS_PROTECTED.get(it.protection),
        "confidence": site.confidence.value,
        "reason": site.reason,
        "verdict": judgement.verdict.value,
        "verdict_text": judgement.text,
        "event": judgement.event,
        "asks": list(judgement.asks),
        "stamps": {
            "written": list(stamps.written),
            "missing": list(stamps.missing),
            "filled": list(stamps.filled),
            "alone": list(stamps.alone),
        },
        "findings": [{"code": one.code.value, "message": one.message} for one in it.remarks],
        "accepted": it.accepted,
        "text": site.text,
    }
    if it.is_new is not None:
        told["in_baseline"] = not it.is_new
    if it.observed:
        seen = it.observed
        told["observed"] = {
            "sight": seen.sight.value,
            "entries": seen.entries,
            "refused": seen.refused,
            "recorded": seen.recorded,
            "last_at": seen.last_at.isoformat() if seen.last_at else None,
            "by": list(seen.by),
        }
    return told


def _foreign(it: Foreign) -> _Json:
    return {
        "machine": it.machine,
        "by": it.by,
        "role": it.role,
        "events": list(it.events),
        "entries": it.entries,
        "refused": it.refused,
        "recorded": it.recorded,
        "last_at": it.last_at.isoformat(),
    }
