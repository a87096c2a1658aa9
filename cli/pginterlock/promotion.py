"""Change the mode of a machine, or of one rule: what is in the way, the spec file, the database.

The file is written last, and whole: what cannot be applied leaves it as it was; killed in between,
the same command run again finds the database done and writes the file.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import psycopg

from pginterlock import apply, database
from pginterlock.choices import Mode, resolve_mode
from pginterlock.compiler import scan
from pginterlock.errors import IncompleteError, UsageError
from pginterlock.findings import Finding, Severity
from pginterlock.model import Machine, Spec
from pginterlock.plan import Plan
from pginterlock.spec_edit import edit_mode, with_mode
from pginterlock.spec_modes import rule_of
from pginterlock.steps import make_plan
from pginterlock.survey import MachineSurvey, survey
from pginterlock.verify.disagreements import disagreeing
from pginterlock.verify.overlaps import taken_twice
from pginterlock.violation_groups import Group, Source, grouped
from pginterlock.violations import seen
from pginterlock.waiting import Waiting

Progress = Callable[[str], None]
_MARK = "\ufeff"  # of the byte order, which some editors write


@dataclass(frozen=True, slots=True)
class Promotion:
    """A change of mode: *before* and *wanted* are the machine, *text* what its file becomes."""

    before: Machine
    wanted: Spec
    rule: str
    file: Path
    text_before: str
    text: str

    @property
    def machine(self) -> Machine:
        """The machine as it will be."""
        return self.wanted.machines[0]

    @property
    def is_written(self) -> bool:
        """Whether the file says so already."""
        return self.text == self.text_before


@dataclass(frozen=True, slots=True)
class Installed:
    """The modes of one machine: of the whole, and of rules that have one of their own."""

    machine: str
    mode: Mode
    modes: tuple[tuple[str, Mode], ...]

    def mode_of(self, rule: str) -> Mode:
        """Return the mode of *rule*."""
        return resolve_mode(self.modes, self.mode, *rule.split(".", 1))


def prepare(spec: Spec, name: str, mode: Mode, rule: str = "") -> Promotion:
    """Return the change of machine *name*, or of one *rule* of it, to *mode*.

    Raises UsageError where there is no such machine or rule, or its file cannot be edited.
    """
    machine = machine_named(spec, name)
    rule = rule_of(machine, rule) if rule else ""
    position = spec.locate(("machines", name))
    if position is None:
        raise UsageError(f"it is not known in which file {name} stands")
    if not position.line:
        raise UsageError(
            f"{name} is declared on a class, {position}: nothing was changed",
            remedy="Change its mode there, then: interlock plan, interlock apply. What"
            " would be refused: interlock violations.",
        )
    file = Path(os.path.realpath(position.file))
    text = _read(file)
    bare = text.removeprefix(_MARK)
    changed = with_mode(spec, name, mode, rule)
    wanted = replace(changed, machines=(machine_named(changed, name),))
    edited = edit_mode(bare, position.file, name, mode, rule)
    mark = text[: len(text) - len(bare)]
    return Promotion(machine, wanted, rule, file, text, mark + edited)


def machine_named(spec: Spec, name: str) -> Machine:
    """Return the machine *name* of *spec*; raise UsageError where it has none."""
    found = next((it for it in spec.machines if it.name == name), None)
    if found is None:
        names = ", ".join(it.name for it in spec.machines)
        raise UsageError(f"the spec has no machine {name!r}; it has: {names}")
    return found


def in_force(connection: psycopg.Connection) -> dict[str, Installed]:
    """Return the modes of every machine that is installed."""
    with database.faults():
        there = connection.execute("select to_regclass('interlock.machine')").fetchone()
        rows = database.ask(connection, "machine_modes.sql") if there != (None,) else []
    return {
        row["machine_name"]: Installed(
            row["machine_name"],
            Mode(row["mode"]),
            tuple((rule, Mode(mode)) for rule, mode in row["rule_modes"]),
        )
        for row in rows
    }


def demand_installed(connection: psycopg.Connection, name: str) -> None:
    """Raise UsageError where machine *name* is not installed."""
    known = in_force(connection)
    if name not in known:
        raise UsageError(
            f"machine {name} is not installed here; installed: {', '.join(known) or 'none'}",
            remedy="interlock apply installs it, in the mode that the spec says.",
        )


def still_broken(connection: psycopg.Connection, change: Promotion) -> list[Finding]:
    """Return what rows break, by rule and item; an error is in the way of what is asked."""
    with database.faults():
        it = survey(connection, change.wanted).machines[0]
        with database.snapshot(connection):
            return _findings(connection, it)


def _findings(connection: psycopg.Connection, it: MachineSurvey) -> list[Finding]:
    asked = scan(it.writing)
    found = []
    for row in database.rows(connection, asked.query):
        predicate = asked.predicates[row["predicate_number"]]
        mode = it.machine.mode_of(predicate.rule, predicate.name)
        found.append(
            Finding(
                predicate.code,
                row["rule"].removeprefix(f"{predicate.code} "),
                it.machine.name,
                str(it.table.name),
                Severity.ERROR if mode is Mode.ENFORCE else Severity.WARNING,
                predicate.hint,
                count=row["row_count"],
                samples=tuple(row["samples"]),
            )
        )
    return [*found, *_pairs(connection, it), *_mirrors(connection, it)]


def _pairs(connection: psycopg.Connection, it: MachineSurvey) -> list[Finding]:
    """Return who holds what another holds, by claim."""
    found = []
    for claim in it.machine.claims:
        mode = it.machine.mode_of("claim", claim.name)
        severity = Severity.ERROR if mode is Mode.ENFORCE else Severity.WARNING
        asked = replace(it, machine=replace(it.machine, claims=(claim,)))
        found += [replace(one, severity=severity) for one in taken_twice(connection, asked)]
    return found


def _mirrors(connection: psycopg.Connection, it: MachineSurvey) -> list[Finding]:
    """Return what rows of other tables disagree, by mirror."""
    found = []
    for mirror in it.machine.mirrors:
        mode = it.machine.mode_of("mirror", mirror.name)
        severity = Severity.ERROR if mode is Mode.ENFORCE else Severity.WARNING
        asked = replace(it, machine=replace(it.machine, mirrors=(mirror,)))
        found += [replace(one, severity=severity) for one in disagreeing(connection, asked)]
    return found


def refused_lately(
    connection: psycopg.Connection, change: Promotion, since: datetime
) -> list[Group]:
    """Return the writes since then that were let through and recorded, and would be refused."""
    machine = change.machine
    refusing = {rule.partition(".")[0] for rule, mode in machine.modes if mode is not Mode.OBSERVE}
    found = grouped(seen(connection, machine.name, since))
    return [
        it
        for it in found
        if it.source is Source.RECORDED
        and (it.rule in refusing or machine.mode_of(it.rule) is not Mode.OBSERVE)
        and change.rule.partition(".")[0] in ("", it.rule)
    ]


def plan_of(connection: psycopg.Connection, change: Promotion) -> Plan:
    """Return the steps to it; a note says where the spec has more that is not applied yet."""
    plan = make_plan(connection, change.wanted)
    name = change.machine.name
    notes = [note for note in plan.notes if "is installed, but not in this spec" not in note]
    told = in_force(connection).get(name)
    if told and not plan.is_empty:
        now = replace(change.machine, mode=told.mode, modes=tuple(sorted(told.modes)))
        if not make_plan(connection, replace(change.wanted, machines=(now,))).is_empty:
            notes.insert(0, f"{name}: other changes of the spec are not applied yet; they come too")
    return replace(plan, notes=tuple(notes))


def run(
    connection: psycopg.Connection,
    change: Promotion,
    plan: Plan,
    *,
    waiting: Waiting | None = None,
    progress: Progress = lambda _: None,
) -> None:
    """Apply *plan* and then write the file.

    Raises what `apply.run` raises, with the file as it was (unless the machine is armed, and only
    its old rows could not all be judged); IncompleteError where the file has changed meanwhile.
    """
    draft = None if change.is_written else _draft(change)
    try:
        if not plan.is_empty:
            apply.run(connection, plan, waiting=waiting, progress=progress)
    except IncompleteError:
        _put(change, draft, progress)
        raise
    except BaseException:
        if draft:
            draft.unlink(missing_ok=True)
        raise
    _put(change, draft, progress)


def _draft(change: Promotion) -> Path:
    """Write the text beside its file, under a name that no folder of specs takes for a spec."""
    draft = change.file.with_name(f".{change.file.name}.draft")
    try:
        with draft.open("w", encoding="utf-8", newline="") as opened:
            opened.write(change.text)
            opened.flush()
            os.fsync(opened.fileno())
        shutil.copymode(change.file, draft)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise UsageError(
            f"{change.file} cannot be written: {error.strerror}",
            remedy="Nothing was changed: a mode stands in the spec, so that must be writable.",
        ) from None
    return draft


def _put(change: Promotion, draft: Path | None, progress: Progress) -> None:
    if draft is None:
        return
    progress(f"write {change.file.name}")
    if _read(change.file) != change.text_before:
        draft.unlink()
        raise IncompleteError(
            f"the database is changed, but {change.file} was edited meanwhile and is left alone",
            remedy="Run the same command again: it edits the file as it is now.",
        )
    draft.replace(change.file)


def _read(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from None
