"""Writes of SQL: those in its own files, and those in texts of Python."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pginterlock.scan.embedded_sql import Embedded, embedded_writes
from pginterlock.scan.file_callers import run_by
from pginterlock.scan.filled_writes import Called, FilledWrites, Found
from pginterlock.scan.infer import Reader
from pginterlock.scan.made_texts import MadeTexts
from pginterlock.scan.modules import Module, statements_at
from pginterlock.scan.project import Project
from pginterlock.scan.site import Site, Transaction, Unread
from pginterlock.scan.sql_parameters import with_parameters
from pginterlock.scan.sql_sites import sites_at, sites_of
from pginterlock.scan.sql_write import PlacedWrite
from pginterlock.scan.steps import Done
from pginterlock.scan.table_names import resolver
from pginterlock.scan.transactions import Transactions, of_sql
from pginterlock.scan.wanted import Wanted, by_table

_HOLE = re.compile(r"(\w+)(?=[^\w{}]*\})")
_FEW = 12  # files: what more of them speak of is no name of a table's


@dataclass(frozen=True, slots=True)
class SqlWork:
    """Looks for writes of SQL in *files* of it, and in Python.

    *words* are what a text speaks of that writes what is *wanted*, *by_class* are the tables of
    classes by their names.
    """

    files: Mapping[str, bytes]
    project: Project
    reader: Reader
    transactions: Transactions
    made: MadeTexts
    wanted: Sequence[Wanted]
    words: frozenset[str]
    by_class: Mapping[str, str]

    def in_files(self, paths: Sequence[str], found: Done) -> None:
        """Look through files of SQL."""
        from pginterlock.scan.sql_files import file_writes  # noqa: PLC0415 - the parser takes time

        for path in paths:
            raw = self.files[path]
            try:
                text = raw.decode("utf-8-sig")
            except UnicodeDecodeError as error:
                line = raw.count(b"\n", 0, error.start) + 1
                found.unread.append(Unread(path, line, "not UTF-8 text"))
                continue
            writes = file_writes(text, self.words)
            for it in self.wanted:
                for target in by_table(it):
                    for site in map(of_sql, sites_of(writes, target, path)):
                        found.add(run_by(self.project, self.transactions, site))

    def in_python(self, path: str, lines: list[int], found: Done) -> None:
        """Look through the lines of a file of Python that may hold SQL."""
        if not (module := self.project.module(path)):
            return
        writes = embedded_writes(module.tree_at(lines), module.text, lines, self.words)
        if not writes:
            return
        resolve = resolver(self._trees(module, writes), self.by_class)
        filled = FilledWrites(self.made, module, resolve, writes)
        for it in self.wanted:
            for target in by_table(it):
                for one in (it for write in writes for it in filled.of(write, target)):
                    for site in sites_at(self._filled(one), target, one.module.path):
                        found.sites.append(self._protected(site, one, found))

    def _filled(self, it: Found) -> PlacedWrite:
        """Return a write with the values that its call hands over."""
        placed, write = it.placed, it.placed.write
        if it.node is None or not (write.holes or write.open_tests):
            return placed
        write = with_parameters(self.reader, write, it.node, it.node.lineno, it.module)
        return replace(placed, write=write)

    def _trees(self, module: Module, writes: Sequence[Embedded]) -> Iterator[ast.Module]:
        """Yield the modules that may give a name which SQL fills in as that of a table."""
        yield module.tree
        path = module.path
        words = {named[-1] for it in writes if (named := _HOLE.findall(it.placed.write.table))}
        for word in sorted(words):
            holding = [it for it in self.project.holding(word) if it != path]
            for other in holding if len(holding) <= _FEW else ():
                if told := self.project.module(other):
                    yield told.tree

    def _protected(self, site: Site, it: Found, found: Done) -> Site:
        module = it.module
        if site.transaction is not Transaction.UNKNOWN:
            return site
        stmt = next(iter(statements_at(module, it.line)), None)
        if stmt is None:
            return site
        if isinstance(it, Called):
            found.called.add((site.file, site.line, site.column))
            told = self.transactions.of_call(it.call, it.inside)
        else:
            told = self.transactions.of_text(module, stmt)
        return replace(site, transaction=told[0], callers=told[1], transaction_reason=told[2])
