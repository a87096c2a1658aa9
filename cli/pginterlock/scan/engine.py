"""Find the write sites of a code base: paths in, sites out. The shell of `scan`."""

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, groupby, islice
from pathlib import Path

from pginterlock.scan import (
    copy_sites,
    every_column,
    factories,
    files,
    form_population,
    lazy_values,
    object_sites,
    positional_sites,
    sent_data,
    sent_parts,
    told_columns,
    whole_forms,
)
from pginterlock.scan.called_sites import once_called
from pginterlock.scan.candidates import candidates
from pginterlock.scan.collecting import uncollected
from pginterlock.scan.drafts import Draft
from pginterlock.scan.embedded_sql import Embedded, embedded_writes, may_embed
from pginterlock.scan.facts import Facts, Trace, speaks_of
from pginterlock.scan.file_callers import run_by
from pginterlock.scan.filled_writes import Called, FilledWrites, Found
from pginterlock.scan.grouping import grouped, once
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import ClassDef
from pginterlock.scan.made_texts import MadeTexts
from pginterlock.scan.memory import Memory
from pginterlock.scan.module_texts import hit_lines, patterns
from pginterlock.scan.modules import Module, scope_of, statements_at
from pginterlock.scan.named_columns import constants_for, keyed
from pginterlock.scan.project import Project
from pginterlock.scan.python_sites import judge
from pginterlock.scan.site import Beside, Label, Scanned, Site, Target, Transaction, Unread
from pginterlock.scan.sql_parameters import with_parameters
from pginterlock.scan.sql_sites import sites_at, sites_of
from pginterlock.scan.sql_write import PlacedWrite
from pginterlock.scan.table_names import resolver
from pginterlock.scan.transactions import Transactions, of_sql
from pginterlock.scan.wanted import Wanted, by_table, wanted, words_of

# A form or serializer saves by itself, where nothing of the project's own says how.
_BY_FRAMEWORK = frozenset(
    ["modelform_field", "serializer_field", "view_field", "admin_list_editable"]
)
# Finders of writes by statements that name neither the column nor its class.
_OF_COLUMNS = (
    every_column,
    sent_data,
    sent_parts,
    told_columns,
    factories,
    lazy_values,
    form_population,
)
# Characters of which there are trees, before these are let go: they take 200 MB.
_HELD = 8_000_000
_HOLE = re.compile(r"(\w+)(?=[^\w{}]*\})")
_FEW = 12  # files: what more of them speak of is no name of a table's
_MOST = 500  # places in one statement: what has more was made by a machine, and is data
_SHOWN = 10  # files from one word of progress to the next, and from one look at the trees

# Is told what is going on: how much of how much is done, both 0 where nobody knows.
Progress = Callable[[str, int, int], None]


def scan(
    paths: Sequence[Path],
    targets: Sequence[Target],
    *,
    cache: Path | None,
    progress: Progress,
) -> Scanned:
    """Return what below *paths* writes the columns of *targets*; what is known stays in *cache*.

    What cannot be read is told of in the result; nothing is raised for it.
    """
    progress("reading files", 0, 0)
    texts = files.read(paths)
    memory = Memory(cache, paths, texts, targets)
    if known := memory.result():
        return known
    found = Scanned(files=len(texts.python) + len(texts.sql), lines=texts.lines)
    found.unread += texts.unread
    with uncollected():
        search = _Scan(texts, targets, found, progress, memory.facts)
        search.run()
        memory.store(found, search.trace())
    return found


