"""What the core of the outbox asks a database, and what it says where it cannot go on.

Pure: generators that yield requests and are sent their answers.
"""

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from psycopg import errors
from psycopg.rows import DictRow

from pginterlock import assets
from pginterlock.errors import EnvironmentFault, InterlockError, UsageError
from pginterlock.names import cut, ident
from pginterlock.outbox.requests import Answer, Ask, Begin, End, Request
from pginterlock.outbox.snapshots import Snapshot
from pginterlock.template import fill

T = TypeVar("T")
Doing = Generator[Request, Answer, T]
END, FOREIGN = "outbox_end.sql", "outbox_foreign.sql"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a consumer wants; the words are those of `consume`."""

    name: str
    machines: tuple[str, ...] | None
    batch: int
    start: str
    follow: bool
    wait_s: float
    patience_s: float
    listen: bool


@dataclass(frozen=True, slots=True)
class Now:
    """A moment: what is decided, who asks, and which cluster counts."""

    snapshot: Snapshot
    xid: int | None
    cluster: str


def now_is() -> Doing[Now]:
    """Return the moment of this statement."""
    [row] = yield from ask("outbox_now.sql")
    xid = row["xid"]
    return Now(Snapshot.read(row["snapshot"]), None if xid is None else int(xid), row["cluster"])


def ends_of(wish: Wish, machines: Iterable[str], template: str) -> Doing[dict[str, int]]:
    """Return what *template* says of each history: an id."""
    found = {}
    for machine in machines:
        [row] = yield from ask_history(wish, machine, template, {})
        found[machine] = int(row["id"])
    return found


def channels_of(wish: Wish) -> Doing[tuple[str, ...]]:
    """Return the channels that wake whoever waits for entries of the cursor."""
    if not wish.listen:
        return ()
    [cursor] = yield from ask("outbox_cursor.sql", {"name": wish.name})
    rows = yield from ask("outbox_machines.sql")
    wanted = [it["channel"] for it in rows if it["machine_name"] in cursor["machines"]]
    return tuple(dict.fromkeys(filter(None, wanted)))


def ask_history(
    wish: Wish, machine: str, template: str, values: Mapping[str, object]
) -> Doing[list[DictRow]]:
    """Ask the history of *machine*, by a template."""
    text = fill(assets.read("sql", "templates", template), {"audit_name": cut(f"{machine}_audit")})
    try:
        return (yield from _asked(Ask(text, values)))
    except errors.InsufficientPrivilege as error:
        raise EnvironmentFault(
            f"the history of {machine} may not be read any more by this role",
            remedy=f"As its owner: grant select on interlock.{machine}_audit to ...;",
        ) from error
    except errors.UndefinedTable:
        raise EnvironmentFault(
            f"the history of {machine} is gone, and cursor {wish.name!r} reads it",
            remedy="Begin a cursor of another name on the machines that are left.",
        ) from None
    except errors.UndefinedColumn as error:
        raise not_as_made(machine, error.diag.message_primary or "") from None


def ask(query: str, values: Mapping[str, object] | None = None) -> Doing[list[DictRow]]:
    """Ask one of ``sql/queries``."""
    return (yield from _asked(Ask(assets.read("sql", "queries", query), values or {})))


def _asked(ask: Ask) -> Doing[list[DictRow]]:
    answer = yield ask
    return answer if isinstance(answer, list) else []


def reading(doing: Doing[T]) -> Doing[T]:
    """Do something in a transaction of its own."""
    yield Begin()
    result = yield from doing
    yield End(is_commit=True)
    return result


def taken(name: str) -> InterlockError:
    """Return the error for a cursor that another consumer has."""
    return UsageError(
        f"cursor {name!r} is taken: another consumer is reading with it",
        remedy="One name, one consumer; several consumers take several names.",
    )


def no_right(role: str, machines: Sequence[str]) -> InterlockError:
    """Return the error for grants that are missing, with the grants."""
    audits = [f"interlock.{ident(cut(f'{it}_audit'))}" for it in machines]
    relations = ", ".join(["interlock.machine", *(audits or ["interlock.<machine>_audit"])])
    return EnvironmentFault(
        f"role {role} may not keep a cursor of the outbox, or read what it delivers",
        remedy="As the owner of schema interlock:"
        f" grant select on {relations} to {ident(role)};"
        f" grant select, insert, update on interlock.outbox_cursor to {ident(role)};",
    )


def not_as_made(machine: str, told_: str) -> InterlockError:
    """Return the error for a history whose columns are gone."""
    return EnvironmentFault(
        f"the history of {machine} is not as it was made: {told_}",
        remedy="interlock verify says what was changed.",
    )
