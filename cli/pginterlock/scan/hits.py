"""Which files may write by what is in their text, and at which lines. Pure."""

from collections.abc import Collection, Mapping

from pginterlock.scan.embedded_sql import may_embed
from pginterlock.scan.facts import speaks_of
from pginterlock.scan.files import Texts
from pginterlock.scan.module_texts import hit_lines, patterns


class Hits:
    """Looks through files for *names* and *constants*, and for SQL of those names and *tables*.

    It looks at a file once, and at none before it is asked; *known* are those it need not look at.
    """

    def __init__(
        self,
        texts: Texts,
        names: Collection[str],
        constants: Collection[str],
        tables: Collection[str],
        known: Mapping[str, bool] | None = None,
    ) -> None:
        self._texts, self._names, self._tables = texts, names, tables
        self._looked = patterns({*names, *constants})
        self._known = known or {}
        self._lines: dict[str, tuple[list[int], list[int]]] = {}

    def lines(self, path: str) -> tuple[list[int], list[int]]:
        """Return the lines of a file that may write: those of Python, and those of SQL in it."""
        if path not in self._lines:
            raw = self._texts.python[path]
            sql: list[int] = []
            if speaks_of(raw.lower(), self._names, self._tables):
                text = self._texts.decoded.get(path) or raw.decode("utf-8-sig", "replace")
                sql = may_embed(text)
            self._lines[path] = hit_lines(raw, self._looked), sql
        return self._lines[path]

    def has(self, path: str) -> bool:
        """Say whether a file has such lines."""
        known = self._known.get(path)
        return any(self.lines(path)) if known is None else known

    @property
    def paths(self) -> list[str]:
        """The files that have some."""
        return [it for it in self._texts.python if self.has(it)]