class _Scan:
    """One run over the files of a project."""

    def __init__(
        self,
        texts: files.Texts,
        targets: Sequence[Target],
        found: Scanned,
        progress: Progress,
        facts: Callable[[str], Facts],
    ) -> None:
        self.texts, self.found, self.progress = texts, found, progress
        self.project = Project(texts.python, facts, texts.decoded)
        self.project.base = f"{Path.cwd().as_posix()}/"
        self.reader = Reader(self.project)
        progress("looking for models", 0, 0)
        self.wanted = [wanted(self.reader, it) for it in targets]
        self.transactions = Transactions(self.reader)
        self.made = MadeTexts(self.reader)
        self.names = frozenset(name for it in self.wanted for name in it.names)
        self.properties = frozenset(name for it in self.wanted for name in it.properties)
        self.constants = constants_for(texts.python.values(), self.names)
        self.words = words_of(self.wanted)
        self.called: set[tuple[str, int, int]] = set()  # places of helpers that write any table
        self.by_class = {
            one.name: min(it.tables, key=len)
            for it in self.wanted
            for one in it.classes
            if it.tables
        }

    def run(self) -> None:
        """Add all that is found."""
        looked = patterns(self.names | self.properties | self.constants)
        drafts: list[Draft] = []
        total = len(self.texts.python)
        for number, (path, raw) in enumerate(self.texts.python.items()):
            if number % _SHOWN == 0:
                self.progress("scanning files", number, total)
                self._forget(drafts)
            lines = hit_lines(raw, looked)
            if lines and (module := self.project.module(path)):
                drafts += self._judged(path, lines[0], self._drafts(module, lines))
            self._embedded(path, raw)
        for it in self.wanted:
            drafts += self._unnamed(it)
        groups = [*grouped(once(drafts))]
        for number, group in enumerate(groups):
            self.progress("judging transactions", number, len(groups))
            self._forget(drafts)
            self._add(self._site(group))
        self._sql()
        self.found.sites = once_called(self.found.sites, self.called)
        self.found.sites.sort(key=lambda it: (it.file, it.line, it.column, it.field))
        for path, (line, told) in sorted(self.project.broken.items()):
            self.found.unread.append(Unread(path, line, told))
        unknown = [it.target for it in self.wanted if not self._is_known(it)]
        self.found.missing += [it.model or it.table or "" for it in unknown]
        if any(it.model for it in unknown):
            self.found.models += self._models()

    def _unnamed(self, it: Wanted) -> Iterator[Draft]:
        """Yield the writes of statements that need not name the column: its class does."""
        for of in it.classes:
            for sites in (positional_sites, object_sites, whole_forms):
                more = sites.of_class(self.reader, it, of)
                yield from self._judged(of.module.path, of.node.lineno, more)
        for of in islice(it.classes, 1):
            for sites_too in _OF_COLUMNS:
                more = sites_too.of_columns(self.reader, it)
                yield from self._judged(of.module.path, of.node.lineno, more)
        yield from copy_sites.of_columns(self.made, it)

    def _forget(self, drafts: Sequence[Draft]) -> None:
        """Let go of the trees in which nothing was found, where there are many; and what is said.

        It is found again when it is asked for.
        """
        if self.project.parsed < _HELD:
            return
        of_wanted = (one.module for it in self.wanted for one in it.classes)
        self.project.forget({*(it.module for it in drafts), *of_wanted})
        self.reader.forget()
        self.transactions.forget()
        self.made.forget()
        for it in self.wanted:
            it.flows.clear()
            it.kin.clear()

    def trace(self) -> Trace:
        """Return what the result depends on."""
        project = self.project
        return Trace(
            frozenset(project.used),
            frozenset(project.called),
            frozenset(project.relations),
            project.words,
            tuple(sorted(self.names | self.properties | self.constants)),
            tuple(self.words),
            frozenset(project.unhanded),
        )

    def _models(self) -> list[str]:
        """Return the classes that map a table, as far as their bases say so."""
        project = self.project
        return [
            name
            for name in project.class_names()
            if any(self.reader.models.is_model(it) for it in project.classes_named(name))
        ]

    def _is_known(self, it: Wanted) -> bool:
        """Say whether something of the project is what was asked for: a class, or a table."""
        name = it.target.model or ""
        is_of_app = "." in name and not name.islower()
        if it.classes or (not is_of_app and any(one.model == it.shown for one in self.found.sites)):
            return True
        if not name.islower():
            return False
        in_sql = any(name.encode() in raw for raw in self.texts.sql.values())
        return in_sql or bool(self.project.holding(name))

    def _judged(self, path: str, line: int, found: Iterator[Draft]) -> list[Draft]:
        try:
            return list(found)
        except RecursionError:
            told = "read in part: what it says leads too far"
            self.found.unread.append(Unread(path, line, told))
            return []

    def _drafts(self, module: Module, lines: list[int]) -> Iterator[Draft]:
        named = keyed(module, self.names, lines, self.constants)
        every = chain(candidates(module, self.names | self.properties, lines), named)
        for stmt, found in groupby(every, lambda it: it.stmt):
            held = [*islice(found, _MOST + 1)]
            if len(held) > _MOST:
                told = f"read in part: a statement that has more than {_MOST} places to look at"
                self.found.unread.append(Unread(module.path, stmt.lineno, told))
                continue
            for it in held:
                for one in self.wanted:
                    if it.name in one.names or it.name in one.properties:
                        yield from judge(self.reader, one, it, module)

    def _add(self, site: Site) -> None:
        (self.found.defaults if site.label is Label.DEFAULT else self.found.sites).append(site)

    # -- SQL -----------------------------------------------------------------------------------

    def _sql(self) -> None:
        if not self.texts.sql:
            return
        from pginterlock.scan.sql_files import file_writes  # noqa: PLC0415 - the parser takes time

        for path, raw in self.texts.sql.items():
            try:
                text = raw.decode("utf-8-sig")
            except UnicodeDecodeError as error:
                line = raw.count(b"\n", 0, error.start) + 1
                self.found.unread.append(Unread(path, line, "not UTF-8 text"))
                continue
            writes = file_writes(text, self.words)
            for it in self.wanted:
                for target in by_table(it):
                    for site in map(of_sql, sites_of(writes, target, path)):
                        self._add(run_by(self.project, self.transactions, site))

    def _embedded(self, path: str, raw: bytes) -> None:
        if not speaks_of(raw.lower(), self.names, self.words):
            return
        text = self.texts.decoded.get(path) or raw.decode("utf-8-sig", "replace")
        lines = may_embed(text)
        if not lines or not (module := self.project.module(path)):
            return
        writes = embedded_writes(module.tree_at(lines), module.text, lines, self.words)
        if not writes:
            return
        resolve = resolver(self._trees(module, writes), self.by_class)
        filled = FilledWrites(self.made, module, resolve, writes)
        for it in self.wanted:
            for target in by_table(it):
                for one in (it for write in writes for it in filled.of(write, target)):
                    found = sites_at(self._filled(one), target, one.module.path)
                    self.found.sites += (self._protected(site, one) for site in found)

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
        words = {found[-1] for it in writes if (found := _HOLE.findall(it.placed.write.table))}
        for word in sorted(words):
            holding = [it for it in self.project.holding(word) if it != path]
            for other in holding if len(holding) <= _FEW else ():
                if told := self.project.module(other):
                    yield told.tree

    def _protected(self, site: Site, it: Found) -> Site:
        module = it.module
        if site.transaction is not Transaction.UNKNOWN:
            return site
        stmt = next(iter(statements_at(module, it.line)), None)
        if stmt is None:
            return site
        if isinstance(it, Called):
            self.called.add((site.file, site.line, site.column))
            told = self.transactions.of_call(it.call, it.inside)
        else:
            told = self.transactions.of_text(module, stmt)
        return replace(site, transaction=told[0], callers=told[1], transaction_reason=told[2])

    # -- Python --------------------------------------------------------------------------------

    def _site(self, group: list[Draft]) -> Site:
        it, module = group[0], group[0].module
        scope = scope_of(module, it.stmt)
        if isinstance(scope, ClassDef) and scope.name in ("Meta", "_Meta"):
            scope = scope_of(module, scope.node)
        is_session = it.wanted.is_mapped and not it.construct.startswith(("core_", "driver_"))
        if it.label is Label.DEFAULT or it.construct == "factory_attr":
            told: tuple[Transaction, object, str] = (Transaction.NONE, None, "nothing runs here")
        elif it.construct in _BY_FRAMEWORK:
            told = self.transactions.by_framework(it)
        else:
            told = self.transactions.of_draft(it, is_session=is_session)
        line = getattr(it.node, "lineno", it.stmt.lineno)
        return Site(
            file=module.path,
            line=line,
            column=getattr(it.node, "col_offset", 0) + 1,
            end_line=_end(group),
            enclosing=scope.qualname if scope else "",
            model=it.wanted.shown,
            field=it.field,
            construct=it.construct,
            values=it.values,
            sources=it.sources,
            transaction=told[0],
            **({"callers": told[1]} if told[1] is not None else {}),  # type: ignore[arg-type]
            transaction_reason=told[2],
            beside=tuple(
                Beside(b.field, getattr(b.node, "lineno", line), b.values) for b in group[1:]
            ),
            confidence=it.confidence,
            reason=it.reason,
            label=it.label,
            machine=it.wanted.target.machine,
            table=it.wanted.target.table,
            is_new=it.is_new,
            text=module.line(line),
        )


def _end(group: list[Draft]) -> int:
    node: ast.AST = group[0].node
    line = getattr(node, "lineno", 1)
    return max(line, getattr(node, "end_lineno", line) or line)
