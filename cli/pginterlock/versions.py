"""From the version of a machine in force to the next: what changes, and what must not get lost."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import psycopg

from pginterlock import database
from pginterlock.choices import Mode
from pginterlock.compiler import scan, states
from pginterlock.difference import Difference, counted, difference, removed_states
from pginterlock.elements import Rename
from pginterlock.errors import UnsafeError
from pginterlock.model import Machine
from pginterlock.objects import Lock
from pginterlock.plan import Part, Step
from pginterlock.rules import known_state
from pginterlock.survey import MachineSurvey


@dataclass(frozen=True, slots=True)
class Change:
    """What a new version of one machine changes, the rows by state, and the states that go."""

    survey: MachineSurvey
    differences: tuple[Difference, ...]
    counts: dict[str, int]
    gone: tuple[str, ...]
    notes: tuple[str, ...]


def look(
    connection: psycopg.Connection,
    machines: Iterable[MachineSurvey],
    *,
    leave_rows: bool,
    progress: Callable[[str], None],
) -> list[Change]:
    """Return what changes from the versions in force, with counts; nothing where none is.

    Raises UnsafeError where rows stand in a state that goes, unless the machine refuses nothing yet
    and *leave_rows* is said.
    """
    found, refused, remedies = [], [], []
    for it in machines:
        if it.in_force is None:
            continue
        told = difference(it.in_force, it.machine)
        gone = removed_states(it.in_force, it.machine)
        if not told and not gone and not it.machine.old_names:
            continue
        progress(f"counting the rows of {it.table.name}")
        counts = _counts(connection, it)
        left = {state: counts[state] for state in gone if counts.get(state)}
        if left and not (leave_rows and _is_lenient(it.machine)):
            refused += [_left(it, state, count) for state, count in left.items()]
            remedies.append(_remedy(it, left))
        breaking = _breaking(connection, it) if any(d.rule for d in told) else None
        differences = counted(told, counts, breaking, it.machine)
        # Rows that may stay where they are need no watch over them.
        watched = () if left else gone
        notes = _notes(connection, it, counts)
        found.append(Change(it, tuple(differences), counts, watched, tuple(notes)))
    if refused:
        raise UnsafeError("\n".join(refused), remedy="\n".join(dict.fromkeys(remedies)))
    return found


@dataclass(frozen=True, slots=True)
class Watch:
    """The steps that hold states to be empty when they go: before the lock, and under it."""

    before: tuple[Step, ...] = ()
    locked: tuple[Step, ...] = ()


def watch(change: Change) -> Watch:
    """Return the steps that hold the states that go to be empty until they are gone."""
    if not change.gone:
        return Watch()
    it = change.survey
    gone = ", ".join(change.gone)
    count, ask = states.no_row_in(it.writing, change.gone, _remedy(it, change.gone))
    counted = Step(
        f"no row of {it.table.name} stands in {gone}",
        "the state goes; whoever writes is waited for,"
        " and then the table is read beside the others",
        count,
    )
    asked = Step(
        f"no row of {it.table.name} has entered {gone} since",
        "writers wait, so none can slip in; the history is asked, and not the table",
        ask,
    )
    return Watch((counted,), (asked,))


def moves(changes: Iterable[Change]) -> list[Step]:
    """Return the steps that move rows from old names of states to the new ones."""
    return [
        Step(
            f"move rows of {it.survey.table.name} from {rename.was} to {rename.state}",
            f"{_rows(count)}; in batches, each a transaction of its own",
            states.rename_rows(it.survey.writing, rename),
            Part.MOVE,
            Lock.NONE,
        )
        for it in changes
        for rename in it.survey.machine.old_names
        if (count := it.counts.get(rename.was, 0))
    ]


def _counts(connection: psycopg.Connection, it: MachineSurvey) -> dict[str, int]:
    return {
        row["state_name"]: row["row_count"]
        for row in database.rows(connection, states.state_counts(it.writing))
        if row["state_name"] is not None
    }


def _breaking(connection: psycopg.Connection, it: MachineSurvey) -> dict[str, int]:
    """Return how many rows break each row rule, by its name."""
    asked = scan(it.writing)
    found = {}
    for row in database.rows(connection, asked.query):
        predicate = asked.predicates[row["predicate_number"]]
        found[f"{predicate.rule} {predicate.name}"] = row["row_count"]
    return found


def _left(it: MachineSurvey, state: str, count: int) -> str:
    stand = "stands" if count == 1 else "stand"
    where = f"{it.machine.name}: {_rows(count)} of {it.table.name} {stand} in {state}"
    if new := _new_name(it, state):
        return f"{where}, the old name of {new}"
    return f"{where}, which the spec no longer has"


def _remedy(it: MachineSurvey, gone: Iterable[str]) -> str:
    told = ["Nothing was changed."]
    for state in gone:
        if new := _new_name(it, state):
            told.append(
                f"`interlock apply` moves them to {new}; whoever writes {state} goes first."
            )
        else:
            told.append(
                f"Has {state} a new name? states: {{NEW: {{renamed_from: {state}}}}}. Else move the"
                " rows first, while the spec still has the state."
            )
    if _is_lenient(it.machine):
        told.append("--leave-rows leaves them there, in breach of IL11.")
    return " ".join(dict.fromkeys(told))


def _is_lenient(machine: Machine) -> bool:
    return machine.mode_of(known_state.NAME) is not Mode.ENFORCE


def _new_name(it: MachineSurvey, state: str) -> str | None:
    return next((rename.state for rename in it.machine.renames if rename.was == state), None)


def _notes(
    connection: psycopg.Connection, it: MachineSurvey, counts: dict[str, int]
) -> Iterable[str]:
    for rename in it.machine.old_names:
        if it.in_force and rename.state in it.in_force.states:
            yield (
                f"{it.machine.name}: {rename.was} is still accepted beside {rename.state},"
                f" {_rows(counts.get(rename.was, 0))}; interlock apply --drop-old-names ends that"
            )
        yield from _checks(connection, it, rename)


def _checks(connection: psycopg.Connection, it: MachineSurvey, rename: Rename) -> Iterable[str]:
    values = {"oid": it.table.oid, "old": rename.was, "new": rename.state}
    for row in database.ask(connection, "checks_that_name.sql", values):
        yield (
            f"CHECK {row['constraint_name']} of {it.table.name} names {rename.was} and not"
            f" {rename.state}: it may refuse the new name"
        )


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
