"""The write map that was seen at run time: who moves the rows of a machine, and from where."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import errors
from psycopg.rows import dict_row

from pginterlock import assets, audit, database, write_site
from pginterlock.errors import EnvironmentFault, UsageError
from pginterlock.names import cut
from pginterlock.template import fill


@dataclass(frozen=True, slots=True)
class Writer:
    """One place that writes: its *site* and tags, the events that it made, what was refused.

    *refused* counts what clients and logs told of, *observed* what was let through though it broke
    a rule; *first* and *last* are None where only those are known.
    """

    site: str
    application: str
    role: str
    events: Mapping[str, int]
    refused: int
    observed: int
    first: datetime | None
    last: datetime | None

    @property
    def entries(self) -> int:
        """How many entries it made."""
        return sum(self.events.values())

    @property
    def place(self) -> str:
        """Where it is, as people read it."""
        return write_site.label(self.site)

    @property
    def tags(self) -> Mapping[str, str]:
        """The sqlcommenter tags of its statements."""
        return write_site.tags(self.site)


def writers(connection: psycopg.Connection, machine: str, since: datetime | None) -> list[Writer]:
    """Return every place that wrote rows of *machine*, the busiest first.

    Raises UsageError for a machine that is not installed, EnvironmentFault where the history may
    not be read.
    """
    known = audit.machines(connection)
    if machine not in known:
        raise UsageError(
            f"no machine {machine!r} is installed here; installed: {', '.join(known) or 'none'}",
            remedy="interlock apply installs the machines of a spec.",
        )
    query = fill(
        assets.read("sql", "templates", "writers.sql"), {"audit_name": cut(f"{machine}_audit")}
    )
    values = {"since": since or "-infinity", "machine": machine}
    with database.faults(), connection.cursor(row_factory=dict_row) as cursor:
        try:
            entries = cursor.execute(query.encode(), values).fetchall()
        except errors.InsufficientPrivilege as error:
            raise EnvironmentFault(
                f"the history of {machine} may not be read by this role",
                remedy=f"As its owner: grant select on interlock.{machine}_audit to ...;",
            ) from error
        except (errors.UndefinedTable, errors.UndefinedColumn) as error:
            raise EnvironmentFault(
                f"the history of {machine} is not as it was made: {error.diag.message_primary}",
                remedy="interlock verify says what was changed.",
            ) from error
        attempts = _attempts(connection, values)
    return _merged(entries, attempts)


def _attempts(
    connection: psycopg.Connection, values: Mapping[str, object]
) -> list[Mapping[str, object]]:
    """Return refusals and violations; none where they may not be read: the entries still count."""
    try:
        with connection.transaction():
            return list(database.ask(connection, "violations.sql", values))
    except (errors.InsufficientPrivilege, errors.UndefinedTable):
        return []


def _merged(
    entries: Iterable[Mapping[str, object]], attempts: Iterable[Mapping[str, object]]
) -> list[Writer]:
    events: dict[tuple[str, str, str], dict[str, int]] = {}
    times: dict[tuple[str, str, str], list[datetime]] = {}
    for row in entries:
        who = (str(row["site"]), str(row["application_name"]), str(row["session_role"]))
        events.setdefault(who, {})[str(row["event"])] = int(str(row["entry_count"]))
        times.setdefault(who, []).extend(
            it for it in (row["first_at"], row["last_at"]) if isinstance(it, datetime)
        )
    refused: dict[tuple[str, str, str], int] = {}
    observed: dict[tuple[str, str, str], int] = {}
    for row in attempts:
        who = (str(row["site"]), str(row["application_name"]), str(row["role_name"]))
        counted = observed if row["source"] == "observed" else refused
        counted[who] = counted.get(who, 0) + int(str(row["attempt_count"]))
    every = dict.fromkeys([*events, *refused, *observed])
    found = [
        Writer(
            site=who[0],
            application=who[1],
            role=who[2],
            events=dict(sorted(events.get(who, {}).items(), key=lambda it: -it[1])),
            refused=refused.get(who, 0),
            observed=observed.get(who, 0),
            first=min(times[who]) if times.get(who) else None,
            last=max(times[who]) if times.get(who) else None,
        )
        for who in every
    ]
    return sorted(found, key=lambda it: (-it.entries, -it.refused, it.place))
