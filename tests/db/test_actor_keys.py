"""``interlock keys``: a secret comes in by file, standard input or variable, and never out."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import psycopg
import pytest
from psycopg import conninfo
from tests import actor_parcels
from tests.conftest import Build

from pginterlock.__main__ import main

Connect = Callable[..., psycopg.Connection]
SECRET = "known to the authentication service alone"  # noqa: S105 - made up


@pytest.fixture
def session(
    make_database: Callable[[str, Build], str], connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> psycopg.Connection:
    """A session in a database with a machine."""
    dsn = make_database("actor_parcels", actor_parcels.build)
    monkeypatch.setenv("INTERLOCK_DSN", dsn)
    return connect(dsn, autocommit=True)


def run(*arguments: str, stdin: bytes = b"") -> int:
    command = ["interlock", "keys", *arguments]
    with (
        mock.patch.object(sys, "argv", command),
        mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin))),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    return int(ended.value.code or 0)


def test_all_ways_in_give_the_same_key(
    session: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    file = tmp_path / "actor.key"
    file.write_text(f"{SECRET}\n", encoding="utf-8")
    assert run("add", "file", "--secret-file", str(file)) == 0
    assert run("add", "stdin", "--secret-file", "-", stdin=f"{SECRET}\n".encode()) == 0
    monkeypatch.setenv("INTERLOCK_ACTOR_SECRET", SECRET)
    assert run("add", "variable", "--not-after", "2030-01-01 00:00Z") == 0

    told = capsys.readouterr()
    assert SECRET not in told.out + told.err
    pads = session.execute("select distinct inner_pad, outer_pad from interlock.actor_key")
    assert len(pads.fetchall()) == 1


def test_keys_are_listed_without_their_secrets(
    session: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    del session
    assert run("list") == 0
    assert "no token is believed here" in capsys.readouterr().out
    monkeypatch.setenv("INTERLOCK_ACTOR_SECRET", SECRET)
    run("add", "old")
    run("add", "new")
    assert run("retire", "old") == 0
    capsys.readouterr()

    assert run("list", "--format", "json") == 0

    found = json.loads(capsys.readouterr().out)["keys"]
    assert [(it["key_id"], it["is_believed"]) for it in found] == [("old", False), ("new", True)]
    assert {name for it in found for name in it} & {"inner_pad", "outer_pad", "secret"} == set()
    assert run("list") == 0
    assert "new" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "a:b"], "no name of a key"),
        (["add", "taken"], "there is a key taken already"),
        (["retire", "nothing"], "no key 'nothing' is in use here; in use: taken"),
        (["add", "x", "--not-after", "soon"], "no point in time"),
    ],
)
def test_wrong_keys(
    session: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    del session
    monkeypatch.setenv("INTERLOCK_ACTOR_SECRET", SECRET)
    run("add", "taken")

    assert run(*arguments) == 2
    assert said in capsys.readouterr().err


def test_a_short_secret_is_refused(
    session: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    del session
    monkeypatch.setenv("INTERLOCK_ACTOR_SECRET", "guess me")

    assert run("add", "x") == 2
    told = capsys.readouterr().err
    assert "8 bytes" in told
    assert "guess me" not in told


def test_only_the_owner_reaches_them(
    session: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    session.execute(
        "do $$ begin if not exists (select from pg_roles where rolname = 'keys_stranger') then"
        " create role keys_stranger login; end if; end $$"
    )
    monkeypatch.setenv(
        "INTERLOCK_DSN", conninfo.make_conninfo(session.info.dsn, user="keys_stranger")
    )

    assert run("list") == 3
    assert "for the owner of schema interlock alone" in capsys.readouterr().err


def test_where_nothing_is_installed(
    empty: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INTERLOCK_DSN", empty)

    assert run("list") == 3
    assert "no interlock.actor_key" in capsys.readouterr().err
