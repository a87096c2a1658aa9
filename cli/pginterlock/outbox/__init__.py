"""Consume histories as an outbox: every committed entry once, in order, from a named cursor.

    from pginterlock import outbox

    with psycopg.connect(...) as connection:
        for entry in outbox.consume(connection, "billing", machines=["booking"]):
            ...  # what is written over the same connection commits with the cursor

* **Order.** A window is what one snapshot of the server sees and the one before did not; windows
  come one after the other, and in a window the entries of a machine are in the order of their
  ids. So an entry comes after every entry that its transaction could have seen. Between machines
  the clock decides within a window.
* **Nothing waits.** An entry is delivered as soon as its transaction has committed, whatever
  older transactions are still open; theirs follow when they commit.
* **Exactly once, or at least once.** A batch is read in one transaction that has the cursor
  locked. The cursor moves, and that transaction commits, when the entry after the batch is asked
  for (or `commit` is called). What you write over the same connection is so exactly once; what
  you do elsewhere may be done again after a crash. Leaving the loop by break or exception keeps
  nothing of the batch; in a ``with`` block, break keeps what was handed out.
"""

from collections.abc import Sequence
from typing import Literal

import psycopg

from pginterlock.errors import UsageError
from pginterlock.outbox.delivery import deliver
from pginterlock.outbox.drivers import AsyncConsumer, Consumer
from pginterlock.outbox.questions import Wish
from pginterlock.outbox.status import CursorStatus, status

__all__ = ["AsyncConsumer", "Consumer", "CursorStatus", "consume", "consume_async", "status"]

Start = Literal["beginning", "now"]
_BATCH = 500
_WAIT_S = 1.0
_PATIENCE_S = 5.0


def consume(
    connection: psycopg.Connection,
    name: str,
    *,
    machines: Sequence[str] | None = None,
    batch: int = _BATCH,
    start: Start = "beginning",
    follow: bool = False,
    wait_s: float = _WAIT_S,
    patience_s: float = _PATIENCE_S,
    listen: bool = True,
) -> Consumer:
    """Return the entries that the cursor *name* has not delivered yet, oldest first.

    The cursor is made where there is none, when the first entry is asked for: on *machines* (all
    that are installed), at the ``beginning``, or ``now``: then it delivers all entries of the
    transactions that are not decided at that moment, and none of others. It stays on these
    machines.

    It ends with what was committed when it looked. With *follow* it never ends, and asks again
    after *wait_s*, or when it is notified, where the spec names a channel (not with *listen*
    false, for a transaction pooler).

    Where another consumer has the cursor, it tries again for *patience_s*. *connection* must not
    be in a transaction, and commit and rollback on it are the consumer's while entries are out.
    """
    wish = _wish(name, machines, batch, start, follow, wait_s, patience_s, listen)
    return Consumer(connection, deliver(wish))


def consume_async(
    connection: psycopg.AsyncConnection,
    name: str,
    *,
    machines: Sequence[str] | None = None,
    batch: int = _BATCH,
    start: Start = "beginning",
    follow: bool = False,
    wait_s: float = _WAIT_S,
    patience_s: float = _PATIENCE_S,
    listen: bool = True,
) -> AsyncConsumer:
    """Return what `consume` returns, for ``async for``."""
    wish = _wish(name, machines, batch, start, follow, wait_s, patience_s, listen)
    return AsyncConsumer(connection, deliver(wish))


def _wish(
    name: str,
    machines: Sequence[str] | None,
    batch: int,
    start: str,
    follow: bool,
    wait_s: float,
    patience_s: float,
    listen: bool,
) -> Wish:
    if not name.strip():
        raise UsageError("a cursor needs a name")
    if isinstance(machines, str) or (machines is not None and not machines):
        raise UsageError("machines is a list of names, or left out for all")
    if batch < 1:
        raise UsageError(f"a batch of {batch} entries: it must be 1 or more")
    if start not in ("beginning", "now"):
        raise UsageError(f"start is 'beginning' or 'now', and not {start!r}")
    if wait_s <= 0:
        raise UsageError(f"wait_s is {wait_s}: it must be more than 0")
    chosen = None if machines is None else tuple(dict.fromkeys(machines))
    return Wish(name, chosen, batch, start, follow, wait_s, patience_s, listen)
