"""Who acts is in the history, however Django writes; and nobody acts for somebody else."""

import asyncio
import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import User
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.db import connection, connections, transaction
from django.test import AsyncClient, Client
from django.test.utils import override_settings
from django.utils import timezone
from psycopg.conninfo import conninfo_to_dict
from tests import pooler
from tests.integrations.django_project.conftest import Entry, point
from tests.integrations.django_project.stays.models import Booking
from tests.servers import TestServer

from pginterlock.django import act_as, acting

Entries = Callable[[], list[Entry]]
PAID = datetime(2026, 1, 1, tzinfo=timezone.get_default_timezone())


def book(**fields: Any) -> Booking:
    return Booking.objects.create(
        arrives=date(2026, 3, 1), leaves=date(2026, 3, 3), **{"paid_at": PAID, **fields}
    )


def logged_in() -> tuple[Client, User]:
    user = User.objects.create_user("clerk", password="secret")  # noqa: S106
    client = Client()
    client.force_login(user)
    return client, user


def post(client: Client, path: str, **fields: object) -> Any:
    return client.post(
        path, json.dumps(fields), content_type="application/json", headers={"X-Reason": "phoned"}
    )


@pytest.mark.parametrize("view", ["autocommit", "atomic", "plain", "savepoints", "after-commit"])
@pytest.mark.parametrize("atomic_requests", [False, True])
def test_the_user_and_the_reason_are_in_the_history(
    site: str, entries: Entries, view: str, atomic_requests: bool
) -> None:
    client, user = logged_in()
    booking = book()

    with in_requests(atomic_requests):
        response = post(client, f"/{view}/{booking.pk}", status="CONFIRMED")

    assert response.status_code == 200
    assert entries()[-1] == ("confirm", f"user:{user.pk}", "phoned")


@contextmanager
def in_requests(atomic: bool) -> Iterator[None]:
    before = connections.settings["default"]["ATOMIC_REQUESTS"]
    connections.settings["default"]["ATOMIC_REQUESTS"] = atomic
    try:
        yield
    finally:
        connections.settings["default"]["ATOMIC_REQUESTS"] = before


def test_nothing_is_left_of_a_request_in_the_session(site: str, entries: Entries) -> None:
    client, _ = logged_in()
    booking = book()
    post(client, f"/autocommit/{booking.pk}", status="CONFIRMED")

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select current_setting('interlock.actor', true)")
        assert cursor.fetchone() in [("",), (None,)]


def test_a_request_without_a_user_has_no_actor(site: str, entries: Entries) -> None:
    booking = book()

    post(Client(), f"/atomic/{booking.pk}", status="CONFIRMED")

    assert entries()[-1] == ("confirm", None, "phoned")


def test_sql_by_hand_is_attributed_and_tagged(
    site: str, connect: Callable[..., psycopg.Connection]
) -> None:
    client, user = logged_in()
    with acting("job"):
        booking = book()
    seen = watched(connect(site, autocommit=True))

    assert client.post(f"/raw/{booking.pk}").status_code == 204

    assert [actor for actor, _ in seen()] == [f"user:{user.pk}", f"user:{user.pk}"]
    assert all(told.endswith(",route='raw%2F%3Cint%3Apk%3E'*/") for _, told in seen())
    assert all("/*controller='tests.integrations.django_project" in told for _, told in seen())


def watched(session: psycopg.Connection) -> Callable[[], list[Any]]:
    """Note who changes `guests`, which the machine says nothing about."""
    session.execute(
        "create table seen (actor text, statement text);"
        "create function note() returns trigger language plpgsql as $$ begin"
        " insert into seen values (current_setting('interlock.actor', true), current_query());"
        " return new; end $$;"
        "create trigger note after update on stays_booking for each row execute function note()"
    )
    return lambda: session.execute("select actor, statement from seen").fetchall()


def test_what_runs_after_the_commit_is_attributed(
    site: str, connect: Callable[..., psycopg.Connection]
) -> None:
    client, user = logged_in()
    booking = book()
    seen = watched(connect(site, autocommit=True))

    post(client, f"/after-commit/{booking.pk}", status="CONFIRMED")

    assert [actor for actor, _ in seen()] == [f"user:{user.pk}"] * 2


def test_a_get_that_only_reads_claims_nothing(site: str) -> None:
    client, _ = logged_in()
    booking = book()

    with in_requests(True):
        answer = client.get(f"/read/{booking.pk}")

    assert answer.json() == {"actor": None} or answer.json() == {"actor": ""}


def test_a_streamed_answer_is_attributed(
    site: str, connect: Callable[..., psycopg.Connection]
) -> None:
    client, user = logged_in()
    booking = book()
    seen = watched(connect(site, autocommit=True))

    pieces = b"".join(client.post(f"/stream/{booking.pk}").streaming_content)

    assert pieces == b"begun;done"
    assert [actor for actor, _ in seen()] == [f"user:{user.pk}"]


