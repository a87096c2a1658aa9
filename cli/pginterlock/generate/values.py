"""Values of a type, by number: the same number, the same value. Pure."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from pginterlock.table import Column

_DAY = date(2026, 1, 1)
_MOST_DAYS = 3650
_NUMBERS = ("smallint", "integer", "bigint", "numeric", "real", "double precision")
_TEXTS = ("text", "character varying", "character", "name", '"char"')
_LENGTH = re.compile(r"\((\d+)\)")
_LITERAL = re.compile(r"'((?:[^']|'')*)'|(?<![\w.])(\d+(?:\.\d+)?)")
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(.*)", re.DOTALL)
_TIME = re.compile(r"(\d\d)(:\d\d.*)")
_FIXED = {
    "boolean": "false",
    "json": "{}",
    "jsonb": "{}",
    "bytea": "\\x00",
    "interval": "1 day",
    "inet": "10.0.0.1",
    "cidr": "10.0.0.0/8",
    "xml": "<a/>",
    "oid": "1",
    "point": "(0,0)",
}
_SECOND = {
    "json": '{"n": 1}',
    "jsonb": '{"n": 1}',
    "bytea": "\\x01",
    "interval": "2 days",
    "inet": "10.0.0.2",
    "cidr": "11.0.0.0/8",
    "xml": "<b/>",
    "oid": "2",
    "point": "(1,1)",
}


def sample(base_type: str, number: int, labels: tuple[str, ...] = ()) -> str | None:
    """Return value *number* of a type as text, or None for a type that is not known here."""
    name = base_type.partition("(")[0].strip()
    day = _DAY + timedelta(days=number)
    known = {
        **dict.fromkeys(_NUMBERS, _number(base_type, number)),
        **dict.fromkeys(_TEXTS, _text(base_type, number)),
        **_FIXED,
        "date": day.isoformat(),
        "uuid": f"00000000-0000-0000-0000-{number:012d}",
    }
    if labels or name in known:
        return labels[0] if labels else known[name]
    if name.startswith("time"):
        return f"{day} 12:00+00" if name.startswith("timestamp") else "12:00"
    if name.endswith("[]"):
        return "{}"
    return "empty" if name.endswith("range") else None


def second(base_type: str) -> str | None:
    """Return another value of a type of which `sample` knows but one, or None."""
    name = base_type.partition("(")[0].strip()
    if name.endswith("[]"):
        return "{1}"
    return "13:00" if name.startswith("time ") or name == "time" else _SECOND.get(name)


def around(value: str) -> list[str]:
    """Return the neighbours of a number, a day or a time; nothing for anything else."""
    if found := _TIME.fullmatch(value):
        return [f"{(int(found[1]) + it) % 24:02d}{found[2]}" for it in (1, -1)]
    if found := _DATE.fullmatch(value):
        try:
            day = date.fromisoformat(found[1])
            return [f"{day + timedelta(days=it)}{found[2]}" for it in (1, -1)]
        except (ValueError, OverflowError):
            return []
    try:
        number = Decimal(value)
    except InvalidOperation:
        return []
    return [str(number + 1), str(number - 1)] if number.is_finite() else []


def shifted(value: str, counts: Iterable[str]) -> list[str]:
    """Return a day moved by each of *counts* that is a number of days, there and back."""
    found = _DATE.fullmatch(value)
    days = [int(it) for it in counts if it.isdigit() and int(it) <= _MOST_DAYS]
    if found is None or not days:
        return []
    day = date.fromisoformat(found[1])
    return [f"{day + timedelta(days=it * way)}{found[2]}" for it in days for way in (1, -1)]


def fits(value: str, base_type: str) -> bool:
    """Whether *value* can be written as a value of type *base_type*, below domains."""
    name = base_type.partition("(")[0].strip()
    is_time = _TIME.fullmatch(value) is not None
    has_neighbours = bool(around(value))
    is_day = has_neighbours and "-" in value[1:]
    is_number = has_neighbours and not is_day and not is_time
    if name in _TEXTS:
        return True
    if name.startswith("time") and not name.startswith("timestamp"):
        return is_time
    if name == "date" or name.startswith("timestamp"):
        return is_day
    if name in ("smallint", "integer", "bigint"):
        return value.lstrip("-").isdigit()
    return is_number if name in _NUMBERS else name == "boolean" and value in ("true", "false")


def sized(column: Column, lengths: Mapping[str, int]) -> str:
    """Return the type of *column* below its domains, with its length where *lengths* knows it."""
    longest = lengths.get(column.name)
    return column.base_type if longest is None else f"{column.base_type}({longest})"


def constants(condition: str) -> list[str]:
    """Return the literals that a condition compares with, in their order."""
    found = [((it[1] or "").replace("''", "'") or it[2]) for it in _LITERAL.finditer(condition)]
    return list(dict.fromkeys(it for it in found if it))


def _number(base_type: str, number: int) -> str:
    """Return *number* in the digits that there may be before the point."""
    longest = _LENGTH.search(base_type)
    if longest is None:
        return str(number)
    most = 10 ** int(longest[1]) - 1
    return str((number - 1) % most + 1) if most else "0"


def _text(base_type: str, number: int) -> str:
    longest = _LENGTH.search(base_type)
    limit = int(longest[1]) if longest else 1 if base_type in ("character", '"char"') else 60
    return f"x{number}" if len(f"x{number}") <= limit else str(number)[-limit:]
