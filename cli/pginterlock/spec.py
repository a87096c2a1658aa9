"""Text of a spec to a model; every error at once, each with file, line and column.

`parse` is pure; `load` reads files.
"""

from pathlib import Path

from pginterlock.errors import SpecError
from pginterlock.model import Machine, Position, Spec, SpecPath
from pginterlock.spec_format import json_schema
from pginterlock.spec_machine import read_machine
from pginterlock.spec_problems import Problems, read_part
from pginterlock.spec_text import Document

__all__ = ["json_schema", "load", "parse"]

_SUFFIXES = (".yaml", ".yml")


def load(path: Path) -> Spec:
    """Return the spec in *path*, a file or a folder of them; raise SpecError with all problems."""
    files = _files(path)
    specs: list[Spec] = []
    told: list[str] = []
    for file in files:
        try:
            specs.append(parse(_text(file), str(file)))
        except SpecError as error:
            told += error.problems
    told += _same_names(specs)
    if told:
        raise SpecError(tuple(told))
    positions = {path: at for spec in specs for path, at in spec.positions.items()}
    return Spec(tuple(machine for spec in specs for machine in spec.machines), positions)


def parse(text: str, file: str) -> Spec:
    """Return the spec that *text*, of *file*, declares; raise SpecError with all problems."""
    document = Document(text, file)
    problems = Problems(document)
    machines: list[Machine] = []
    data = document.data
    if not isinstance(data, dict):
        problems.add((), "a spec is a mapping that begins with `interlock: 1`")
    else:
        for name, part in read_part(data, problems).items():
            machine = read_machine(name, part, problems)
            machines.append(machine)
        _same_column(machines, problems)
    if problems.found:
        raise SpecError(problems.texts())
    positions: dict[SpecPath, Position] = document.positions
    return Spec(tuple(machines), positions)


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        files = sorted(it for it in path.iterdir() if it.suffix in _SUFFIXES and it.is_file())
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


def _same_names(specs: list[Spec]) -> list[str]:
    seen: dict[str, Position | None] = {}
    told = []
    for spec in specs:
        for machine in spec.machines:
            here = spec.locate(("machines", machine.name))
            if machine.name in seen:
                told.append(f"{here}: machine {machine.name!r} is declared at {seen[machine.name]}")
            seen.setdefault(machine.name, here)
    return told


def _same_column(machines: list[Machine], problems: Problems) -> None:
    seen: dict[tuple[str, str], str] = {}
    for machine in machines:
        column = (str(machine.table), machine.state)
        if column in seen:
            problems.add(
                ("machines", machine.name, "state"),
                f"machine {seen[column]!r} has this column of {machine.table} already",
            )
        seen.setdefault(column, machine.name)
