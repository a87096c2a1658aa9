"""Wrong input of ``interlock violations --from-log`` and ``interlock keys``: one clear message."""

import gzip
import json
import sys
from pathlib import Path
from unittest import mock

import pytest

from pginterlock.__main__ import main

DETAIL = json.dumps({"code": "IL01", "machine": "m", "rule": "transition", "key": {"id": 1}})
TIME = "2026-03-01 12:00:00.123 UTC"
ROW = [
    TIME, "app", "db", "7", "[local]", "65e.7", "1", "UPDATE", TIME, "3/4", "0", "ERROR", "23514",
    "m 1: no", DETAIL, "hint", "", "", "", "update t set a = 1", "", "", "web",
    "client backend", "", "0",
]  # fmt: skip
CSV = ",".join('"' + cell.replace('"', '""') + '"' if cell else "" for cell in ROW) + "\n"
CSV = CSV.replace(f'"{TIME}"', TIME)
JSON = (
    json.dumps(
        {
            "timestamp": TIME, "user": "app", "session_id": "65e.7", "line_num": 1,
            "error_severity": "ERROR", "state_code": "23514", "message": "m 1: no",
            "detail": DETAIL, "statement": "update t set a = 1", "application_name": "web",
        }
    )
    + "\n"
)  # fmt: skip
PLAIN = "2026-03-01 12:00:00.123 UTC [7] ERROR:  m 1: no\n"


def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    command = ["interlock", *arguments]
    with mock.patch.object(sys, "argv", command), pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr()
    return int(ended.value.code or 0), told.out, told.err


def read(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    return run("violations", "--from-log", str(path), "--format", "json", capsys=capsys)


@pytest.mark.parametrize(
    "text", [CSV, JSON, CSV * 3, JSON * 3], ids=["csv", "json", "csv3", "json3"]
)
@pytest.mark.parametrize("is_zipped", [False, True])
def test_the_form_is_found_by_its_content(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, is_zipped: bool
) -> None:
    file = tmp_path / "whatever"
    file.write_bytes(gzip.compress(text.encode()) if is_zipped else text.encode())

    code, out, _ = read(file, capsys)

    [group] = json.loads(out)["groups"]
    assert code == 0
    assert (group["code"], group["count"]) == ("IL01", text.count("update"))
    assert group["first_at"] == "2026-03-01 12:00:00.123000+00:00"


@pytest.mark.parametrize("zone", ["UTC", "CET", "+01", "+05:45", "XYZ"])
def test_a_zone_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str], zone: str) -> None:
    file = tmp_path / "log"
    file.write_text(JSON.replace("UTC", zone), encoding="utf-8")

    code, out, _ = read(file, capsys)

    hours = {"UTC": "12:00", "CET": "12:00", "+01": "12:00", "+05:45": "12:00"}
    assert code == 0
    assert hours.get(zone, "") in json.loads(out)["groups"][0]["first_at"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(PLAIN.encode(), "line 1: this is neither", id="stderr format"),
        pytest.param(b"\x00\x01\x02" * 99, "line 1: this is neither", id="binary"),
        pytest.param(b"a,b,c\n", "line 1: this is neither", id="another csv"),
        pytest.param(b'{"a": 1}\n', "line 1: this is neither", id="another json"),
        pytest.param((CSV + "a,b\n" + CSV).encode(), "line 2: 2 columns", id="a broken line"),
        pytest.param((CSV + CSV[:200]).encode(), "line 2: broken or cut off", id="csv cut off"),
        pytest.param((JSON + JSON[:100]).encode(), "line 2: broken or cut off", id="json cut off"),
        pytest.param((JSON + "oops\n").encode(), "line 2: broken", id="json with another line"),
        pytest.param((JSON + JSON[:-3] + "}\n").encode(), "line 2: broken", id="json broken"),
        pytest.param(JSON.replace(TIME, "soon").encode(), "'soon' is no time", id="a time"),
        pytest.param(gzip.compress(CSV.encode() * 999)[:-99], "cannot be read", id="gzip cut off"),
        pytest.param(gzip.compress(b"")[:2] + b"nonsense", "cannot be read", id="no gzip at all"),
    ],
)
def test_what_is_no_log_is_told_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, said: str
) -> None:
    file = tmp_path / "log"
    file.write_bytes(content)

    code, out, err = read(file, capsys)

    assert (code, out) == (2, "")
    assert said in err
    assert "csvlog or jsonlog of PostgreSQL is read" in err
    assert "Traceback" not in err


def test_an_empty_log_tells_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "log"
    file.write_bytes(b"")

    assert read(file, capsys)[0] == 0


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_file_that_cannot_be_opened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    code, _, err = read(tmp_path / name, capsys)

    assert code == 2
    assert "cannot be read" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["violations", "--keep"], "--keep belongs to --from-log"),
        (["violations", "--fail-on", "IL99"], "no such rule"),
        (["violations", "--from-log", "LOG", "--since", "yesterday"], "without a database"),
        (["keys", "add"], "needs the name of a key"),
        (["keys", "retire"], "needs the name of a key"),
        (["keys", "list", "x"], "takes no key"),
        (["keys", "add", "x"], "there is no secret"),
        (["keys", "add", "x", "--secret-file", "/nowhere/key"], "cannot be read"),
        (["keys", "retire", "x", "--not-after", "tomorrow"], "belong to add"),
        (["keys", "make", "x"], "is not one of"),
    ],
)
def test_wrong_options(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.delenv("INTERLOCK_ACTOR_SECRET", raising=False)
    log = tmp_path / "log"
    log.write_text(CSV, encoding="utf-8")

    code, _, err = run(*(str(log) if it == "LOG" else it for it in arguments), capsys=capsys)

    assert code == 2
    assert said in err
