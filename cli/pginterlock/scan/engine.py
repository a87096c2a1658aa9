"""Find the write sites of a code base: paths in, sites out. The shell of `scan`."""

import ast
import gc
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pginterlock.scan import cache as kept
from pginterlock.scan import files
from pginterlock.scan.candidates import candidates, hit_lines, pattern
from pginterlock.scan.drafts import Draft
from pginterlock.scan.embedded_sql import Embedded, embedded_writes, may_embed
from pginterlock.scan.grouping import grouped, once
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import ClassDef
from pginterlock.scan.modules import Module, scope_of, statements_at
from pginterlock.scan.project import Project
from pginterlock.scan.python_sites import judge
from pginterlock.scan.site import Beside, Label, Scanned, Site, Target, Transaction, Unread
from pginterlock.scan.sql_files import file_writes
from pginterlock.scan.sql_parameters import with_parameters
from pginterlock.scan.sql_sites import sites_of
from pginterlock.scan.sql_write import PlacedWrite
from pginterlock.scan.table_names import resolver
from pginterlock.scan.transactions import Transactions
from pginterlock.scan.wanted import Wanted, wanted

# A form or serializer saves by itself, where nothing of the project's own says how.
_BY_FRAMEWORK = frozenset(
    ["modelform_field", "serializer_field", "view_field", "admin_list_editable"]
)
_HELD_LINES = 100_000  # of trees that are not needed any more, before they are let go
_HOLE = re.compile(r"(\w+)(?=[^\w{}]*\})")
_FEW = 12  # files: what more of them speak of is no name of a table's
_SHOWN = 50  # files from one word of progress to the next


