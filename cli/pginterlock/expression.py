"""SQL expressions over a row, read by PostgreSQL's own grammar; nothing else gets through.

The only module that knows the parser (postgast, a binding of libpg_query). A **bare** expression is
parsed as ``select <text>`` and must be one statement with one unnamed target and no other clause:
``select (<text>)`` would let ``1=1) or (1=1`` through (evidence.md, section 1).

Pure: text in, data out.
"""

from collections.abc import Callable, Iterator

import postgast
from google.protobuf.message import Message

from pginterlock.model import Expression

_PREFIX = "select "
_SELECT_PARTS = {"target_list", "limit_option", "op"}

# Nodes that a condition over one row cannot contain, and what we say of them.
_REFUSED = {
    "SubLink": "a subquery",
    "SelectStmt": "a subquery",
    "ParamRef": "a parameter",
    "GroupingFunc": "a grouping function",
    "WindowDef": "a window function",
    "SetToDefault": "default",
    "CurrentOfExpr": "a cursor",
    "XmlExpr": "an XML expression",
    "XmlSerialize": "an XML expression",
    "MultiAssignRef": "an assignment",
    "NamedArgExpr": "a named argument",
}
_AGGREGATE_WORDS = """
    any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count covar_pop covar_samp
    every json_agg json_object_agg jsonb_agg jsonb_object_agg max min mode percentile_cont
    percentile_disc range_agg range_intersect_agg regr_avgx regr_avgy regr_count regr_intercept
    regr_r2 regr_slope regr_sxx regr_sxy regr_syy stddev stddev_pop stddev_samp string_agg sum
    var_pop var_samp variance xmlagg
"""
_UNSTEADY_WORDS = """
    clock_timestamp current_database current_schema current_setting current_user currval
    gen_random_uuid inet_client_addr inet_server_addr lastval nextval now pg_backend_pid
    pg_current_xact_id pg_sleep random random_normal session_user set_config setval
    statement_timestamp timeofday transaction_timestamp txid_current uuidv4 uuidv7 version
"""
_SET_WORDS = """
    generate_series generate_subscripts json_array_elements json_each jsonb_array_elements
    jsonb_each regexp_matches regexp_split_to_table string_to_table unnest
"""
_AGGREGATES = frozenset(_AGGREGATE_WORDS.split())
_UNSTEADY = frozenset(_UNSTEADY_WORDS.split())
_SETS = frozenset(_SET_WORDS.split())
_ASCII = 128


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
    functions = [".".join(_names(node.funcname)) for node in _of_type(tree, "FuncCall")]
    return Expression(text, tuple(dict.fromkeys(columns)), tuple(dict.fromkeys(functions)))


def rewrite(text: str, render: Callable[[str], str]) -> str:
    """Return *text* with every column written as *render* writes it."""
    raw = text.encode()
    for name, (start, end) in sorted(_columns(text, _tree(text)), key=lambda it: -it[1][0]):
        raw = raw[:start] + render(name).encode() + raw[end:]
    return raw.decode()


def null_tests(text: str) -> list[tuple[str, bool]]:
    """Return what *text* demands of single columns: (column, True) for ``is not null``.

    Only conjuncts count, for they hold whenever the whole does.
    """
    found = []
    for part in _conjuncts(_tree(text)):
        if _kind(part) == "NullTest" and _kind(_inner(part.arg)) == "ColumnRef":
            column = _names(_inner(part.arg).fields)[0]
            found.append((column, part.nulltesttype == postgast.pg_query_pb2.IS_NOT_NULL))
    return found


def orderings(text: str) -> list[tuple[str, str]]:
    """Return pairs of columns of which *text* demands that the first is not after the second."""
    found = []
    for part in _conjuncts(_tree(text)):
        if _kind(part) != "A_Expr":
            continue
        left, right = _inner(part.lexpr), _inner(part.rexpr)
        if _kind(left) != "ColumnRef" or _kind(right) != "ColumnRef":
            continue
        pair = (_names(left.fields)[0], _names(right.fields)[0])
        operator = _names(part.name)[-1]
        if operator in ("<", "<="):
            found.append(pair)
        elif operator in (">", ">="):
            found.append((pair[1], pair[0]))
    return found


def _tree(text: str) -> Message:
    """Return the tree of the one expression that *text* is."""
    if not text.strip():
        raise ExpressionError("an expression is missing", 0)
    if "\0" in text:
        raise ExpressionError("a null character", text.index("\0"))
    try:
        parsed = postgast.parse(_PREFIX + text)
    except postgast.PgQueryError as error:
        offset = min(max((error.cursorpos or 1) - 1 - len(_PREFIX), 0), max(len(text) - 1, 0))
        raise ExpressionError(str(error.message), offset) from None
    tree = _single_target(text, parsed)
    for node in _walk(tree):
        _refuse(text, node)
    _demand_wrappable(text)
    return tree


def _demand_wrappable(text: str) -> None:
    """Refuse what is an expression alone, but swallows what is written after it (``a --``)."""
    try:
        postgast.parse(f"{_PREFIX}({text}) is true")
    except postgast.PgQueryError:
        raise ExpressionError("a comment that runs past the end", text.rfind("--")) from None


