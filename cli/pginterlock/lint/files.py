"""Files of migrations to findings: what kind each is, what it does, what is wrong with it.

Pure: texts in, findings out.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pginterlock import newer_python
from pginterlock.findings import Severity
from pginterlock.lint.actions import Place, Reading, Remark
from pginterlock.lint.context import Types
from pginterlock.lint.django_state import Models
from pginterlock.lint.judge import LintFinding, judge, once
from pginterlock.lint.read_alembic import is_revision, read_revision
from pginterlock.lint.read_django import is_migration, read_migration
from pginterlock.lint.read_sql import read_file
from pginterlock.lint.suppressions import Suppressions
from pginterlock.model import Machine

SUFFIXES = (".py", ".sql")
_NO_MIGRATION = Reading(is_migration=False)


@dataclass(frozen=True, slots=True)
class Source:
    """One file. *app* is its Django app, where its folder tells.

    *is_asked*: it is to be judged; the others are read for what they tell of models and types.
    """

    file: str
    text: str
    app: str | None = None
    is_asked: bool = True


@dataclass(frozen=True, slots=True)
class Told:
    """A remark, and the file that it is about."""

    file: str
    remark: Remark

    def __str__(self) -> str:
        place = self.remark.place
        return f"{self.file}:{place.line}:{place.column}: {self.remark.message}"


@dataclass(slots=True)
class Outcome:
    """What a run has found. *faults* are parts that do not parse, *unread* what is not in a file.

    *migrations* are the files that were judged, *others* those that are no migration.
    """

    machines: list[str] = field(default_factory=list)
    findings: list[LintFinding] = field(default_factory=list)
    faults: list[Told] = field(default_factory=list)
    unread: list[Told] = field(default_factory=list)
    migrations: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    @property
    def open(self) -> list[LintFinding]:
        """The findings that nobody has accepted."""
        return [it for it in self.findings if it.accepted is None]

    @property
    def accepted(self) -> list[LintFinding]:
        """The findings that a comment accepts."""
        return [it for it in self.findings if it.accepted is not None]

    def count(self, severity: Severity) -> int:
        """Return how many open findings are of *severity*."""
        return sum(it.finding.severity is severity for it in self.open)


def lint(sources: Sequence[Source], machines: Sequence[Machine], outcome: Outcome) -> None:
    """Hold *sources* against *machines*, and put what is found into *outcome*.

    They are read in their order; migrations of one Django app must come in the order of theirs.
    """
    outcome.machines += [it.name for it in machines if it.name not in outcome.machines]
    types, models = Types(), Models()
    readings = [(it, _read(it, models)) for it in sources]
    for is_asked in (False, True):
        for source, reading in readings:
            if source.is_asked is is_asked and isinstance(reading, Reading):
                for unit in reading.units:
                    types.learn(unit)
    for source, reading in readings:
        if source.is_asked:
            _judge(source, reading, machines, types, outcome)


def _judge(
    source: Source,
    reading: Reading | Remark,
    machines: Sequence[Machine],
    types: Types,
    outcome: Outcome,
) -> None:
    file = source.file
    if isinstance(reading, Remark):
        outcome.faults.append(Told(file, reading))
        return
    if not reading.is_migration:
        outcome.others.append(file)
        return
    outcome.migrations.append(file)
    findings, unread = judge(file, source.text, reading, machines, types)
    outcome.findings += findings
    outcome.unread += [Told(file, it) for it in unread]
    faults = once(reading.faults, Suppressions(source.text))
    outcome.faults += [Told(file, it) for it in faults]


def _read(source: Source, models: Models) -> Reading | Remark:
    if source.file.endswith(".sql"):
        return read_file(source.text)
    try:
        tree = newer_python.parse(source.text)
    except SyntaxError as error:
        place = Place(error.lineno or 1, max(error.offset or 1, 1))
        return Remark(place, f"not Python: {error.msg}")
    except (ValueError, RecursionError, MemoryError):
        return Remark(Place(1, 1), "not Python that can be read")
    lines = source.text.split("\n")
    try:
        if is_migration(tree):
            models.app = source.app
            return read_migration(tree, lines, models)
        return read_revision(tree, lines) if is_revision(tree) else _NO_MIGRATION
    except RecursionError:
        return Remark(Place(1, 1), "nested too deeply")


def app_label(text: str) -> str | None:
    """Return the label that the AppConfig of an ``apps.py`` gives, None for the default."""
    try:
        tree = newer_python.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    for it in _assignments(tree):
        if isinstance(it.value, ast.Constant) and isinstance(it.value.value, str):
            return it.value.value
    return None


def _assignments(tree: ast.Module) -> Iterator[ast.Assign]:
    for node in tree.body:
        for it in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(it, ast.Assign) and any(
                isinstance(target, ast.Name) and target.id == "label" for target in it.targets
            ):
                yield it
