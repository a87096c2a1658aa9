"""What a test is given: one database of its own, a session in it, and ways to move its rows."""

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager

import psycopg
import pytest
from psycopg.types.json import Jsonb

from pginterlock.errors import Refused
from pginterlock.integrations.pytest.refusing import (
    Caught,
    assert_allowed,
    assert_refused,
    demand_event,
    demand_machine,
)
from pginterlock.model import Machine, Spec
from pginterlock.names import ident

Key = object  # one value, or a mapping of key columns to values
Sets = Mapping[str, object]
_FIRE = "select interlock.fire(%s, %s::jsonb, %s, set => %s)"


class InterlockDatabase:
    """A database of one test: *dsn*, *spec*, and a psycopg *connection* in autocommit."""

    def __init__(self, dsn: str, spec: Spec, sessions: ExitStack) -> None:
        self.dsn = dsn
        self.spec = spec
        self._sessions = sessions
        self.connection = self.connect()

    def connect(self, *, autocommit: bool = True) -> psycopg.Connection:
        """Open another session, closed when the test ends."""
        session = psycopg.connect(self.dsn, autocommit=autocommit)
        self._sessions.callback(session.close)
        return session

    def assert_refused(
        self,
        code: str | type[Refused],
        event: str | None = None,
        *,
        machine: str | None = None,
        rule: str | None = None,
    ) -> AbstractContextManager[Caught]:
        """Do what `pginterlock.pytest.assert_refused` does, with names checked against the spec."""
        return assert_refused(code, event, machine=machine, rule=rule, spec=self.spec)

    def assert_allowed(self) -> AbstractContextManager[None]:
        """Demand that no machine refuses the block."""
        return assert_allowed()

    @contextmanager
    def acting(self, actor: str, reason: str | None = None) -> Iterator[None]:
        """Run the block in one transaction of *connection*, as *actor*."""
        with self.connection.transaction():
            self.connection.execute("select interlock.act_as(%s, reason => %s)", [actor, reason])
            yield

    def fire(self, machine: str, key: Key, event: str, sets: Sets | None = None) -> None:
        """Make the move *event*, by `interlock.fire`; *sets* are columns to set beside the state.

        Raises the driver's exception where the move is refused.
        """
        demand_event(demand_machine(self.spec, machine), event)
        values = [machine, json.dumps(key, default=str), event, Jsonb(dict(sets or {}))]
        self.connection.execute(_FIRE, values)

    def state(self, machine: str, key: Key) -> str:
        """Return the state of a row; raise UsageError where there is none."""
        found = demand_machine(self.spec, machine)
        table = f"{ident(found.table.schema)}.{ident(found.table.name)}"
        names = _key_names(self.connection, found)
        pairs = key if isinstance(key, Mapping) else dict(zip(names, [key], strict=False))
        where = " and ".join(f"{ident(name)} = %s" for name in names)
        text = f"select {ident(found.state)}::text from {table} where {where}"  # noqa: S608
        row = self.connection.execute(text.encode(), [pairs.get(it) for it in names]).fetchone()
        if row is None:
            raise pytest.UsageError(f"{machine}: there is no row {key!r}")
        return str(row[0])

    def move_to(
        self, machine: str, key: Key, state: str, sets: Mapping[str, Sets] | None = None
    ) -> list[str]:
        """Bring a row to *state* along the fewest allowed moves, and return their events.

        *sets* maps an event to the columns that its move sets. Raises UsageError where no moves
        lead there, and the driver's exception where one is refused.
        """
        found = demand_machine(self.spec, machine)
        here = self.state(machine, key)
        way = _way(found, here, state)
        if way is None:
            raise pytest.UsageError(f"{machine}: no moves lead from {here} to {state}")
        for event in way:
            self.fire(machine, key, event, (sets or {}).get(event))
        return way


def _key_names(connection: psycopg.Connection, machine: Machine) -> tuple[str, ...]:
    if machine.key:
        return machine.key
    rows = connection.execute(
        "select a.attname from pg_index as i"
        " join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)"
        " where i.indisprimary and i.indrelid = %s::regclass"
        " order by array_position(i.indkey, a.attnum)",
        [f"{ident(machine.table.schema)}.{ident(machine.table.name)}"],
    )
    return tuple(row[0] for row in rows)


def _way(machine: Machine, start: str, end: str) -> list[str] | None:
    """Return the events of the shortest way; of several the first in the order of the spec."""
    ways: dict[str, list[str]] = {start: []}
    todo = [start]
    while todo:
        here = todo.pop(0)
        if here == end:
            return ways[here]
        for it in machine.transitions:
            if it.from_state == here and it.to_state not in ways:
                ways[it.to_state] = [*ways[here], it.event]
                todo.append(it.to_state)
    return None
