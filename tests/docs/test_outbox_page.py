"""The Python of "Consume events" does what it says, on a real server."""

import re

import psycopg
from tests.docs.pages import ROOT
from tests.docs.test_snippets import booking

PAGE = ROOT / "docs" / "how-to" / "consume-events.md"
__all__ = ["booking"]
MOVE = "update room_booking set status = 'CONFIRMED', payment_captured_at = now()"


def snippet(name: str, function: str) -> object:
    """Run one block of the page and return a function that it defines."""
    [text] = re.findall(
        rf"<!-- python: {name} -->\n```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL
    )
    defined: dict[str, object] = {}
    exec(text, defined)  # noqa: S102 - the page is ours
    return defined[function]


def test_a_mail_is_written_once(booking: str) -> None:
    write_mails = snippet("mail", "write_mails")
    assert callable(write_mails)
    with psycopg.connect(booking) as connection:
        connection.execute("create table mail (booking_id bigint, actor text)")
        connection.execute(MOVE.encode())
        connection.commit()
        for _ in range(2):
            write_mails(connection)
        assert connection.execute("select * from mail").fetchall() == [(1, None)]


def test_some_are_taken_and_then_the_next(booking: str) -> None:
    take = snippet("some", "take")
    assert callable(take)
    with psycopg.connect(booking) as connection:
        connection.execute(MOVE.encode())
        connection.commit()
        assert [[it.kind for it in take(connection, 1)] for _ in range(3)] == [
            ["birth"],
            ["move"],
            [],
        ]
