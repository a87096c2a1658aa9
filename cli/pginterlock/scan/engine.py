"""Find the write sites of a code base: paths in, sites out. The shell of `scan`."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
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
from pginterlock.scan.candidates import candidates
from pginterlock.scan.collecting import uncollected
from pginterlock.scan.draft_sites import site_of
from pginterlock.scan.drafts import Draft
from pginterlock.scan.grouping import grouped, once
from pginterlock.scan.hits import Hits
from pginterlock.scan.infer import Reader
from pginterlock.scan.made_texts import MadeTexts
from pginterlock.scan.memory import Looked, Memory
from pginterlock.scan.modules import Module
from pginterlock.scan.named_columns import constants_for, keyed
from pginterlock.scan.project import Project
from pginterlock.scan.python_sites import judge
from pginterlock.scan.site import Scanned, Target, Unread
from pginterlock.scan.sql_work import SqlWork
from pginterlock.scan.steps import Done, Steps, Work, digest, shares, told_of
from pginterlock.scan.transactions import Transactions
from pginterlock.scan.wanted import Wanted, tables_by_class, wanted, words_of

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
        self.by_class = tables_by_class(self.wanted)
        self.sql = SqlWork(
            self.texts.sql, self.project, self.reader, self.transactions, self.made, self.wanted,
            self.words, self.by_class,
        )  # fmt: skip
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
                self.sql.in_python(path, sql, found)
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
        drafts += copy_sites.of_columns(self.made, it)
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
            found.add(site_of(self.transactions, group))

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

    def _sql(self) -> None:
        for paths in shares([*self.texts.sql]):
            given = digest([(it, self.memory.digest(it)) for it in paths])
            self.steps.take(f"sql {paths[0]}", given, partial(self.sql.in_files, paths))
