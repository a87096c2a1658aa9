"""Logs of a server: both formats, what is broken in them, and what is none."""

import pytest

from pginterlock.errors import UsageError
from pginterlock.server_log import Lines, refusals

DETAIL = '{""code"": ""IL01"", ""machine"": ""booking"", ""key"": {""id"": 7}}'
CSV = (
    '2026-11-25 10:00:00.123 UTC,"app","hotel",11,"[local]",65a.b,3,"UPDATE",2026-11-25 09:00:00'
    f' UTC,3/4,0,ERROR,23514,"booking 7: A -> B is not allowed","{DETAIL}","Allowed: C",,,"CONTEXT'
    ' of\ntwo lines","update b set\nstatus = \'B\'",1,,"web","client backend",,0\n'
)
OTHER = CSV.replace("23514", "42601").replace(DETAIL, "")
JSON = (
    '{"timestamp":"2026-11-25 10:00:00.123 UTC","user":"app","dbname":"hotel","session_id":"65a.b",'
    '"line_num":3,"error_severity":"ERROR","state_code":"23514","message":"booking 7: no",'
    '"detail":"{\\"code\\": \\"IL01\\", \\"machine\\": \\"booking\\"}","statement":"update b",'
    '"application_name":"web"}\n'
)


def read(text: str) -> tuple[list[str], Lines]:
    missed = Lines()
    lines = text.splitlines(keepends=True)
    return [it.message for it in refusals(lines, "server.log", missed)], missed


def test_a_refusal_in_csv_is_whole() -> None:
    (found,) = refusals(CSV.splitlines(keepends=True), "server.csv", Lines())

    assert (found.at, found.role, found.application) == (
        "2026-11-25 10:00:00.123 UTC",
        "app",
        "web",
    )
    assert found.detail == {"code": "IL01", "machine": "booking", "key": {"id": 7}}
    assert found.statement == "update b set\nstatus = 'B'"


def test_other_errors_are_none_of_ours() -> None:
    assert read(OTHER + CSV + OTHER)[0] == ["booking 7: A -> B is not allowed"]


def test_a_refusal_in_json_is_read() -> None:
    other = JSON.replace("23514", "42601")

    assert read(other + JSON)[0] == ["booking 7: no"]


def test_a_line_that_is_cut_off_is_counted_and_the_rest_is_read() -> None:
    found, missed = read(JSON + JSON[:100] + "\n" + JSON)

    assert (len(found), missed.broken, missed.first) == (2, 1, 2)


def test_the_end_of_a_csv_that_is_still_written_is_counted() -> None:
    found, missed = read(CSV + CSV[:90])

    assert (len(found), missed.broken) == (1, 1)


def test_the_same_line_has_the_same_identity_and_another_has_not() -> None:
    both = CSV + CSV.replace("65a.b,3", "65a.b,4")

    identities = [it.identity for it in refusals(both.splitlines(keepends=True), "it", Lines())]
    again = [it.identity for it in refusals(CSV.splitlines(keepends=True), "it", Lines())]
    assert (len(set(identities)), identities[0]) == (2, again[0])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("2026-11-25 10:00:00 UTC [11] ERROR:  no\n", id="the plain format"),
        pytest.param("\x00\x01\x02 binary\n", id="no text"),
        pytest.param("a,b,c\n1,2,3\n", id="another table"),
    ],
)
def test_another_format_is_told_with_its_line(text: str) -> None:
    with pytest.raises(UsageError, match=r"server\.log:1: neither csvlog nor jsonlog"):
        read(text)


def test_json_of_another_kind_is_told() -> None:
    with pytest.raises(UsageError, match="no line of it can be read"):
        read('{"broken\n{"broken\n')


def test_an_empty_log_holds_nothing() -> None:
    assert read("\n \n") == ([], Lines())
