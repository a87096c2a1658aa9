"""Play one round: a new database, sessions at random, looks at the table while they write."""

import random
import threading
import time
from collections import defaultdict
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field

import psycopg
from psycopg.rows import dict_row
from tests.races.dice import ROLLS
from tests.races.inn import AUDITED, FOLDER, inn
from tests.races.ledger import Stored, disagreements, faults, trace
from tests.races.model import Row
from tests.races.session import Session
from tests.races.told import Disagreement, Told

from pginterlock import apply, spec
from pginterlock.findings import Severity
from pginterlock.model import Spec
from pginterlock.verify import Scope, verify

SESSIONS = 8
CHECKS = ("function", "native", "trigger")
CONTINUITY = ("verify", "online")
_LOOK = (
    "select coalesce((select jsonb_agg(to_jsonb(b)) from inn.booking as b), '[]'),"
    " coalesce((select jsonb_agg(to_jsonb(r)) from inn.room as r), '[]')"
)
_APPROVALS = "select to_jsonb(a) from interlock.approval as a order by a.approval_id"
_WAITING = (
    "select count(*) from pg_stat_activity"
    " where datname = current_database() and wait_event_type = 'Lock'"
)
_AUDIT = (
    "id", "key_id", "kind", "event", "from_state", "to_state",
    "actor", "reason", "cause", "claimed_actor", "set_role", "approvals",
    *(f"{time}_{it}" for it in AUDITED for time in ("old", "new")),
)  # fmt: skip
_VERIFY_EVERY_S = 3.0


@dataclass(frozen=True, slots=True)
class Setting:
    """How the machine of a round is compiled, and played."""

    checks: str = "function"
    continuity: str = "verify"
    rolls: str = "all"  # what its sessions do

    def __str__(self) -> str:
        return f"{self.compiled}, rolls: {self.rolls}"

    @property
    def compiled(self) -> str:
        """What the spec says of it."""
        return f"checks: {self.checks}, continuity: {self.continuity}"


@dataclass(slots=True)
class Round:
    """What came of one round."""

    seed: str
    setting: Setting
    seconds: float = 0.0
    looks: int = 0
    waiting: int = 0  # sessions that waited for a lock, over all looks
    told: list[Told] = field(default_factory=list)
    found: list[Disagreement] = field(default_factory=list)

    def trace(self) -> list[str]:
        """Return what was written about the rows in question."""
        return trace(self.told, {it.key for it in self.found if it.key is not None})


def setting_of(seed: str) -> Setting:
    """Return how the machine of the round with this *seed* is compiled, and played."""
    dice = random.Random(seed)
    return Setting(dice.choice(CHECKS), dice.choice(CONTINUITY), dice.choice(tuple(ROLLS)))


def build(session: psycopg.Connection, setting: Setting) -> None:
    """Make the inn, and put it under its machine."""
    session.execute((FOLDER / "inn.sql").read_bytes())
    apply.install(session, _machine(setting))
    session.execute((FOLDER / "approvals.sql").read_bytes())


def _machine(setting: Setting) -> Spec:
    text = (FOLDER / "inn.yaml").read_text(encoding="utf-8")
    text += f"\n    checks: {setting.checks}\n    continuity: {setting.continuity}\n"
    return spec.parse(text, "inn.yaml")


def work(dsn: str, number: int, seed: str, setting: Setting, operations: int) -> Told:
    """Be one session; may be run in a process of its own."""
    model = inn(setting.checks)
    played = Session(dsn, number, f"{seed} session {number}", model, setting.rolls)
    return played.run(operations)


def play(
    dsn: str,
    seed: str,
    setting: Setting,
    operations: int,
    executor: Executor,
    *,
    sessions: int = SESSIONS,
) -> Round:
    """Play *operations* statements of *sessions* in the database *dsn*, and judge them."""
    played = Round(seed, setting)
    begun = time.monotonic()
    over = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(_watch, dsn, setting, played, over)
        try:
            each = -(-operations // sessions)
            futures = [
                executor.submit(work, dsn, number, seed, setting, each)
                for number in range(sessions)
            ]
            played.told = [it.result() for it in futures]
        finally:
            over.set()
        watching.result()
    played.seconds = time.monotonic() - begun
    _judge(dsn, setting, played)
    return played


def _watch(dsn: str, setting: Setting, played: Round, over: threading.Event) -> None:
    """Look at the whole table at random times, and now and then at its history, as others write."""
    dice = random.Random(f"{played.seed} watcher")
    model, last = inn(setting.checks), time.monotonic()
    with psycopg.connect(dsn, autocommit=True) as session:
        while not over.wait(dice.uniform(0.01, 0.2)):
            played.looks += 1
            played.waiting += session.execute(_WAITING).fetchall()[0][0]
            played.found += faults(model, *_looked(session))
            if time.monotonic() - last > _VERIFY_EVERY_S:
                played.found += _verified(session, setting)
                last = time.monotonic()


def _judge(dsn: str, setting: Setting, played: Round) -> None:
    model = inn(setting.checks)
    with psycopg.connect(dsn, autocommit=True) as session:
        bookings, rooms = _looked(session)
        played.found += faults(model, bookings, rooms)
        approvals = [row for (row,) in session.execute(_APPROVALS)]
        stored = Stored(bookings, rooms, approvals, _audit(session))
        played.found += disagreements(model, played.told, stored)
        played.found += _verified(session, setting)


def _looked(session: psycopg.Connection) -> tuple[list[Row], list[Row]]:
    """Return both tables, as they are at one moment."""
    ((bookings, rooms),) = session.execute(_LOOK).fetchall()
    return bookings, rooms


def _audit(session: psycopg.Connection) -> dict[int, list[dict[str, object]]]:
    found: dict[int, list[dict[str, object]]] = defaultdict(list)
    query = f"select {', '.join(_AUDIT)} from interlock.booking_audit order by id"
    with session.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(query.encode()):
            found[row.pop("key_id")].append(row)
    return found


def _verified(session: psycopg.Connection, setting: Setting) -> list[Disagreement]:
    found = verify(session, _machine(setting), scope=Scope(probes=False)).findings
    # approvals.sql tells what becomes of approvals by a trigger of its own.
    others = [it for it in found if it.code != "history-foreign" or "zzz_tell" not in it.message]
    errors = [str(it) for it in others if it.severity is Severity.ERROR]
    return [Disagreement(None, None, f"verify: {it}") for it in errors]
