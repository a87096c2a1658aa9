"""SQL expressions over a row, read by PostgreSQL's own grammar; nothing else gets through.

The only module that knows the parser (postgast, a binding of libpg_query). A **bare** expression is
parsed as ``select <text>`` and must be one statement with one unnamed target and no other clause:
``select (<text>)`` would let ``1=1) or (1=1`` through (evidence.md, section 1). Then it must stand
in parentheses too, for ``all x`` is a target and no expression.

Pure: text in, data out.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache

import postgast
from google.protobuf.message import DecodeError, Message

from pginterlock.elements import Expression
from pginterlock.expression_refusals import moments, refusal, too_long
from pginterlock.expression_tree import column, inner, kind, location, names, of_kind, walk

_pb = postgast.pg_query_pb2

_PREFIX = "select "
_MAX_CHARACTERS = 10_000
# The fields of a select that say nothing: one target, and what is always filled in.
_SELECT_PARTS = {"target_list", "limit_option", "op"}
# Other clauses, and the token that begins each.
_CLAUSES = {
    "distinct_clause": "DISTINCT",
    "into_clause": "INTO",
    "from_clause": "FROM",
    "where_clause": "WHERE",
    "group_clause": "GROUP_P",
    "having_clause": "HAVING",
    "window_clause": "WINDOW",
    "sort_clause": "ORDER",
    "limit_offset": "OFFSET",
    "limit_count": "LIMIT",
    "locking_clause": "FOR",
}
_TOKENS = {
    _pb.ASCII_59: "a semicolon does not belong in an expression",
    _pb.SQL_COMMENT: "a comment does not belong in an expression: write it as one of YAML",
    _pb.C_COMMENT: "a comment does not belong in an expression: write it as one of YAML",
    _pb.UIDENT: "an escape like U& depends on a setting: write the character itself",
    _pb.USCONST: "an escape like U& depends on a setting: write the character itself",
}
# Tests for null and truth, and what joins them.
_BARE = frozenset(
    ["A_Const", "BoolExpr", "Boolean", "BooleanTest", "ColumnRef", "NullTest", "String"]
)
_INCOMPLETE = "the expression is not complete"
_COMPARISONS = frozenset(["=", "<>", "<", "<=", ">", ">="])
_BEFORE = frozenset(["<", "<="])
_AFTER = frozenset([">", ">="])


class ExpressionError(Exception):
    """Text that is no condition over one row; *offset* counts its characters from 0."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


def parse(text: str) -> Expression:
    """Return *text* as an expression; raise ExpressionError where it is none."""
    tree = _tree(text)
    columns = [name for name, _ in _columns(text, tree)]
    functions = [".".join(names(node.funcname)) for node in of_kind(tree, "FuncCall")]
    return Expression(text, tuple(dict.fromkeys(columns)), tuple(dict.fromkeys(functions)))


def rewrite(text: str, render: Callable[[str], str]) -> str:
    """Return *text* with every column written as *render* writes it."""
    raw = text.encode()
    for name, (start, end) in reversed(_places(text)):
        raw = raw[:start] + render(name).encode() + raw[end:]
    return raw.decode()


@lru_cache(maxsize=1000)
def _places(text: str) -> tuple[tuple[str, tuple[int, int]], ...]:
    """Return the columns of *text*; a machine is written many times, and parsing takes longest."""
    return tuple(_columns(text, _tree(text)))


def is_bare(text: str) -> bool:
    """Whether *text* names no operator, function or type: no search path reads it otherwise."""
    return all(kind(node) in _BARE for node in walk(_tree(text)))


def demands(text: str) -> list[tuple[str, bool]]:
    """Return what *text* asks of single columns: (column, True) if it must not be null.

    Only conjuncts count, for they hold whenever the whole does; a comparison with null never holds.
    """
    found: list[tuple[str, bool]] = []
    for part in _conjuncts(_tree(text)):
        match kind(part):
            case "NullTest":
                found.append((column(part.arg) or "", part.nulltesttype == _pb.IS_NOT_NULL))
            case "A_Expr" if _is_strict(part):
                found += [(column(side) or "", True) for side in (part.lexpr, part.rexpr)]
            case "BoolExpr" if part.boolop == _pb.NOT_EXPR:
                found.append((column(part.args[0]) or "", True))
            case "ColumnRef":
                found.append((column(part) or "", True))
    return [it for it in dict.fromkeys(found) if it[0]]


def orderings(text: str) -> list[tuple[str, str]]:
    """Return pairs of columns of which *text* demands that the first is not after the second."""
    found = []
    for part in _conjuncts(_tree(text)):
        if kind(part) != "A_Expr" or part.kind != _pb.AEXPR_OP:
            continue
        left, right = column(part.lexpr), column(part.rexpr)
        operator = names(part.name)[-1]
        if left and right and operator in _BEFORE:
            found.append((left, right))
        elif left and right and operator in _AFTER:
            found.append((right, left))
    return found


def _is_strict(part: Message) -> bool:
    if part.kind == _pb.AEXPR_OP:
        return names(part.name)[-1] in _COMPARISONS
    return part.kind in (_pb.AEXPR_IN, _pb.AEXPR_BETWEEN, _pb.AEXPR_LIKE)


