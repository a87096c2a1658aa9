"""The hotel at work: honest writers at a steady pace, and a careless one among them.

A process of its own, so that what it measures is not held up by whoever started it:
``python -m harness.traffic DSN RATE FILE`` writes one line of JSON for each write until it gets
SIGTERM. A write is late from the moment it was due, not from the moment it was begun: whoever waits
behind a slow write waits too.
"""

import json
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg

_WRITERS = 8
_CARELESS_EVERY = 50
_OWN, _OLD = 0.6, 0.4
_WORDS = "select set_config('interlock.actor', %s, true), set_config('interlock.reason', %s, true)"

# Statements of one booking's life, in order; each leaves a sound booking sound.
BOOK = (
    "insert into hotel.room_booking"
    " (hotel_id, status, room_type, check_in, check_out, nightly_rate, deposit)"
    " values (1, 'PENDING', 'A', current_date, current_date + 3, 98, 98) returning id"
)
LIFE = (
    ("pay", "update hotel.room_booking set payment_captured_at = now() where id = %s"),
    ("confirm", "update hotel.room_booking set status = 'CONFIRMED' where id = %s"),
    (
        "check in",
        "update hotel.room_booking set status = 'CHECKED_IN', checked_in_at = now(),"
        " assigned_room_id = (select min(r.id) from hotel.room as r) where id = %s",
    ),
    ("edit", "update hotel.room_booking set adults = mod(adults, 3) + 1 where id = %s"),
    (
        "check out",
        "update hotel.room_booking set status = 'CHECKED_OUT', checked_out_at = now()"
        " where id = %s",
    ),
)
CANCEL = (
    "cancel",
    "update hotel.room_booking set status = 'CANCELLED', cancelled_at = now() where id = %s",
)
# What is done to bookings that were there before, sound or not.
OLD = (
    ("edit of an old one", LIFE[3][1]),
    (
        "no-show of an old one",
        "update hotel.room_booking set status = 'NO_SHOW', checked_in_at = null,"
        " cancelled_at = null where id = %s and status = 'CONFIRMED'"
        " and payment_captured_at is not null",
    ),
    (
        "cancel of an old one",
        "update hotel.room_booking set status = 'CANCELLED', cancelled_at = now(),"
        " checked_in_at = null where id = %s and status = 'PENDING'",
    ),
)
CARELESS = (
    (
        "careless jump",
        "update hotel.room_booking set status = 'CHECKED_OUT', checked_out_at = null"
        " where id = %s and status <> 'CHECKED_OUT'",
    ),
    (
        "careless check-in",
        "update hotel.room_booking set status = 'CHECKED_IN', assigned_room_id = null"
        " where id = %s",
    ),
)


@dataclass(frozen=True, slots=True)
class Write:
    """One write: when it was due and done (seconds of the epoch), and what the server said."""

    what: str
    due: float
    done: float
    error: str | None

    @property
    def late_ms(self) -> float:
        """How long after its moment it was done."""
        return (self.done - self.due) * 1000

    @property
    def is_careless(self) -> bool:
        """Whether a sound application would not have made it."""
        return self.what.startswith("careless")


class Pace:
    """Gives out the moments at which writes are due, to whoever asks next."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._lock = threading.Lock()
        self._start = time.time() + 0.5
        self._number = 0

    def __iter__(self) -> Iterator[tuple[int, float]]:
        while True:
            with self._lock:
                number, self._number = self._number, self._number + 1
            yield number, self._start + number / self._rate


class Writer:
    """One session of the application, and the bookings that it takes through their lives."""

    def __init__(self, dsn: str, seed: int, oldest: int, newest: int) -> None:
        self._session = psycopg.connect(dsn, autocommit=True)
        self._random = random.Random(seed)  # noqa: S311 - a repeatable sequence is the point
        self._old = range(oldest, newest)
        self._lives: list[tuple[int, int]] = []

    def write(self, number: int, due: float) -> Write:
        """Make one write and tell how it went."""
        what, statement, values, after = self._next(number)
        error = None
        try:
            with self._session.transaction():
                self._session.execute(_WORDS, [f"user:{number % 90}", "guest phoned"])
                row = self._session.execute(statement.encode(), values)
                if what == "book":
                    (booking,) = row.fetchone() or (0,)
                    self._lives.append((booking, 0))
        except psycopg.Error as caught:
            error = f"{caught.sqlstate} {caught.diag.message_primary or caught}".strip()
        else:
            after()
        return Write(what, due, time.time(), error)

    def _next(self, number: int) -> tuple[str, str, Sequence[int], Callable[[], None]]:
        if number % _CARELESS_EVERY == _CARELESS_EVERY - 1:
            what, statement = self._random.choice(CARELESS)
            return what, statement, [self._random.choice(self._old)], _nothing
        if self._random.random() < _OLD:
            what, statement = self._random.choice(OLD)
            return what, statement, [self._random.choice(self._old)], _nothing
        if not self._lives or self._random.random() < 1 / (len(LIFE) + 1):
            return "book", BOOK, [], _nothing
        place = self._random.randrange(len(self._lives))
        booking, step = self._lives[place]
        is_over = step == len(LIFE) - 1

        def advance() -> None:
            if is_over:
                self._lives.pop(place)
            else:
                self._lives[place] = (booking, step + 1)

        if step < 2 and self._random.random() < 0.2:  # noqa: PLR2004
            return (*CANCEL, [booking], lambda: _drop(self._lives, place))
        return (*LIFE[step], [booking], advance)


def _nothing() -> None:
    pass


def _drop(lives: list[tuple[int, int]], place: int) -> None:
    lives.pop(place)


def read(path: Path) -> list[Write]:
    """Return the writes that a run has left in *path*."""
    lines = path.read_text(encoding="utf-8").split("\n")
    return [Write(**json.loads(line)) for line in lines[:-1]]


def main(dsn: str, rate: float, path: Path) -> None:
    """Write until told to stop."""
    with psycopg.connect(dsn) as session:
        query = "select min(id), max(id) + 1 from hotel.room_booking where id > 100"
        oldest, newest = session.execute(query).fetchone() or (0, 0)
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    # Before the first write is due, all are connected, and each has looked around.
    writers = [Writer(dsn, n, oldest, newest) for n in range(_WRITERS)]
    moments = iter(Pace(rate))
    lock = threading.Lock()

    def work(writer: Writer) -> None:
        while not stopped.is_set():
            with lock:
                number, due = next(moments)
            time.sleep(max(due - time.time(), 0))
            done = writer.write(number, due)
            with lock:
                file.write(json.dumps(asdict(done)) + "\n")

    with path.open("w", encoding="utf-8") as file:
        threads = [threading.Thread(target=work, args=(it,)) for it in writers]
        for it in threads:
            it.start()
        for it in threads:
            it.join()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), Path(sys.argv[3]))
