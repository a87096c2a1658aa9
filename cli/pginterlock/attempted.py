"""Writes that broke a rule, refused or let through: grouped, from the database or from a log."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import psycopg
from psycopg import errors
from psycopg.rows import DictRow

from pginterlock import database, write_site
from pginterlock.errors import EnvironmentFault
from pginterlock.server_log import LoggedRefusal

_SAMPLES = 3


@dataclass(frozen=True, slots=True)
class AttemptGroup:
    """Attempts that broke one rule, from one writer and one place.

    *source* is ``observed`` (let through, by the guard itself), ``client`` or ``log`` (refused, as
    those tell). *first* and *last* are times as text.
    """

    machine: str
    code: str
    rule: str
    source: str
    actor: str | None
    role: str
    application: str
    site: str
    count: int
    first: str
    last: str
    message: str
    samples: tuple[Mapping[str, object], ...]

    @property
    def place(self) -> str:
        """Where the attempts came from, as people read it."""
        return write_site.label(self.site)


def kept(
    connection: psycopg.Connection, machine: str | None, since: datetime | None
) -> list[AttemptGroup]:
    """Return the attempts that the database keeps, the most frequent first.

    Raises EnvironmentFault where they may not be read, or are not there.
    """
    with database.faults():
        try:
            rows = database.ask(
                connection, "violations.sql", {"machine": machine, "since": since or "-infinity"}
            )
        except errors.InsufficientPrivilege as error:
            raise EnvironmentFault(
                "violations and refusals may not be read by this role",
                remedy="As its owner: grant select on interlock.violation, interlock.refusal to"
                " ...;",
            ) from error
        except (errors.UndefinedTable, errors.InvalidSchemaName) as error:
            raise EnvironmentFault(
                "schema interlock is not here, or older than this version",
                remedy="interlock apply installs it and brings it up to date.",
            ) from error
    return merged(_of_row(row) for row in rows)


def keep(connection: psycopg.Connection, found: Iterable[LoggedRefusal]) -> Iterator[LoggedRefusal]:
    """Hand each refusal of a log to the database, once however often it is read; pass it on.

    Raises EnvironmentFault where that is not granted.
    """
    with database.faults(), connection.transaction():
        for it in found:
            try:
                database.ask(
                    connection,
                    "keep_logged.sql",
                    {
                        "detail": json.dumps(it.detail),
                        "message": it.message,
                        "statement": it.statement,
                        "at": it.at,
                        "role": it.role,
                        "application": it.application,
                        "identity": it.identity,
                    },
                )
            except errors.InsufficientPrivilege as error:
                raise EnvironmentFault(
                    "refusals may not be kept by this role",
                    remedy="As the owner of the schema: grant execute on function"
                    " interlock.keep_refusal to ...;",
                ) from error
            yield it


def logged(found: Iterable[LoggedRefusal]) -> list[AttemptGroup]:
    """Return what a log tells of, the most frequent first."""
    return merged(
        AttemptGroup(
            machine=str(it.detail["machine"]),
            code=str(it.detail["code"]),
            rule=str(it.detail.get("rule")),
            source="log",
            actor=None,
            role=it.role,
            application=it.application,
            site=write_site.of_statement(it.statement),
            count=1,
            first=it.at,
            last=it.at,
            message=it.message,
            samples=_keys([it.detail.get("key")]),
        )
        for it in found
    )


def merged(groups: Iterable[AttemptGroup]) -> list[AttemptGroup]:
    """Return *groups* with those of the same rule, writer and place as one."""
    found: dict[tuple[object, ...], AttemptGroup] = {}
    for it in groups:
        who = (it.machine, it.code, it.rule, it.source, it.actor, it.role, it.application, it.site)
        if (known := found.get(who)) is None:
            found[who] = it
            continue
        newer = it if it.last >= known.last else known
        older = known if newer is it else it
        found[who] = replace(
            newer,
            count=known.count + it.count,
            first=min(known.first, it.first),
            samples=(*newer.samples, *older.samples)[:_SAMPLES],
        )
    return sorted(found.values(), key=lambda it: (-it.count, it.machine, it.code, it.site))


def _of_row(row: DictRow) -> AttemptGroup:
    return AttemptGroup(
        machine=row["machine_name"],
        code=row["code"],
        rule=row["rule_name"],
        source=row["source"],
        actor=row["actor"],
        role=row["role_name"],
        application=row["application_name"],
        site=row["site"],
        count=row["attempt_count"],
        first=f"{row['first_at']:%Y-%m-%d %H:%M:%S%z}",
        last=f"{row['last_at']:%Y-%m-%d %H:%M:%S%z}",
        message=row["message"],
        samples=_keys(row["keys"]),
    )


def _keys(keys: Sequence[object]) -> tuple[Mapping[str, object], ...]:
    return tuple(it for it in keys if isinstance(it, dict) and it)[:_SAMPLES]
