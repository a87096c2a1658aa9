"""Functions that signals call, by a decorator or by a call that connects them. Pure."""

import ast

from pginterlock.scan.definitions import last_name
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Callee, Function
from pginterlock.scan.modules import Module

_Place = tuple[ast.expr, Module, ast.stmt]


class Receivers:
    """Says which functions receive signals; remembers what calls connect."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._connected: dict[str, list[_Place]] | None = None

    def has(self, function: Function) -> bool:
        """Say whether a function is called by a signal."""
        return _is_decorated(function) or any(
            isinstance(kind, Callee) and kind.of is function
            for it in self._named(function.name)
            for kind in self.reader.expression(*it)
        )

    def _named(self, name: str) -> list[_Place]:
        """Return what calls of ``connect`` are handed under the name of a function."""
        if self._connected is None:
            self._connected = {}
            for module, call, stmt in self.reader.project.calls("connect"):
                named = [it.value for it in call.keywords if it.arg == "receiver"]
                given = named or call.args[:1]
                if given and isinstance(call.func, ast.Attribute):
                    place = (given[0], module, stmt)
                    self._connected.setdefault(last_name(given[0]), []).append(place)
        return self._connected.get(name, [])


def _is_decorated(function: Function) -> bool:
    decorators = getattr(function.node, "decorator_list", ())
    return any(
        "receiver" in text or text.partition("(")[0].endswith((".connect", ".listens_for"))
        for text in map(ast.unparse, decorators)
    )