def test_async_views_are_attributed(
    site: str, entries: Entries, connect: Callable[..., psycopg.Connection]
) -> None:
    _, user = logged_in()
    booking = book()
    seen = watched(connect(site, autocommit=True))

    async def ask() -> None:
        client = AsyncClient()
        await client.aforce_login(user)
        body = json.dumps({"status": "CONFIRMED"})
        answer = await client.post(f"/later/{booking.pk}", body, content_type="application/json")
        assert answer.status_code == 200
        streamed = await client.post(f"/stream-later/{booking.pk}")
        assert [piece async for piece in streamed.streaming_content] == [b"begun;", b"done"]

    asyncio.run(ask())

    assert entries()[-1][:2] == ("confirm", f"user:{user.pk}")
    assert {actor for actor, _ in seen()} == {f"user:{user.pk}"}


def test_a_job_says_who_acts(site: str, entries: Entries) -> None:
    booking = book()

    with acting("job:night_audit", reason="no show"):
        booking.status = "CANCELLED"
        booking.save()

    assert entries()[-1] == ("cancel", "job:night_audit", "no show")


def test_acting_in_a_transaction_ends_where_its_block_ends(site: str, entries: Entries) -> None:
    with transaction.atomic():
        with acting("user:1"):
            book()
            with acting("user:2"):
                book()
            book()
        book()

    assert [actor for _, actor, _ in entries()] == ["user:1", "user:2", "user:1", None]


def test_a_claim_by_hand_holds_for_its_transaction(site: str, entries: Entries) -> None:
    with acting("user:1"):
        with transaction.atomic():
            act_as("user:7", "by hand")
            book()
            book()
        book()

    assert [actor for _, actor, _ in entries()] == ["user:7", "user:7", "user:1"]


def test_a_claim_by_hand_needs_a_transaction(site: str) -> None:
    with pytest.raises(transaction.TransactionManagementError, match="needs a transaction"):
        act_as("user:7")


def test_two_databases_are_told_both(site: str, entries: Entries) -> None:
    with acting("user:1"), transaction.atomic(), transaction.atomic(using="other"):
        book()
        Booking.objects.using("other").create(arrives="2026-03-01", leaves="2026-03-02")

    assert [actor for _, actor, _ in entries()] == ["user:1", "user:1"]


def test_transactions_by_hand_are_told(site: str, entries: Entries) -> None:
    transaction.set_autocommit(False)
    try:
        with acting("user:1"):
            book()
            transaction.rollback()
            book()
            transaction.commit()
    finally:
        transaction.set_autocommit(True)

    assert [actor for _, actor, _ in entries()] == ["user:1"]


def test_an_actor_of_the_project_is_asked(site: str, entries: Entries) -> None:
    with override_settings(
        INTERLOCK_ACTOR=lambda request: f"desk:{request.headers['X-Desk']}",
        INTERLOCK_REASON="X-Why",
    ):
        Client().post(
            f"/plain/{book().pk}",
            '{"status": "CANCELLED"}',
            content_type="application/json",
            headers={"X-Desk": "3", "X-Why": "flood"},
        )

    assert entries()[-1] == ("cancel", "desk:3", "flood")


def test_requests_that_meet_keep_their_actors(site: str, entries: Entries) -> None:
    bookings = [book() for _ in range(24)]
    users = [User.objects.create_user(f"clerk{n}") for n in range(4)]

    cookies = [session_of(user) for user in users]

    with serving() as port:
        threads = [
            threading.Thread(target=confirm, args=(port, cookies[n % 4], bookings[n].pk))
            for n in range(24)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    told = {actor for event, actor, _ in entries() if event == "confirm"}
    assert told == {f"user:{it.pk}" for it in users}
    assert sum(event == "confirm" for event, _, _ in entries()) == 24


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@contextmanager
def serving() -> Iterator[int]:
    """Serve the project over HTTP, a thread for each request; yield the port."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), Quiet)
    server.daemon_threads = False
    server.set_app(get_wsgi_application())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return str(client.cookies["sessionid"].value)


def confirm(port: int, session: str, booking: int) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/autocommit/{booking}",
        data=b'{"status": "CONFIRMED"}',
        headers={"Cookie": f"sessionid={session}", "Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=30).close()  # noqa: S310


def test_behind_a_pooler_no_actor_meets_another_client(
    site: str, server: TestServer, entries: Entries
) -> None:
    if pooler.find() is None:
        pytest.skip("there is no pgbouncer; see tests/fetch_pgbouncer.sh")
    with pooler.running(server, str(conninfo_to_dict(site)["dbname"])) as dsn:
        for alias in ("default", "other"):
            point(alias, dsn)
        with acting("user:1"):
            book()
        Booking.objects.using("other").create(arrives="2026-03-01", leaves="2026-03-02")
        for alias in ("default", "other"):
            connections[alias].close()

    assert [actor for _, actor, _ in entries()] == ["user:1", None]
