"""Find the write sites of a code base: paths in, sites out. The shell of `scan`."""

import ast
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, groupby, islice
from pathlib import Path

from pginterlock.scan import (
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
from pginterlock.scan.candidates import candidates
from pginterlock.scan.collecting import uncollected
from pginterlock.scan.drafts import Draft
from pginterlock.scan.embedded_sql import Embedded, embedded_writes
from pginterlock.scan.file_callers import run_by
from pginterlock.scan.filled_writes import Called, FilledWrites, Found
from pginterlock.scan.grouping import grouped, once
from pginterlock.scan.hits import Hits
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import ClassDef
from pginterlock.scan.made_texts import MadeTexts
from pginterlock.scan.memory import Looked, Memory
from pginterlock.scan.modules import Module, scope_of, statements_at
from pginterlock.scan.named_columns import constants_for, keyed
from pginterlock.scan.project import Project
from pginterlock.scan.python_sites import judge
from pginterlock.scan.site import Beside, Label, Scanned, Site, Target, Transaction, Unread
from pginterlock.scan.sql_parameters import with_parameters
from pginterlock.scan.sql_sites import sites_at, sites_of
from pginterlock.scan.sql_write import PlacedWrite
from pginterlock.scan.steps import Done, Steps, Work, digest, shares, told_of
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
        search = _Scan(texts, found, progress, memory)
        search.run()
        looked = Looked(search.names | search.properties, search.constants, search.words)
        memory.store(found, search.steps.done, search.project.words, search.hits.paths, looked)
    return found


class _Scan:
    """One run over the files of a project."""

    def __init__(
        self,
        texts: files.Texts,
        found: Scanned,
        progress: Progress,
        memory: Memory,
    ) -> None:
        self.texts, self.whole, self.progress, self.memory = texts, found, progress, memory
        self.project = Project(texts.python, memory.facts, texts.decoded)
        self.project.base = f"{Path.cwd().as_posix()}/"
        self.reader = Reader(self.project)
        self.transactions = Transactions(self.reader)
        self.made = MadeTexts(self.reader)
        self.wanted: list[Wanted] = []
        self.steps = Steps(self.project, self._forget)
        self.drafts: dict[str, list[Draft]] = {}  # by the step that found them

    def run(self) -> None:
        """Add all that is found."""
        self.progress("looking for models", 0, 0)
        self.steps.done["wanted"] = begun = self.steps.make("", self._want)
        self.words = words_of(self.wanted)
        self.names = frozenset(name for it in self.wanted for name in it.names)
        self.properties = frozenset(name for it in self.wanted for name in it.properties)
        self.constants = constants_for(self.texts.python.values(), self.names)
        self.by_class = {
            one.name: min(it.tables, key=len)
            for it in self.wanted
            for one in it.classes
            if it.tables
        }
        begun.given = self._ground()
        kept = self.memory.kept(begun.given)
        self.steps.kept = kept.steps
        self.hits = Hits(
            self.texts, self.names | self.properties, self.constants, self.words, kept.hits
        )
        self.project.words.update(kept.words)
        every = [*shares([*self.texts.python])]
        work: dict[str, Work] = {}
        looked_at = 0
        for paths in every:
            self.progress("scanning files", looked_at, len(self.texts.python))
            looked_at += len(paths)
            work[f"files {paths[0]}"] = partial(self._files, paths)
            given = digest([paths, [it for it in paths if self.hits.has(it)]])
            self.steps.take(f"files {paths[0]}", given, work[f"files {paths[0]}"])
        for number, it in enumerate(self.wanted):
            work[f"unnamed {number}"] = partial(self._unnamed, it)
            self.steps.take(f"unnamed {number}", "", work[f"unnamed {number}"])
        for number, paths in enumerate(every):
            self.progress("judging transactions", number, len(every))
            self._judge(paths, work)
        self._sql()
        self.steps.found(self.whole)
        self.steps.done["missing"] = missing = self.steps.make("", self._missing)
        self.whole.missing += missing.names
        if any(it.target.model in missing.names for it in self.wanted):
            self.whole.models += self.steps.take("models", "", self._models).names

    def _want(self, found: Done) -> None:
        self.found = found
        self.wanted = [wanted(self.reader, it) for it in self.memory.targets]

    def _ground(self) -> str:
        """Return what tells what is looked for from anything else."""
        told = [
            (
                sorted(it.names.items()),
                sorted((name, one.column) for name, one in it.properties.items()),
                sorted(it.tables), sorted(it.variables), it.is_mapped, it.shown,
                sorted((one.module.path, one.node.lineno, one.qualname) for one in it.classes),
            )
            for it in self.wanted
        ]  # fmt: skip
        return digest([told, sorted(self.constants), sorted(self.by_class.items())])

    def _files(self, paths: Sequence[str], found: Done) -> None:
        """Look through files: for writes of Python, and those of SQL."""
        self.found = found
        drafts: list[Draft] = []
        for path in paths:
            if not self.hits.has(path):
                continue
            lines, sql = self.hits.lines(path)
            if lines and (module := self.project.module(path)):
                drafts += self._judged(path, lines[0], self._drafts(module, lines))
            if sql:
                self._embedded(path, sql)
        self._keep(f"files {paths[0]}", drafts, found)

    def _unnamed(self, it: Wanted, found: Done) -> None:
        """Look for the writes of statements that need not name the column: its class does."""
        self.found = found
        drafts: list[Draft] = []
        every = sorted(it.classes, key=lambda one: (one.module.path, one.node.lineno))
        for of in every:
            for sites in (positional_sites, object_sites, whole_forms):
                more = sites.of_class(self.reader, it, of)
                drafts += self._judged(of.module.path, of.node.lineno, more)
        for of in every[:1]:
            for sites_too in _OF_COLUMNS:
                more = sites_too.of_columns(self.reader, it)
                drafts += self._judged(of.module.path, of.node.lineno, more)
        number = next(at for at, one in enumerate(self.wanted) if one is it)
        self._keep(f"unnamed {number}", drafts, found)

    def _keep(self, name: str, drafts: list[Draft], found: Done) -> None:
        self.drafts[name] = drafts
        found.drafts = told_of(drafts, self.wanted)

    def _judge(self, paths: Sequence[str], work: Mapping[str, Work]) -> None:
        """Make sites of the drafts that were found in some files."""
        mine = set(paths)
        of = {
            name: told
            for name, it in self.steps.done.items()
            if (told := [one for one in it.drafts.items() if one[0] in mine])
        }
        if not of:
            return
        name, given = f"judging {paths[0]}", digest(of)
        if not self.steps.has(name, given):
            for one in of:
                if one not in self.drafts:  # what found them was kept
                    self.steps.make("", work[one])
        self.steps.take(name, given, partial(self._sites, mine, [*of]))

    def _sites(self, paths: Collection[str], steps: Sequence[str], found: Done) -> None:
        self.found = found
        drafts = [it for one in steps for it in self.drafts[one] if it.module.path in paths]
        for it in drafts:
            found.asked.files |= {it.module.path} | ({it.inside[0].path} if it.inside else set())
        for group in grouped(once(drafts)):
            self._add(self._site(group))

    def _forget(self) -> None:
        """Forget what was said, as a step that is kept knows nothing of others.

        And let go of the trees in which nothing was found, where there are many. All of it is found
        again when it is asked for.
        """
        are_many = self.project.parsed >= _HELD
        if are_many:
            of_wanted = (one.module for it in self.wanted for one in it.classes)
            found = (it.module for them in self.drafts.values() for it in them)
            self.project.forget({*found, *of_wanted})
        elif not self.memory.keeps:
            return
        self.reader.forget(trees=are_many)
        self.transactions.forget()
        self.made.forget()
        for it in self.wanted:
            it.flows.clear()
            it.kin.clear()

    def _missing(self, found: Done) -> None:
        unknown = [it.target for it in self.wanted if not self._is_known(it)]
        found.names += [it.model or it.table or "" for it in unknown]

    def _models(self, found: Done) -> None:
        """Find the classes that map a table, as far as their bases say so."""
        project = self.project
        found.names += [
            name
            for name in project.class_names()
            if any(self.reader.models.is_model(it) for it in project.classes_named(name))
        ]

    def _is_known(self, it: Wanted) -> bool:
        """Say whether something of the project is what was asked for: a class, or a table."""
        name = it.target.model or ""
        is_of_app = "." in name and not name.islower()
        if it.classes or (not is_of_app and any(one.model == it.shown for one in self.whole.sites)):
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
        for paths in shares([*self.texts.sql]):
            given = digest([(it, self.memory.digest(it)) for it in paths])
            self.steps.take(f"sql {paths[0]}", given, partial(self._sql_files, paths))

    def _sql_files(self, paths: Sequence[str], found: Done) -> None:
        from pginterlock.scan.sql_files import file_writes  # noqa: PLC0415 - the parser takes time

        self.found = found
        for path in paths:
            raw = self.texts.sql[path]
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

    def _embedded(self, path: str, lines: list[int]) -> None:
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
            self.found.called.add((site.file, site.line, site.column))
            told = self.transactions.of_call(it.call, it.inside)
        else:
            told = self.transactions.verdict(module, stmt, is_session=False)
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
