"""Traffic on the hotel while a machine is applied or changed: writers, a reader, their stalls."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg

_PAUSE_S = 0.005


@dataclass
class Traffic:
    """What writers and readers met: the longest wait of one statement, and every error."""

    longest_write_s: float = 0.0
    longest_read_s: float = 0.0
    writes: int = 0
    errors: list[str] = field(default_factory=list)


@contextmanager
def running(dsn: str, *, writers: int = 2, rows: int = 1000) -> Iterator[Traffic]:
    """Let sound writers and one reader work as long as the block lasts."""
    seen = Traffic()
    over = threading.Event()

    def write(number: int) -> None:
        with psycopg.connect(dsn, autocommit=True) as session:
            key = number
            while not over.wait(_PAUSE_S):
                key = key + writers if key + writers <= rows else number
                began = time.perf_counter()
                try:
                    session.execute(
                        "update hotel.room_booking set payment_captured_at = now() where id = %s",
                        [key],
                    )
                except psycopg.Error as error:
                    seen.errors.append(str(error))
                seen.longest_write_s = max(seen.longest_write_s, time.perf_counter() - began)
                seen.writes += 1

    def read() -> None:
        with psycopg.connect(dsn, autocommit=True) as session:
            while not over.wait(_PAUSE_S):
                began = time.perf_counter()
                session.execute("select status from hotel.room_booking where id = 1")
                seen.longest_read_s = max(seen.longest_read_s, time.perf_counter() - began)

    threads = [threading.Thread(target=write, args=[n + 1]) for n in range(writers)]
    threads.append(threading.Thread(target=read))
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    try:
        yield seen
    finally:
        time.sleep(0.2)
        over.set()
        for thread in threads:
            thread.join()
