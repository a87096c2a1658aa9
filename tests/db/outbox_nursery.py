"""Consumers of the outbox that can be killed: one process forks another for each line it reads.

``python outbox_nursery.py DSN sync|async NAME``; a consumer notes what it gets in table ``got``,
over the connection of its cursor. Each child's process id is printed.
"""

import asyncio
import os
import random
import sys

import psycopg

from pginterlock import outbox
from pginterlock.audit import Entry

NOTE = "insert into got (cursor_name, by_pid, machine, id, key) values (%s, %s, %s, %s, %s)"


def note(name: str, entry: Entry) -> list[object]:
    os.write(1, b"got\n")  # whoever kills waits for this
    return [name, os.getpid(), entry.machine, entry.id, entry.key["id"]]


def consume(dsn: str, name: str) -> None:
    with psycopg.connect(dsn, autocommit=random.random() < 0.5) as connection:
        for entry in outbox.consume(
            connection, name, follow=True, wait_s=0.01, batch=random.choice([1, 7, 40])
        ):
            connection.execute(NOTE, note(name, entry))


async def consume_async(dsn: str, name: str) -> None:
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        async for entry in outbox.consume_async(
            connection, name, follow=True, wait_s=0.01, batch=random.choice([1, 7, 40])
        ):
            await connection.execute(NOTE, note(name, entry))


def main() -> None:
    dsn, kind, name = sys.argv[1:]
    for _ in sys.stdin:
        child = os.fork()
        if child:
            print(child, flush=True)  # noqa: T201
            continue
        random.seed()
        if kind == "sync":
            consume(dsn, name)
        else:
            asyncio.run(consume_async(dsn, name))


if __name__ == "__main__":
    main()
