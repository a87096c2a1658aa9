"""What stands inside ``do $$ ... $$`` and functions: PL/pgSQL and SQL bodies, as far as they tell.

Pure: text in, text with its place out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import postgast
from google.protobuf.message import DecodeError, Message

from pginterlock.expression_tree import inner, kind, names
from pginterlock.lint.actions import UNKNOWN
from pginterlock.lint.nodes import literal
from pginterlock.names import dollar

_STATEMENT = 0
_ASSIGNED = re.compile(r"\A\s*[\w.\"\[\]]+\s*:?=", re.DOTALL)
_FORMAT = re.compile(r"%(?:(\d+)\$)?-?\d*([sIL%])")
_IS_TRIGGER = re.compile(r"\breturns\s+trigger\b", re.IGNORECASE)
_OF_TRIGGER = """
    new record, old record, tg_op text, tg_argv text[], tg_table_name text, tg_table_schema text,
    tg_name text, tg_when text, tg_level text, tg_nargs int, tg_relid oid, tg_relname text
"""
_BEGINNINGS = re.compile(
    r"\b(?:alter|drop|update|insert|delete|truncate|merge|set|perform|execute|grant|revoke|with"
    r"|create|copy|call|select|reassign)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Inside:
    """A piece of SQL inside a body; *offset* is its first character in the body.

    *is_made*: it was put together from parts; *is_known* says whether its text can be told at all.
    """

    text: str
    offset: int
    is_made: bool = False
    is_known: bool = True


def body(node: Message) -> tuple[str, str]:
    """Return the language and the body of a DO or CREATE FUNCTION; empty where there is none."""
    language, text = "plpgsql" if kind(node) == "DoStmt" else "", ""
    for it in map(inner, node.args if kind(node) == "DoStmt" else node.options):
        value = inner(it.arg)
        if it.defname == "language":
            language = value.sval
        elif it.defname == "as":
            parts = [value] if kind(value) == "String" else list(map(inner, value.items))
            text = parts[0].sval if len(parts) == 1 else ""
    return language.lower(), text


def inside(text: str, declared: str = "") -> list[Inside] | None:
    """Return the statements of a PL/pgSQL body; None where its parser fails.

    *declared* is the CREATE FUNCTION around it, which names its parameters. The parser is stricter
    than the server here and there, and knows no trigger functions: they get what a trigger has.
    """
    wrapped = f"create function f() returns void language plpgsql as {dollar(text)}"
    if declared:
        as_trigger = f"create function f({_OF_TRIGGER}) returns record language plpgsql as "
        is_trigger = _IS_TRIGGER.search(declared.replace(text, ""))
        wrapped = f"{as_trigger}{dollar(text)}" if is_trigger else declared
    try:
        parsed = postgast.parse_plpgsql(wrapped)
    except (postgast.PgQueryError, DecodeError, ValueError):
        return None
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    found: list[Inside] = []
    for line, what, expr in _expressions(parsed, 1, ""):
        start = starts[min(max(line - 2, 0), len(starts) - 1)]
        query = str(expr.get("query", ""))
        found += _pieces(text, start, what, query, int(str(expr.get("parseMode", _STATEMENT))))
    return found


def guessed(text: str) -> list[Inside]:
    """Return the statements of a body that its parser does not read: what parses between ``;``."""
    found = []
    for piece in re.finditer(r"[^;]+", text):
        for match in _BEGINNINGS.finditer(piece[0]):
            query = piece[0][match.start() :]
            offset = piece.start() + match.start()
            if match[0].lower() == "execute" and _EXECUTE.match(query):
                found.append(_made(query[len("execute") :], offset))
                break
            query = re.sub(r"\Aperform\b", "select ", query, flags=re.IGNORECASE)
            if _parses(query):
                found.append(Inside(query, offset))
                break
    return found


_EXECUTE = re.compile(r"execute\s+(?:format\s*\(|['$a-z])", re.IGNORECASE)


def _parses(query: str) -> bool:
    try:
        postgast.parse(query)
    except (postgast.PgQueryError, DecodeError, ValueError):
        return False
    return True


def _expressions(
    node: object, line: int, what: str
) -> Iterator[tuple[int, str, dict[str, object]]]:
    """Yield each expression with the line and the kind of its statement."""
    if isinstance(node, list):
        for it in node:
            yield from _expressions(it, line, what)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "PLpgSQL_expr" and isinstance(value, dict):
                yield line, what, value
            elif isinstance(value, dict):
                told = value.get("lineno", line)
                is_statement = key.startswith("PLpgSQL_stmt")
                below = told if isinstance(told, int) else line
                yield from _expressions(value, below, key if is_statement else what)
            else:
                yield from _expressions(value, line, what)


def _pieces(text: str, start: int, what: str, query: str, mode: int) -> Iterator[Inside]:
    at = text.find(query, start)
    offset = at if at >= 0 else start
    if "dynexecute" in what or "dynfors" in what:
        yield _made(query, offset)
    elif mode == _STATEMENT and at >= 0:
        yield Inside(query, offset)
    elif mode == _STATEMENT:  # `perform f()` is given as `SELECT f()`
        called = query.removeprefix("SELECT ")
        at = text.find(called, start)
        yield Inside(query, at if at >= 0 else offset, is_made=True)
    elif "(" in query:
        assigned = _ASSIGNED.match(query)
        yield Inside(f"select {query[assigned.end() if assigned else 0 :]}", offset, is_made=True)


def _made(query: str, offset: int) -> Inside:
    """Return the SQL that EXECUTE runs, with what cannot be known as a name of its own."""
    try:
        target = inner(inner(postgast.parse(f"select {query}").stmts[0].stmt).target_list[0])
    except (postgast.PgQueryError, DecodeError, IndexError):
        return Inside("", offset, is_known=False)
    told = _text_of(inner(target.val))
    known = told is not None and told.replace(UNKNOWN, "").strip() != ""
    return Inside(told or "", offset, is_made=True, is_known=known)


def _text_of(node: Message) -> str | None:
    """Return the text that an expression makes, as far as it is written there."""
    if (told := literal(node)) is not None:
        return told
    if kind(node) == "A_Expr" and names(node.name) == ["||"]:
        sides = [_text_of(inner(side)) for side in (node.lexpr, node.rexpr)]
        return "".join(UNKNOWN if side is None else side for side in sides)
    if kind(node) == "FuncCall":
        called, args = names(node.funcname)[-1], [inner(it) for it in node.args]
        if called == "format" and args:
            return _formatted(_text_of(args[0]), [_text_of(it) for it in args[1:]])
        if called in ("quote_ident", "quote_literal") and args:
            return _text_of(args[0])
        if called == "concat":
            return "".join(_text_of(it) or UNKNOWN for it in args)
    return None


def _formatted(pattern: str | None, args: list[str | None]) -> str | None:
    if pattern is None:
        return None
    rest = iter(args)

    def filled(match: re.Match[str]) -> str:
        if match[2] == "%":
            return "%"
        picked = args[int(match[1]) - 1 : int(match[1])] if match[1] else [next(rest, None)]
        value = picked[0] if picked else None
        told = UNKNOWN if value is None else value
        if match[2] == "L":
            return "'" + told.replace("'", "''") + "'"
        if match[2] == "I" and not re.fullmatch(r"[a-z_]\w*", told):
            return '"' + told.replace('"', '""') + '"'
        return told

    return _FORMAT.sub(filled, pattern)