def _single_target(text: str, parsed: Message) -> Message:
    if len(parsed.stmts) != 1:
        second = parsed.stmts[1].stmt_location
        offset = _characters(text, second) if len(parsed.stmts) > 1 else 0
        raise ExpressionError("more than one statement", _skip_space(text, offset))
    select = _inner(parsed.stmts[0].stmt)
    if text.rstrip().endswith(";"):
        raise ExpressionError("a semicolon ends no expression", len(text.rstrip()) - 1)
    for part, _ in select.ListFields():
        if part.name not in _SELECT_PARTS:
            raise ExpressionError(
                f"not a bare expression: {part.name.replace('_', ' ')} does not belong here", 0
            )
    if len(select.target_list) != 1:
        place = _inner(select.target_list[1]).location if len(select.target_list) else 0
        raise ExpressionError("more than one expression", _characters(text, place))
    target = _inner(select.target_list[0])
    if target.name or target.indirection:
        raise ExpressionError(f"a name ({target.name}) does not belong after an expression", 0)
    return _inner(target.val)


def _refuse(text: str, node: Message) -> None:
    kind = _kind(node)
    if kind in _REFUSED:
        raise ExpressionError(f"{_REFUSED[kind]} is not allowed here", _place(text, node))
    match kind:
        case "ColumnRef":
            _refuse_column(text, node)
        case "FuncCall":
            _refuse_function(text, node)
        case "SQLValueFunction":
            raise ExpressionError(
                "it changes with time or session: an expression may depend on the row alone",
                _place(text, node),
            )
        case "TypeName":
            _refuse_foreign(text, node, _names(node.names), "type")
        case "A_Expr":
            _refuse_foreign(text, node, _names(node.name), "operator")


def _refuse_column(text: str, node: Message) -> None:
    if len(node.fields) != 1 or _kind(_inner(node.fields[0])) != "String":
        raise ExpressionError("a column is written alone, without a table", _place(text, node))


def _refuse_function(text: str, node: Message) -> None:
    names = _names(node.funcname)
    name = names[-1]
    _refuse_foreign(text, node, names, "function")
    if node.HasField("over"):
        raise ExpressionError("a window function is not allowed here", _place(text, node))
    marks = (node.agg_star, node.agg_distinct, node.agg_order, node.HasField("agg_filter"))
    if name in _AGGREGATES or any(marks):
        raise ExpressionError("an aggregate is not allowed here", _place(text, node))
    if name in _UNSTEADY:
        raise ExpressionError(
            f"{name}() changes with each call: an expression may depend on the row alone",
            _place(text, node),
        )
    if name in _SETS:
        raise ExpressionError(f"{name}() returns many rows", _place(text, node))


def _refuse_foreign(text: str, node: Message, names: list[str], what: str) -> None:
    if len(names) > 1 and names[0] != "pg_catalog":
        raise ExpressionError(
            f"{what} {'.'.join(names)} is not PostgreSQL's own: anyone may change it later",
            _place(text, node),
        )


def _columns(text: str, tree: Message) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield each column and the bytes of *text* where it stands."""
    raw = text.encode()
    for node in _of_type(tree, "ColumnRef"):
        start = node.location - len(_PREFIX)
        yield _names(node.fields)[0], (start, _end_of_name(raw, start))


def _end_of_name(raw: bytes, start: int) -> int:
    """Return where the identifier ends that begins at *start*."""
    if raw[start : start + 2].lower() == b"u&":
        start += 2
    if raw[start : start + 1] == b'"':
        end = start + 1
        while raw[end : end + 1] != b'"' or raw[end : end + 2] == b'""':
            end += 2 if raw[end : end + 2] == b'""' else 1
        return end + 1
    end = start
    while end < len(raw) and (
        raw[end : end + 1].isalnum() or raw[end] in b"_$" or raw[end] >= _ASCII
    ):
        end += 1
    return end


def _conjuncts(node: Message) -> Iterator[Message]:
    if _kind(node) == "BoolExpr" and node.boolop == postgast.pg_query_pb2.AND_EXPR:
        for arg in node.args:
            yield from _conjuncts(_inner(arg))
    else:
        yield node


def _walk(node: Message) -> Iterator[Message]:
    """Yield *node* and everything below it, in the order of the text."""
    yield node
    for field, value in node.ListFields():
        if field.message_type is None:
            continue
        repeated = hasattr(value, "append") or hasattr(value, "add")
        for child in value if repeated else [value]:
            yield from _walk(_inner(child))


def _of_type(tree: Message, kind: str) -> Iterator[Message]:
    return (node for node in _walk(tree) if _kind(node) == kind)


def _inner(node: Message) -> Message:
    """Return what a wrapping ``Node`` holds."""
    while _kind(node) == "Node":
        which = node.WhichOneof("node")
        if which is None:
            return node
        node = getattr(node, which)
    return node


def _kind(node: Message) -> str:
    return str(node.DESCRIPTOR.name)


def _names(parts: object) -> list[str]:
    return [_inner(part).sval for part in parts]  # type: ignore[attr-defined]


def _place(text: str, node: Message) -> int:
    for inner in _walk(node):
        if any(field.name == "location" for field in inner.DESCRIPTOR.fields):
            return _characters(text, inner.location)
    return 0


def _characters(text: str, location: int) -> int:
    """Return the place of byte *location* of the whole statement, in characters of *text*."""
    return len(text.encode()[: max(location - len(_PREFIX), 0)].decode(errors="ignore"))


def _skip_space(text: str, offset: int) -> int:
    while offset < len(text) and text[offset].isspace():
        offset += 1
    return min(offset, max(len(text) - 1, 0))
