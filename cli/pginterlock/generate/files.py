"""The files: two for each machine, and what they all begin with."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from pginterlock import assets, database
from pginterlock.choices import ActorNeed
from pginterlock.elements import TableName
from pginterlock.errors import EnvironmentFault, UsageError
from pginterlock.generate import approving, attacks, moves
from pginterlock.generate.copying import Copy, Shape
from pginterlock.generate.rows import Maker, Samples
from pginterlock.generate.trying import STRANGER, NotTried, Script
from pginterlock.model import Machine, Spec

_MARK = "-- Written by interlock test --generate: do not edit.\n"
_UNFIT = re.compile(r"[^\w.-]+")
_PARTS: Mapping[str, tuple[str, Callable[[Script], None]]] = {
    "moves": ("every state to every state, births and ends", moves.write),
    "rules": ("an attack on every rule", attacks.write),
}
_ACT = "select interlock.act_as('tester', reason => 'generated');"


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
    if machine.audit.actor is ActorNeed.SIGNED:
        why = "who acts must be proved, and the tests hold no key"
        script.not_tried.append(NotTried("all of it", why))
        return script
    with database.trial(connection):
        for role in _roles(machine):
            connection.execute(f"create role {role}".encode())
        connection.execute(_ACT.encode())
        write(script)
    return script


def _roles(machine: Machine) -> list[str]:
    """Return the roles that the tests of *machine* make for themselves."""
    return [STRANGER, *approving.persons(machine)]


def _text(machine: Machine, about: str, script: Script) -> str:
    left = "".join(
        f"-- Not tried: {' '.join(it.name.split())}: {it.why}\n" for it in script.not_tried
    )
    body = "\n".join(script.maker.lines)
    made = "".join(f"create role {role};\n" for role in _roles(machine))
    return (
        f"-- {machine.name}: {about}.\n{_MARK}{left}\nbegin;\n"
        "set local client_min_messages = warning;\n\\ir fixtures/tables.sql\n"
        "\\ir fixtures/machines.sql\n\\ir fixtures/refused.sql\n"
        f"{made}select plan({script.tests});\n{_ACT}\n{body}\n\n"
        "select * from finish();\nrollback;\n"
    )
