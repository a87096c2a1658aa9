"""Text of a spec to a model; every error at once, each with file, line and column.

`parse` is pure; `load` reads files.
"""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from pginterlock.errors import SpecError
from pginterlock.model import Machine, Position, Spec
from pginterlock.spec_format import json_schema
from pginterlock.spec_machine import read_machine
from pginterlock.spec_problems import Problems, read_parts
from pginterlock.spec_text import Document, Source

if TYPE_CHECKING:
    from pginterlock.elements import TableName

__all__ = ["beside", "json_schema", "load", "parse", "read", "together"]

_SUFFIXES = (".yaml", ".yml")


def load(path: Path) -> Spec:
    """Return the spec in *path*, a file or a folder of them; raise SpecError with all problems."""
    specs: list[Spec] = []
    problems: list[str] = []
    remedy = None
    for file in _files(path):
        try:
            specs.append(parse(_text(file), str(file)))
        except SpecError as error:
            problems += error.problems
            remedy = remedy or error.remedy
    problems += _told_twice(specs)
    if problems:
        raise SpecError(tuple(problems), remedy=remedy)
    return together(specs)


def parse(text: str, file: str) -> Spec:
    """Return the spec that *text*, of *file*, declares; raise SpecError with all problems."""
    return read(Document(text, file))


def read(document: Source) -> Spec:
    """Return the spec that *document* declares; raise SpecError with all problems."""
    problems = Problems(document)
    machines: list[Machine] = []
    for path in document.unstorable():
        problems.add(path, "a character that PostgreSQL cannot store")
    if problems.found:
        raise SpecError(problems.texts())
    if not isinstance(document.data, dict):
        problems.add((), "a spec is a mapping that begins with `interlock: 1`")
    else:
        for name, part in read_parts(document.data, problems).items():
            machines.append(read_machine(name, part, problems))
    if told := problems.texts():
        raise SpecError(told)
    return together([Spec(tuple(machines), document.positions)])


def together(specs: Sequence[Spec]) -> Spec:
    """Return *specs* as one; raise SpecError where two machines have one name or column."""
    if told := _told_twice(specs):
        raise SpecError(tuple(told))
    positions = {path: at for spec in specs for path, at in spec.positions.items()}
    return Spec(tuple(machine for spec in specs for machine in spec.machines), positions)


def beside(file: Spec, classes: Spec) -> Spec:
    """Return the machines of *file* and *classes*; one that both declare alike is that of *file*.

    Raises SpecError where they do not declare it alike, and what `together` raises.
    """
    known = {machine.name: machine for machine in file.machines}
    if told := [
        it
        for machine in classes.machines
        if machine.name in known
        for it in _unlike((file, known[machine.name]), (classes, machine))
    ]:
        raise SpecError(tuple(told))
    left = tuple(it for it in classes.machines if it.name not in known)
    places = {at: it for at, it in classes.positions.items() if not known.keys() & set(at[1:2])}
    return together([file, Spec(left, places)])


# What a machine has under another name than the key of a spec.
_KEYS = {"rows": "states", "renames": "states", "unenforced": "invariants"}


def _unlike(first: tuple[Spec, Machine], second: tuple[Spec, Machine]) -> Iterator[str]:
    """Yield the keys in which two declarations of one machine differ, with both places."""
    names = [it.name for it in fields(Machine) if it.compare]
    differing = [it for it in names if getattr(first[1], it) != getattr(second[1], it)]
    for key in dict.fromkeys(_KEYS.get(it, it) for it in differing):
        there, here = (spec.locate(("machines", it.name, key)) for spec, it in (first, second))
        yield f"{here}: machine {second[1].name!r} has another {key} at {there}"


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        try:
            files = sorted(it for it in path.iterdir() if it.suffix in _SUFFIXES and it.is_file())
        except OSError as error:
            raise SpecError((f"{path}: cannot be read: {error.strerror}",)) from None
        if not files:
            raise SpecError(
                (f"folder {path} holds no .yaml file",),
                remedy="Name a spec: --spec FILE, or a folder of them.",
            )
        return files
    if not path.exists():
        raise SpecError(
            (f"no spec at {path}",),
            remedy='Name it with --spec FILE, or write `spec = "FILE"` below [tool.interlock] in'
            " pyproject.toml.",
        )
    return [path]


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpecError((f"{file}:1:1: not UTF-8 text (byte {error.start})",)) from None
    except OSError as error:
        raise SpecError((f"{file}: cannot be read: {error.strerror}",)) from None


def _told_twice(specs: Sequence[Spec]) -> list[str]:
    """Return what is wrong with machines that have one name, or one column, between them."""
    machines = [(spec, machine) for spec in specs for machine in spec.machines]
    names: dict[str, Position | None] = {}
    columns: dict[tuple[TableName, str], str] = {}
    mirrored: dict[tuple[TableName, str], str] = {}
    problems = []
    for spec, machine in machines:
        here = spec.locate(("machines", machine.name))
        if machine.name in names:
            told = f"is declared at {names[machine.name]} already"
            problems.append(f"{here}: machine {machine.name!r} {told}")
            continue
        names[machine.name] = here
        column = (machine.table, machine.state)
        if column in columns:
            here = spec.locate(("machines", machine.name, "state"))
            told = f"machine {columns[column]!r} has this column of {machine.table} already"
            problems.append(f"{here}: {told}")
        columns.setdefault(column, machine.name)
        for mirror in machine.mirrors:
            written = (mirror.table, mirror.column)
            if written in mirrored:
                here = spec.locate(("machines", machine.name, "mirrors", mirror.name))
                told = f"writes this column of {mirror.table} already"
                problems.append(f"{here}: mirror {mirrored[written]} {told}")
            mirrored.setdefault(written, f"{mirror.name} of machine {machine.name!r}")
    return problems