def scan(
    paths: Sequence[Path],
    targets: Sequence[Target],
    *,
    cache: Path | None,
    progress: Callable[[str], None],
) -> Scanned:
    """Return what below *paths* writes the columns of *targets*; what is known stays in *cache*.

    What cannot be read is told of in the result; nothing is raised for it.
    """
    progress("reading files")
    texts = files.read(paths)
    key = kept.key(texts, targets) if cache else ""
    if cache and (known := kept.load(cache, key)):
        return known
    found = Scanned(files=len(texts.python) + len(texts.sql), lines=texts.lines)
    found.unread += texts.unread
    with _uncollected():
        _Scan(texts, targets, found, progress).run()
    if cache:
        kept.store(cache, key, found)
    return found


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let Python not look for garbage: trees are many objects, and hold no cycles."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class _Scan:
    """One run over the files of a project."""

    def __init__(
        self,
        texts: files.Texts,
        targets: Sequence[Target],
        found: Scanned,
        progress: Callable[[str], None],
    ) -> None:
        self.texts, self.found, self.progress = texts, found, progress
        self.project = Project(texts.python, texts.decoded)
        self.project.base = f"{Path.cwd().as_posix()}/"
        self.reader = Reader(self.project)
        progress("looking for models")
        self.wanted = [wanted(self.reader, it) for it in targets]
        self.transactions = Transactions(self.reader)
        self.names = frozenset(name for it in self.wanted for name in it.names)
        self.words = _words(self.wanted)
        self.forgotten = 0

    def run(self) -> None:
        """Add all that is found."""
        looked = pattern(self.names)
        drafts: list[Draft] = []
        new: list[Draft] = []
        total = len(self.texts.python)
        for number, (path, raw) in enumerate(self.texts.python.items()):
            if number % _SHOWN == 0:
                self.progress(f"scanning: {number} of {total} files")
            lines = hit_lines(raw, looked)
            if lines and (module := self.project.module(path, is_kept=False)):
                new = self._judged(path, module, lines)
                drafts += new
            self._embedded(path, raw)
            if lines and not new:
                self._forget(path)
        self.progress("judging transactions")
        for group in grouped(once(drafts)):
            self._add(self._site(group))
        self._sql()
        self.found.sites.sort(key=lambda it: (it.file, it.line, it.column, it.field))
        for path, (line, told) in sorted(self.project.broken.items()):
            self.found.unread.append(Unread(path, line, told))
        self.found.missing += [
            it.target.model for it in self.wanted if it.target.model and not self._is_known(it)
        ]
        if self.found.missing:
            self.found.models += self._models()

    def _forget(self, path: str) -> None:
        """Let a file go that held nothing; and all that was said of such, from time to time."""
        self.forgotten += self.project.forget(path)
        if self.forgotten > _HELD_LINES:
            self.forgotten = 0
            self.reader.forget()
            for it in self.wanted:
                it.flows.clear()

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
        if it.classes or any(one.model == it.shown for one in self.found.sites):
            return True
        name = (it.target.model or "").encode()
        return name.islower() and any(
            name in raw for raw in (*self.texts.sql.values(), *self.texts.python.values())
        )

    def _judged(self, path: str, module: Module, lines: list[int]) -> list[Draft]:
        try:
            return list(self._drafts(module, lines))
        except RecursionError:
            told = "read in part: what it says leads too far"
            self.found.unread.append(Unread(path, lines[0], told))
            return []

    def _drafts(self, module: Module, lines: list[int]) -> Iterator[Draft]:
        for it in candidates(module, self.names, lines):
            for one in self.wanted:
                if it.name in one.names:
                    yield from judge(self.reader, one, it, module)

    def _add(self, site: Site) -> None:
        (self.found.defaults if site.label is Label.DEFAULT else self.found.sites).append(site)

    # -- SQL -----------------------------------------------------------------------------------

    def _sql(self) -> None:
        for path, raw in self.texts.sql.items():
            try:
                text = raw.decode("utf-8-sig")
            except UnicodeDecodeError as error:
                line = raw.count(b"\n", 0, error.start) + 1
                self.found.unread.append(Unread(path, line, "not UTF-8 text"))
                continue
            writes = file_writes(text, self.words)
            for it in self.wanted:
                for target in _by_table(it):
                    self.found.sites += sites_of(writes, target, path)

    def _embedded(self, path: str, raw: bytes) -> None:
        low = raw.lower()
        if not any(it in low for it in _ROOTS) or not self._speaks_of(low):
            return
        text = self.texts.decoded.get(path) or raw.decode("utf-8-sig", "replace")
        if not may_embed(text) or not (module := self.project.module(path, is_kept=False)):
            return
        writes = embedded_writes(module.tree, module.text)
        if not writes:
            return
        resolve = resolver([module.tree, *self._naming(writes, path)])
        for it in self.wanted:
            for target in _by_table(it):
                for one in writes:
                    found = sites_of([one.placed], target, path, resolve)
                    if found and (one.placed.write.holes or one.placed.write.open_tests):
                        found = sites_of([self._filled(one, module)], target, path, resolve)
                    self.found.sites += (self._protected(site, module) for site in found)

    def _filled(self, it: Embedded, module: Module) -> PlacedWrite:
        """Return a write with the values that its call hands over."""
        placed = it.placed
        write = with_parameters(self.reader, placed.write, it.node, it.node.lineno, module)
        return replace(placed, write=write)

    def _naming(self, writes: Sequence[Embedded], path: str) -> Iterator[ast.Module]:
        """Yield the modules that may give a name which SQL fills in as that of a table."""
        words = {found[-1] for it in writes if (found := _HOLE.findall(it.placed.write.table))}
        for word in sorted(words):
            holding = [it for it in self.project.holding(word) if it != path]
            for other in holding if len(holding) <= _FEW else ():
                if module := self.project.module(other, is_kept=False):
                    yield module.tree

    def _speaks_of(self, low: bytes) -> bool:
        return any(name.lower().encode() in low for name in self.names) or any(
            it.encode() in low for it in self.words
        )

    def _protected(self, site: Site, module: Module) -> Site:
        if site.transaction is not Transaction.UNKNOWN:
            return site
        stmt = next(iter(statements_at(module, site.line)), None)
        if stmt is None:
            return site
        told = self.transactions.verdict(module, stmt, is_session=False)
        return replace(site, transaction=told[0], callers=told[1], transaction_reason=told[2])

    # -- Python --------------------------------------------------------------------------------

    def _site(self, group: list[Draft]) -> Site:
        it, module = group[0], group[0].module
        scope = scope_of(module, it.stmt)
        if isinstance(scope, ClassDef) and scope.name in ("Meta", "_Meta"):
            scope = scope_of(module, scope.node)
        is_session = it.wanted.is_mapped and not it.construct.startswith("core_")
        if it.label is Label.DEFAULT or it.construct == "factory_attr":
            told: tuple[Transaction, object, str] = (Transaction.NONE, None, "nothing runs here")
        elif it.construct in _BY_FRAMEWORK:
            told = (Transaction.NO, None, "the framework saves it, without one")
        else:
            told = self.transactions.verdict(module, it.stmt, is_session=is_session, row=it.row)
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


_ROOTS = (b"update", b"insert", b"merge", b"copy ", b"replace into", b":=")


def _end(group: list[Draft]) -> int:
    node: ast.AST = group[0].node
    line = getattr(node, "lineno", 1)
    return max(line, getattr(node, "end_lineno", line) or line)


def _words(every: Sequence[Wanted]) -> frozenset[str]:
    """Return the bare names of the tables that are wanted, in small letters."""
    return frozenset(name.rpartition(".")[2].lower() for it in every for name in it.tables)


def _by_table(it: Wanted) -> Iterator[Target]:
    """Yield the target once for each name that its table may have."""
    seen: set[str] = set()
    for name in sorted(it.tables, key=lambda one: (one != it.target.table, len(one))):
        bare = name.rpartition(".")[2]
        if bare not in seen:
            seen.add(bare)
            yield replace(it.target, table=name, model=it.shown)
