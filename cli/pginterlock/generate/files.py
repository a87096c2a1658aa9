"""The files: two for each machine, and what they all begin with."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from pginterlock import assets, database
from pginterlock.elements import TableName
from pginterlock.errors import EnvironmentFault, UsageError
from pginterlock.generate import acting, attacks, moves
from pginterlock.generate.copying import Copy, Shape
from pginterlock.generate.elsewhere import Samples
from pginterlock.generate.rows import Maker
from pginterlock.generate.trying import NotTried, Script
from pginterlock.model import Machine, Spec

_MARK = "-- Written by interlock test --generate: do not edit.\n"
_UNFIT = re.compile(r"[^\w.-]+")
_PARTS: Mapping[str, tuple[str, Callable[[Script], None]]] = {
    "moves": ("every state to every state, births and ends", moves.write),
    "rules": ("an attack on every rule", attacks.write),
}


@dataclass(frozen=True, slots=True)
class Generated:
    """What was written: *files* below the folder with their text, how many tests, what is left."""

    files: Mapping[str, str]
    tests: int
    not_tried: tuple[NotTried, ...]

    def write(self, folder: Path) -> None:
        """Write the files, and take away those of before that are no longer among them.

        Raises UsageError where a file of somebody else is in the way, EnvironmentFault where
        nothing can be written.
        """
        try:
            _make_room(folder, self.files)
            for name, text in self.files.items():
                file = folder / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise EnvironmentFault(f"{folder} cannot be written: {error.strerror}") from None


def _make_room(folder: Path, files: Mapping[str, str]) -> None:
    for file in [*folder.glob("*.sql"), *folder.glob("fixtures/*.sql")]:
        is_ours = "Written by interlock" in file.read_text(encoding="utf-8", errors="replace")
        name = file.relative_to(folder).as_posix()
        if not is_ours and name in files:
            raise UsageError(
                f"{file} is there, and was not written by interlock",
                remedy="Name a folder of its own for the generated tests.",
            )
        if is_ours and name not in files:
            file.unlink()


def generate(
    connection: psycopg.Connection,
    copy: Copy,
    spec: Spec,
    samples: Samples,
    progress: Callable[[str], None] = lambda _: None,
) -> Generated:
    """Return the tests of *spec*; *connection* is to the database of *copy*."""
    files = {
        "fixtures/tables.sql": f"{_MARK}-- The tables, without triggers.\n\n{copy.tables}\n",
        "fixtures/machines.sql": f"{_MARK}-- The machines.\n\n{copy.machines}",
        "fixtures/refused.sql": assets.read("sql", "tests", "refused.sql"),
    }
    if any(map(acting.is_signed, spec.machines)):
        files["fixtures/signed.sql"] = assets.read("sql", "tests", "signed.sql")
    tests, not_tried = 0, []
    for machine in spec.machines:
        for part, (about, write) in _PARTS.items():
            progress(f"{machine.name}: {about}")
            script = _script(connection, machine, copy.shapes, samples, write)
            not_tried += [NotTried(f"{machine.name}: {it.name}", it.why) for it in script.not_tried]
            if script.tests:
                name = f"{_UNFIT.sub('_', machine.name)}_{part}.sql"
                files[name] = _text(machine, about, script)
                tests += script.tests
    return Generated(files, tests, tuple(not_tried))


def _script(
    connection: psycopg.Connection,
    machine: Machine,
    shapes: Mapping[TableName, Shape],
    samples: Samples,
    write: Callable[[Script], None],
) -> Script:
    script = Script(Maker(connection, machine, shapes, samples))
    with database.trial(connection):
        if acting.is_signed(machine):
            connection.execute(assets.read("sql", "tests", "signed.sql").encode())
        for statement in acting.prologue(machine):
            connection.execute(statement.encode())
        write(script)
    return script


def _text(machine: Machine, about: str, script: Script) -> str:
    left = "".join(
        f"-- Not tried: {' '.join(it.name.split())}: {it.why}\n" for it in script.not_tried
    )
    body = "\n".join(script.maker.lines)
    made = "".join(f"{it};\n" for it in acting.prologue(machine))
    signed = "\\ir fixtures/signed.sql\n" if acting.is_signed(machine) else ""
    return (
        f"-- {machine.name}: {about}.\n{_MARK}{left}\nbegin;\n"
        "set local client_min_messages = warning;\n\\ir fixtures/tables.sql\n"
        f"\\ir fixtures/machines.sql\n\\ir fixtures/refused.sql\n{signed}"
        f"select plan({script.tests});\n{made}\n{body}\n\n"
        "select * from finish();\nrollback;\n"
    )
