"""A database whose schema interlock was made by a newer version: told so, with the remedy."""

from collections.abc import Callable

import psycopg
import pytest
from click.testing import CliRunner
from tests.conftest import HOTEL_SPEC

from pginterlock.commands import interlock

PLAIN = CliRunner()
AHEAD = "schema interlock is of revision '9999', unknown to this version"
REMEDY = "The database is ahead of the code: upgrade pginterlock."


@pytest.fixture
def ahead(hotel: str, connect: Callable[..., psycopg.Connection]) -> str:
    """A guarded hotel whose schema interlock says that it is of revision 9999."""
    connect(hotel, autocommit=True).execute(
        "update interlock.schema_version set version_num = '9999'"
    )
    return hotel


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["plan", "--spec", str(HOTEL_SPEC)], id="plan"),
        pytest.param(["apply", "--spec", str(HOTEL_SPEC), "--yes"], id="apply"),
        pytest.param(
            ["backfill", "booking", "--spec", str(HOTEL_SPEC), "--dry-run"], id="backfill"
        ),
    ],
)
def test_what_would_change_something_is_refused(ahead: str, words: list[str]) -> None:
    ran = PLAIN.invoke(interlock, [*words, "--dsn", ahead])

    assert ran.exit_code != 0
    assert AHEAD in str(ran.exception)
    assert getattr(ran.exception, "remedy", "") == REMEDY


def test_verify_and_status_do_not_send_for_apply(ahead: str) -> None:
    verified = PLAIN.invoke(
        interlock, ["verify", "--spec", str(HOTEL_SPEC), "--dsn", ahead, "--no-probes"]
    )
    status = PLAIN.invoke(interlock, ["status", "--dsn", ahead])

    assert "[schema-outdated]" in verified.output
    for told in (verified.output, status.output):
        flat = " ".join(told.split())
        assert REMEDY in flat
        assert "interlock apply" not in flat
