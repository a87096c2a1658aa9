"""Read the writes that broke a rule: what observe recorded, what clients and logs reported."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg
from psycopg import errors
from psycopg.rows import DictRow, dict_row

from pginterlock import assets, database
from pginterlock.errors import EnvironmentFault
from pginterlock.server_log import LogRefusal
from pginterlock.template import fill
from pginterlock.violation_groups import SAMPLES, Sample, Seen, Source
from pginterlock.violation_trend import LATELY, Width, width_of
from pginterlock.write_sites import site_of

GROUP_LIMIT = 20_000
# Numbering all of them is dear, so only for who wants more samples than the first and the last.
_PLACE = (
    "row_number() over (partition by s.source, s.machine_name, s.code, s.rule_name, s.event,"
    " s.role_name, s.application_name, s.actor, s.site order by s.id desc)"
)
_BATCH = 500


def seen(
    connection: psycopg.Connection,
    machine: str | None = None,
    since: datetime | None = None,
    *,
    samples: int = SAMPLES,
) -> list[Seen]:
    """Return what the database holds of violations and refusals, counted on the server.

    Of each, up to *samples*: the first and the last, or where more are asked for the last ones;
    and the slots of its trend, since then or of the last day. Raises EnvironmentFault where it may
    not be read.
    """
    query = fill(
        assets.read("sql", "templates", "violation_groups.sql"),
        {
            "write_site": site_sql("s.statement"),
            "place": _PLACE if samples > SAMPLES else "null::bigint",
        },
    )
    now = datetime.now(UTC)
    trend_since = since or now - LATELY
    values = {
        "machine": machine,
        "since": since,
        "group_limit": GROUP_LIMIT,
        "samples": samples,
        "trend_since": trend_since,
        "width": int(width_of(trend_since, now)),
    }
    with readable(), connection.cursor(row_factory=dict_row) as cursor:
        return [_seen(row) for row in cursor.execute(query.encode(), values).fetchall()]


def site_sql(statement: str) -> str:
    """Return SQL that tells statements of one write site from those of others, roughly."""
    return fill(assets.read("sql", "templates", "write_site.plpgsql"), {"statement": statement})


def of_log(found: Iterable[LogRefusal], width: Width = Width.HOUR) -> Iterator[Seen]:
    """Return what a server's log tells of refused writes, in slots of *width*."""
    for it in found:
        sample = Sample(
            it.at,
            it.refused.message,
            it.refused.key,
            it.refused.from_state,
            it.refused.to_state,
            it.statement,
        )
        yield Seen(
            Source.LOG,
            it.refused.machine,
            it.refused.code,
            it.refused.rule,
            it.user,
            it.application,
            site_of(it.statement or "", it.application),
            None,
            1,
            it.at,
            it.at,
            it.refused.event,
            (sample,),
            {width.slot(it.at): 1},
        )


def keep(connection: psycopg.Connection, found: Iterable[LogRefusal]) -> Iterator[LogRefusal]:
    """Hand what a log tells into interlock.refusal on the way; what is there already stays once."""
    query = assets.read("sql", "queries", "keep_refusal.sql").encode()
    waiting: list[dict[str, object]] = []

    def store() -> None:
        with readable(), connection.cursor() as cursor:
            cursor.executemany(query, waiting)
        waiting.clear()

    for it in found:
        waiting.append(it.report)
        if len(waiting) >= _BATCH:
            store()
        yield it
    if waiting:
        store()


@contextmanager
def readable() -> Iterator[None]:
    """Tell in our words what keeps violations and refusals from being read or kept."""
    with database.faults():
        try:
            yield
        except errors.InsufficientPrivilege as error:
            raise EnvironmentFault(
                "violations and refusals may not be read, or not be kept, by this role",
                remedy="As the owner of schema interlock: grant select on interlock.violation,"
                " interlock.refusal, or execute on function interlock.keep_refusal, to ...;",
            ) from error
        except (errors.UndefinedTable, errors.UndefinedFunction) as error:
            raise EnvironmentFault(
                "interlock.violation and interlock.refusal are not in this database",
                remedy="interlock apply installs schema interlock, and brings it up to date.",
            ) from error


def _seen(row: DictRow) -> Seen:
    application = row["application_name"] or ""
    samples = tuple(
        Sample(it["at"], it["message"], it["key"], it["from"], it["to"], it["statement"])
        for it in row["samples"]
    )
    return Seen(
        Source(row["source"]),
        row["machine_name"],
        row["code"],
        row["rule_name"],
        row["role_name"] or "",
        application,
        site_of(row["site"], application),
        row["actor"],
        row["write_count"],
        row["first_at"],
        row["last_at"],
        row["event"],
        samples,
        {int(slot): count for slot, count in row["slots"].items()},
    )
