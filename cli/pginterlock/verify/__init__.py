"""Prove that the machines are there, work, and that every row obeys them: findings.

Reads the catalog as the server stores it, tries forbidden moves in savepoints that are rolled
back, reads all rows of a table in one scan and holds them against their history, each from one
snapshot, and on demand hashes all that is sealed again. Never writes.
"""

from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from pginterlock import database
from pginterlock import tripwire as tripwires
from pginterlock.findings import Finding
from pginterlock.model import Spec
from pginterlock.survey import Survey, survey
from pginterlock.tripwire import Tripwire
from pginterlock.verify import (
    deadlines,
    disagreements,
    objects,
    overlaps,
    probes,
    replay,
    rows,
    seals,
    surroundings,
    tripwire,
    ways_around,
)

__all__ = ["Kept", "Report", "Scope", "verify"]

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Scope:
    """What to look at; by default all of it but the seals, which takes longest."""

    rows: bool = True
    history: bool = True
    probes: bool = True
    seals: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, and what could not be looked at (and why)."""

    findings: tuple[Finding, ...]
    skipped: tuple[str, ...]
    machines: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """Roots that were kept elsewhere: lines of `interlock seal --export`; and who signed them."""

    lines: tuple[str, ...]
    public_key: bytes | None = None


def verify(
    connection: psycopg.Connection,
    spec: Spec,
    *,
    scope: Scope | None = None,
    kept: Kept | None = None,
    progress: Progress = lambda _: None,
) -> Report:
    """Return everything that is not as *spec* says.

    Raises SpecError where the spec does not fit the database at all, EnvironmentFault where it
    cannot be read.
    """
    asked = scope or Scope()
    findings: list[Finding] = []
    skipped: list[str] = []
    notes: list[str] = []
    with database.faults():
        progress("objects")
        seen = survey(connection, spec)
        with database.snapshot(connection):
            wire = tripwires.look(connection)
        findings += objects.drift(seen, spec, {it.machine: it.follows for it in wire.watched or ()})
        findings += surroundings.weaknesses(connection, seen)
        notes += _tripwire(wire, seen, findings, skipped)
        if asked.probes:
            progress("forbidden moves, rolled back")
            tried, not_tried = probes.probe(connection, seen)
            findings += tried
            skipped += not_tried
        with database.snapshot(connection):
            notes += _ways_around(connection, seen, findings, skipped)
            for it in seen.machines:
                findings += _rows(connection, seen, it.machine.name, asked, progress, skipped)
            notes += _seals(connection, seen, asked, kept, progress, findings)
    machines = tuple(machine.name for machine in spec.machines)
    return Report(tuple(findings), tuple(skipped), machines, tuple(notes))


def _tripwire(
    wire: Tripwire, seen: Survey, findings: list[Finding], skipped: list[str]
) -> list[str]:
    """Add what the tripwire lacks to *findings*; return what was chosen on purpose."""
    if not wire.is_known or not seen.registered:
        return []
    if not wire.is_readable:
        skipped.append("what the tripwire watches (interlock.tripwire or guarded is not readable)")
        if wire.there:
            findings += tripwire.found(wire)
        return []
    findings += tripwire.found(wire)
    return list(tripwire.notes(wire))


def _ways_around(
    connection: psycopg.Connection, seen: Survey, findings: list[Finding], skipped: list[str]
) -> list[str]:
    """Add what bypasses show to *findings*; return what is to be said of those that are over."""
    if not ways_around.is_possible(connection):
        skipped.append("bypasses (interlock.bypass or interlock.journal is not readable)")
        return []
    notes: list[str] = []
    for it in seen.machines:
        findings += ways_around.found(connection, it)
        notes += ways_around.past(connection, it)
    return notes


def _seals(
    connection: psycopg.Connection,
    seen: Survey,
    asked: Scope,
    kept: Kept | None,
    progress: Progress,
    findings: list[Finding],
) -> list[str]:
    """Add what the seals show to *findings*; return what is to be said besides."""
    if not asked.seals or not seen.rights.schema_exists:
        return []
    progress("seals")
    told = seals.check(connection, kept.lines if kept else None, kept.public_key if kept else None)
    findings += told.findings
    return told.notes


def _rows(
    connection: psycopg.Connection,
    seen: Survey,
    name: str,
    asked: Scope,
    progress: Progress,
    skipped: list[str],
) -> list[Finding]:
    it = next(m for m in seen.machines if m.machine.name == name)
    found: list[Finding] = []
    if asked.rows:
        progress(f"rows of {it.table.name}")
        found += rows.unsound(connection, it)
        found += rows.old_names(connection, it)
        found += rows.waiting(connection, it)
        found += overlaps.taken_twice(connection, it)
        found += disagreements.disagreeing(connection, it)
    if asked.history:
        if not replay.is_possible(connection, it):
            skipped.append(f"{name}: history (not there, or not readable)")
        else:
            progress(f"history of {name}")
            found += replay.discontinuous(connection, it)
            found += deadlines.overdue(connection, it)
    return found