def _conjuncts(node: Message) -> Iterator[Message]:
    if kind(node) == "BoolExpr" and node.boolop == _pb.AND_EXPR:
        for arg in node.args:
            yield from _conjuncts(inner(arg))
    else:
        yield node


def _tree(text: str) -> Message:
    """Return the tree of the one expression that *text* is."""
    _check_characters(text)
    _check_tokens(text)
    tree = _single_target(text, _parsed(_PREFIX, text))
    for node in walk(tree):
        if told := refusal(node):
            raise ExpressionError(told, _place(text, node))
        for literal in moments(node):
            raise ExpressionError(
                f"{literal.sval.sval!r} may be read as a moment that passes:"
                f" write '{literal.sval.sval}'::text if the word is meant",
                _place(text, literal),
            )
    _parsed(_PREFIX + "(", text, ") is true")
    return tree


def _check_characters(text: str) -> None:
    if not text.strip():
        raise ExpressionError("an expression is missing", 0)
    if len(text) > _MAX_CHARACTERS:
        raise ExpressionError(f"longer than {_MAX_CHARACTERS:,} characters", _MAX_CHARACTERS)
    for offset, character in enumerate(text):
        if character == "\0" or "\ud800" <= character <= "\udfff":
            raise ExpressionError("a character that PostgreSQL cannot store", offset)


def _check_tokens(text: str) -> None:
    """Refuse what only the scanner sees, most of it because a session could read it otherwise."""
    raw = text.encode()
    tokens = _tokens(text)
    for token in tokens:
        if told := _refused_token(token.token, raw[token.start : token.end]):
            raise ExpressionError(told, len(raw[: token.start].decode()))
    if not tokens:
        raise ExpressionError("an expression is missing", 0)


def _refused_token(token: int, word: bytes) -> str | None:
    if told := _TOKENS.get(token):
        return told
    if token == _pb.SCONST and word.startswith(b"'") and b"\\" in word:
        return "a backslash in '...' depends on a setting: write E'...'"
    if token in (_pb.SCONST, _pb.IDENT) and (b"\n" in word or b"\r" in word):
        return r"a line break in quotes: write E'...\n...'"
    return too_long(word.decode().strip('"').replace('""', '"')) if token == _pb.IDENT else None


def _tokens(text: str) -> list[Message]:
    try:
        return list(postgast.scan(text).tokens)
    except postgast.PgQueryError as error:
        raise _error(text, error, 0) from None


def _parsed(before: str, text: str, after: str = "") -> Message:
    try:
        return postgast.parse(before + text + after)
    except postgast.PgQueryError as error:
        raise _error(text, error, len(before)) from None
    except DecodeError:
        raise ExpressionError("nested too deeply", 0) from None


def _error(text: str, error: Exception, skipped: int) -> ExpressionError:
    place = (getattr(error, "cursorpos", 0) or 1) - 1 - skipped
    message = str(getattr(error, "message", error))
    if place >= len(text.rstrip()):
        message = _INCOMPLETE
    return ExpressionError(message, min(max(place, 0), len(text) - 1))


def _single_target(text: str, parsed: Message) -> Message:
    select = inner(parsed.stmts[0].stmt)
    for part, _ in select.ListFields():
        if part.name not in _SELECT_PARTS:
            word = _CLAUSES.get(part.name, "")
            told = word.removesuffix("_P").lower() or "another select"
            raise ExpressionError(
                f"{told} does not belong in an expression", _last_place(text, word)
            )
    if len(select.target_list) != 1:
        second = inner(select.target_list[1]) if select.target_list else select
        raise ExpressionError("more than one expression", _place(text, second))
    target = inner(select.target_list[0])
    if target.name or target.indirection:
        last = _tokens(text)[-1]
        is_word = last.keyword_kind == _pb.NO_KEYWORD  # `a or` is read as `a as or`
        raise ExpressionError(
            f"{target.name!r} does not belong after an expression" if is_word else _INCOMPLETE,
            len(text.encode()[: last.start].decode()),
        )
    return inner(target.val)


def _last_place(text: str, word: str) -> int:
    """Return where the last token *word* begins; the clauses stand behind the expression."""
    starts = [it.start for it in _tokens(text) if word and it.token == _pb.Token.Value(word)]
    return len(text.encode()[: starts[-1]].decode()) if starts else 0


def _columns(text: str, tree: Message) -> list[tuple[str, tuple[int, int]]]:
    """Return each column and the bytes of *text* where it stands, in their order."""
    ends = {token.start: token.end for token in _tokens(text)}
    found = []
    for node in of_kind(tree, "ColumnRef"):
        start = node.location - len(_PREFIX)
        found.append((names(node.fields)[0], (start, ends[start])))
    return sorted(found, key=lambda it: it[1])


def _place(text: str, node: Message) -> int:
    """Return the place of *node* in characters of *text*."""
    start = (location(node) or 0) - len(_PREFIX)
    return len(text.encode()[: max(start, 0)].decode(errors="ignore"))
