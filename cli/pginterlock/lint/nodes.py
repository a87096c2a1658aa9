"""Small questions to parse trees: names, literals, what a condition asks for.

Pure: trees in, data out.
"""

import re
from collections.abc import Iterator, Sequence

from google.protobuf.message import Message

from pginterlock.expression_tree import inner, kind, names
from pginterlock.lint.actions import Relation

_BOOLEANS = {True: "true", False: "false"}
_SAME, _ANY, _NOT_DISTINCT, _IN = 1, 2, 5, 7  # of A_Expr_Kind
# An array as a text, without what would have to be unquoted.
_PLAIN_ARRAY = re.compile(r'\{(?:\s*(?:"[^"\\,]*"|[^\s"\\{},]+)\s*(?:,(?!\s*\})|(?=\})))*\}')


def relation(node: Message) -> Relation:
    """Return the table that a ``RangeVar`` names."""
    return Relation(node.schemaname or None, node.relname)


def dotted(words: Sequence[str]) -> Relation:
    """Return what a dotted name speaks of."""
    return Relation(words[-2] if len(words) > 1 else None, words[-1])


def words_of(node: Message) -> list[str]:
    """Return the words of a name that a DROP, COMMENT or such gives: a list, a type, a string."""
    node = inner(node)
    match kind(node):
        case "List":
            return [it.sval for it in map(inner, node.items) if kind(it) == "String"]
        case "TypeName":
            return names(node.names)
        case "ObjectWithArgs":
            return names(node.objname)
        case "String":
            return [str(node.sval)]
        case "RangeVar":
            return [node.schemaname, node.relname] if node.schemaname else [node.relname]
    return []


def type_name(node: Message) -> str:
    """Return a type as it is written, without ``pg_catalog``."""
    words = [it for it in names(node.names) if it != "pg_catalog"]
    return ".".join(words) + "[]" * len(node.array_bounds)


def literal(node: Message) -> str | None:
    """Return the text of a literal, casts looked through; None for anything else, null too."""
    node = inner(node)
    while kind(node) == "TypeCast":
        node = inner(node.arg)
    if kind(node) != "A_Const" or node.isnull:
        return None
    match node.WhichOneof("val"):
        case "sval":
            return str(node.sval.sval)
        case "ival":
            return str(node.ival.ival)
        case "fval":
            return str(node.fval.fval)
        case "boolval":
            return _BOOLEANS[node.boolval.boolval]
    return None


def last_column(node: Message) -> str | None:
    """Return the column that *node* is, whatever stands before its dot; None if it is none."""
    node = inner(node)
    while kind(node) == "TypeCast":
        node = inner(node.arg)
    if kind(node) != "ColumnRef":
        return None
    last = inner(node.fields[-1])
    return str(last.sval) if kind(last) == "String" else None


def asked(node: Message) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the columns that a condition compares with literals, in what is joined by AND."""
    node = inner(node)
    if kind(node) == "BoolExpr" and node.boolop == 1:
        for arg in node.args:
            yield from asked(arg)
    elif kind(node) == "A_Expr":
        column, told = last_column(node.lexpr), [literal(it) for it in equals(node)]
        if column and told and None not in told:
            yield column, tuple(str(it) for it in told)


def equals(node: Message) -> list[Message]:
    """Return what the left side of an ``A_Expr`` is one of: of ``a in (b, c)`` and such; or none.

    A text that is an array (``= any('{b,c}')``) is taken apart.
    """
    right = inner(node.rexpr)
    if names(node.name)[-1:] != ["="]:
        return []
    if node.kind in (_SAME, _NOT_DISTINCT):
        return [right]
    if node.kind == _IN:
        return [inner(it) for it in right.items]
    return _of_array(right) if node.kind == _ANY else []


def _of_array(node: Message) -> list[Message]:
    """Return the elements of an array, or the array itself where it is no text and no list."""
    while kind(node) == "TypeCast":
        node = inner(node.arg)
    if kind(node) == "A_ArrayExpr":
        return [inner(it) for it in node.elements]
    if kind(node) != "A_Const" or (text := literal(node)) is None:
        return [node]
    if not _PLAIN_ARRAY.fullmatch(text):
        return []
    found = [type(node)() for it in text[1:-1].split(",") if it.strip()]
    for one, word in zip(found, text[1:-1].split(","), strict=False):
        one.sval.sval = word.strip().strip('"')
    return found
