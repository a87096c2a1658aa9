"""Who moves what: the entries of a history by write site, as seen at run time."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import psycopg
from psycopg import errors
from psycopg.rows import dict_row

from pginterlock import assets, audit, database, violations
from pginterlock.errors import EnvironmentFault, UsageError
from pginterlock.names import cut
from pginterlock.template import fill
from pginterlock.violation_groups import Seen, Source
from pginterlock.write_sites import WriteSite, site_of


@dataclass(slots=True)
class Writer:
    """One write site and the role it writes as; *recorded* are violations that were let through."""

    site: WriteSite
    role: str
    first_at: datetime
    last_at: datetime
    events: Counter[str] = field(default_factory=Counter)
    applications: Counter[str] = field(default_factory=Counter)
    entries: int = 0
    refused: int = 0
    recorded: int = 0

    def meet(self, first_at: datetime, last_at: datetime) -> None:
        """Stretch the time in which the site was seen."""
        self.first_at = min(self.first_at, first_at)
        self.last_at = max(self.last_at, last_at)


def writers(
    connection: psycopg.Connection, machine: str, since: datetime | None = None
) -> list[Writer]:
    """Return the write sites of *machine*, the busiest first; counted on the server.

    Raises UsageError for a machine that is not installed, EnvironmentFault where its history may
    not be read.
    """
    known = audit.machines(connection)
    if machine not in known:
        raise UsageError(
            f"no machine {machine!r} is installed here; installed: {', '.join(known) or 'none'}",
            remedy="interlock apply installs the machines of a spec.",
        )
    found: dict[tuple[WriteSite, str], Writer] = {}
    for row in _entries(connection, machine, since):
        application = str(row["application_name"])
        site = site_of(str(row["site"]), application)
        it = _at(found, site, str(row["session_role"]), row["first_at"], row["last_at"])
        count = int(str(row["entry_count"]))
        it.events[str(row["event"])] += count
        it.applications[application] += count
        it.entries += count
    _add_violations(found, violations.seen(connection, machine, since))
    return sorted(found.values(), key=lambda it: (-it.entries, -it.refused, it.site.label))


def _add_violations(found: dict[tuple[WriteSite, str], Writer], seen: Iterable[Seen]) -> None:
    for it in seen:
        writer = _at(found, it.site, it.role, it.first_at, it.last_at)
        writer.applications[it.application] += 0
        if it.source is Source.RECORDED:
            writer.recorded += it.count
        else:
            writer.refused += it.count


def _at(
    found: dict[tuple[WriteSite, str], Writer],
    site: WriteSite,
    role: str,
    first_at: object,
    last_at: object,
) -> Writer:
    if not isinstance(first_at, datetime) or not isinstance(last_at, datetime):
        raise TypeError
    it = found.setdefault((site, role), Writer(site, role, first_at, last_at))
    it.meet(first_at, last_at)
    return it


def _entries(
    connection: psycopg.Connection, machine: str, since: datetime | None
) -> list[dict[str, object]]:
    query = fill(
        assets.read("sql", "templates", "writers.sql"),
        {
            "audit_name": cut(f"{machine}_audit"),
            "write_site": violations.site_sql("e.statement"),
            "conditions": "e.at >= %(since)s" if since else "true",
        },
    )
    values = {"since": since, "group_limit": violations.GROUP_LIMIT}
    with database.faults():
        try:
            with connection.cursor(row_factory=dict_row) as cursor:
                return list(cursor.execute(query.encode(), values).fetchall())
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


def writer_dict(writer: Writer) -> Mapping[str, object]:
    """Return *writer* as the JSON object that the reference documents."""
    return {
        "site": writer.site.label,
        "tags": dict(writer.site.tags),
        "shape": writer.site.shape or None,
        "role": writer.role,
        "applications": sorted(writer.applications),
        "events": dict(writer.events.most_common()),
        "entries": writer.entries,
        "refused": writer.refused,
        "recorded": writer.recorded,
        "first_at": writer.first_at,
        "last_at": writer.last_at,
    }
