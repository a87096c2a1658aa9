"""Names of tables that SQL in Python fills in when it runs: ``{qualified("orders")}``. Pure."""

import ast
import re
from collections.abc import Callable, Iterator
from itertools import islice, product

from pginterlock.scan.embedded_sql import Embedded
from pginterlock.scan.made_texts import UNKNOWN, MadeTexts
from pginterlock.scan.modules import Module, statements_at
from pginterlock.scan.site import Target
from pginterlock.scan.sql_write import same_table

_MOST = 60  # names
_NAME = re.compile(r"[\w$]+\Z")
_QUOTES = '"`[]'

Resolve = Callable[[str], str]


class FilledTables:
    """Says which tables the writes in the texts of one module may mean."""

    def __init__(self, made: MadeTexts, module: Module, resolve: Resolve) -> None:
        """Keep what tells the texts; *resolve* what one assignment of a name tells."""
        self._made, self._module, self._resolve = made, module, resolve
        self._known: dict[Embedded, tuple[str, ...]] = {}

    def meant(self, it: Embedded, target: Target) -> Resolve:
        """Return what tells of a table as written which is meant: that of *target* if it may be."""

        def resolve(table: str) -> str:
            told = self._resolve(table)
            if "{" not in told:
                return told
            if it not in self._known:
                self._known[it] = tuple(self._tables(told, it))
            fits = (one for one in self._known[it] if same_table(one, target.table or ""))
            return next(fits, told)

        return resolve

    def _tables(self, table: str, it: Embedded) -> Iterator[str]:
        at = next(iter(statements_at(self._module, it.node.lineno)), None)
        if at is None:
            return
        parts = [self._texts(one, it.node, at) for one in _parts(table)]
        for made in islice(product(*parts), _MOST):
            schema, _, name = "".join(made).rpartition(".")
            name = name.strip().strip(_QUOTES)
            if _NAME.match(name):
                yield f"{schema}.{name}" if schema and UNKNOWN not in schema else name

    def _texts(self, part: str, node: ast.expr, at: ast.stmt) -> list[str]:
        """Return what a part of a name may be: as it is written, or what fills it in."""
        if not part.startswith("{"):
            return [part]
        try:
            filled = ast.parse(part[1:-1].strip(), mode="eval").body
        except (SyntaxError, ValueError):
            return [UNKNOWN]
        for one in ast.walk(filled):
            if isinstance(one, ast.expr):
                ast.copy_location(one, node)
        return sorted(self._made.of(filled, self._module, at))


def _parts(table: str) -> Iterator[str]:
    """Yield what is written, and what is filled in, with the braces around it."""
    start, depth = 0, 0
    for at, letter in enumerate(table):
        if letter == "{":
            if depth == 0 and at > start:
                yield table[start:at]
            start = at if depth == 0 else start
            depth += 1
        elif letter == "}" and depth:
            depth -= 1
            if depth == 0:
                yield table[start : at + 1]
                start = at + 1
    if start < len(table):
        yield table[start:]
