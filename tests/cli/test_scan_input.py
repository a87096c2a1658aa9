"""What `interlock scan` says of bad files and wrong paths: one message, its exit code."""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import pytest

from pginterlock.__main__ import main

FOUND, WRONG = 1, 2
NOBODY = 65534
MODELS = """\
from django.db import models


class Order(models.Model):
    status = models.TextField()
    paid_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "shop_order"
"""
PAY = """\
from models import Order


def pay(pk):
    order = Order.objects.get(pk=pk)
    order.status = "paid"
    order.save()
"""
MOVE = "-- m\u00f6ve\nupdate shop_order set status = 'paid';\n"


class Done(NamedTuple):
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


Scan = Callable[..., Done]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a model, in which the commands are run."""
    (tmp_path / "models.py").write_text(MODELS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def scan(folder: Path, capsys: pytest.CaptureFixture[str]) -> Scan:
    """Run the command as the shell would: whatever is raised is said, and ends in a code."""
    del folder

    def run(*arguments: str, asked: Sequence[str] = ("--model=Order", "--column=status")) -> Done:
        command = ["interlock", "scan", *arguments, *asked, "--no-cache"]
        with mock.patch.object(sys, "argv", command), pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err)

    return run


def read(scan: Scan) -> tuple[list[tuple[str, int]], dict[str, tuple[int, str]]]:
    """Scan the folder; return the places of writes, and what was not read."""
    done = scan(".", "--format", "json")
    told = json.loads(done.out)
    unread = {it["file"]: (it["line"], it["message"]) for it in told["unread"]}
    assert done.code == (WRONG if unread else 0)
    assert done.err == ""
    return [(it["file"], it["line"]) for it in told["sites"]], unread


DEEP = {
    "minus signs": f"{PAY}y = {'-' * 100_000}1\n",
    "sums": f"{PAY}y = {'1 + ' * 20_000}1\n",
    "attributes": f"{PAY}y = a{'.b' * 20_000}\n",
    "branches": "\n".join([f"{PAY}if a: pass", *["elif a: pass"] * 5_000, ""]),
}


@pytest.mark.parametrize(
    ("raw", "line", "message"),
    [
        pytest.param(f'{PAY}    print "x"\n'.encode(), 8, "not Python: Missing", id="Python 2"),
        pytest.param(f"{PAY}def (:\n".encode(), 8, "not Python: invalid syntax", id="no syntax"),
        pytest.param(f"{PAY}# \u00e9\n".encode("latin-1"), 8, "not UTF-8 text", id="Latin-1"),
        pytest.param(f"#\n# coding: klingon\n{PAY}".encode(), 1, "unknown encoding", id="coding"),
        pytest.param(b"\xef\xbb\xbf# coding: latin-1\n", 1, "encoding problem", id="two codings"),
        pytest.param(PAY.encode("utf-16"), 1, "UTF-16", id="UTF-16"),
        pytest.param(f"{PAY}\0\n".encode(), 8, "not text: null bytes", id="null bytes"),
        pytest.param(b"x = 1\n\0", 2, "not text: null bytes", id="null bytes in any file"),
        *(
            pytest.param(text.encode(), 1, "nested too deeply", id=f"nested: {name}")
            for name, text in DEEP.items()
        ),
        pytest.param(f"{PAY}y = {'(' * 300}".encode(), 8, "too many nested", id="parentheses"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_of(
    folder: Path, scan: Scan, raw: bytes, line: int, message: str
) -> None:
    (folder / "bad.py").write_bytes(raw)
    (folder / "good.py").write_text(PAY)

    sites, unread = read(scan)

    assert sites == [("good.py", 6)]
    assert [*unread] == ["bad.py"]
    assert unread["bad.py"][0] == line
    assert message in unread["bad.py"][1]
    assert "bad.py" in scan(".").out
    assert scan(".", "--fail-on", "unread").code == FOUND


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        pytest.param(b"", None, id="empty"),
        pytest.param(PAY.strip().encode(), 6, id="no last line feed"),
        pytest.param(f"\ufeff{PAY}".encode(), 6, id="a byte order mark"),
        pytest.param(PAY.replace("\n", "\r\n").encode(), 6, id="CRLF"),
        pytest.param(PAY.replace("\n", "\r").encode(), 6, id="CR"),
        pytest.param(f"\f\n{PAY.replace('def', chr(12) + 'def')}".encode(), 7, id="form feeds"),
        pytest.param(f"x = '''\x0b\x1c\u2028\x85'''\n{PAY}".encode(), 7, id="other ends of lines"),
        pytest.param(f"# coding: latin-1\n# \u00e9\n{PAY}".encode("latin-1"), 8, id="Latin-1"),
        pytest.param(
            f"#{'!' * 500}\n# vim: set fileencoding=cp1252 :\n# \u20ac\n{PAY}".encode("cp1252"), 9,
            id="an encoding on the second line",
        ),
        pytest.param(f"{PAY}    try: pass\n    except A, B: pass\n".encode(), 6, id="newer"),
    ],
)  # fmt: skip
def test_a_file_of_an_unusual_kind_is_read_line_by_line(
    folder: Path, scan: Scan, raw: bytes, line: int | None
) -> None:
    (folder / "pay.py").write_bytes(raw)

    assert read(scan) == ([("pay.py", line)] if line else [], {})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_sql_in_its_encoding(folder: Path, scan: Scan, encoding: str) -> None:
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    (folder / "move.sql").write_bytes(f"{mark}{MOVE}".replace("\n", "\r\n").encode(encoding))

    assert read(scan) == ([("move.sql", 2)], {})


@pytest.mark.parametrize(
    ("file", "encoding"),
    [
        pytest.param("move.sql", "utf-8", id="UTF-8"),
        pytest.param("move.sql", "utf-16", id="UTF-16"),
        pytest.param("pay.py", "latin-1", id="Python with a coding"),
    ],
)
def test_a_comment_accepts_in_every_encoding(
    folder: Path, scan: Scan, file: str, encoding: str
) -> None:
    text = {
        "move.sql": MOVE.replace("möve", "interlock: ok die Möve"),
        "pay.py": f"# coding: latin-1\n{PAY}".replace('"paid"', '"paid"  # interlock: ok die Möve'),
    }[file]
    (folder / file).write_bytes(text.replace("\n", "\r\n").encode(encoding))

    (site,) = json.loads(scan(".", "--format", "json").out)["sites"]

    assert site["accepted"] == "die Möve"


def test_sql_that_is_no_text_is_told_of(folder: Path, scan: Scan) -> None:
    (folder / "latin.sql").write_bytes(MOVE.encode("latin-1"))
    (folder / "nulls.sql").write_bytes(f"{MOVE}\0".encode())
    (folder / "odd.sql").write_bytes(b"\xff\xfea")

    assert read(scan) == (
        [],
        {
            "latin.sql": (1, "not UTF-8 text"),
            "nulls.sql": (3, "not text: null bytes"),
            "odd.sql": (1, "not UTF-16 text, though it begins so"),
        },
    )


def test_a_file_in_which_no_name_stands_is_not_parsed(folder: Path, scan: Scan) -> None:
    """What it says cannot be a write; that it is wrong is for others to say."""
    (folder / "old.py").write_text('print "x"\n')

    assert read(scan) == ([], {})


def test_a_file_of_50_megabytes_is_passed_over_at_once(folder: Path, scan: Scan) -> None:
    with (folder / "made.py").open("wb") as file:
        file.write(PAY.encode())
        file.truncate(50_000_000)

    _, unread = read(scan)

    assert unread == {"made.py": (1, "not read: 50 MB, and no more than 8 are")}


def test_what_is_no_file_is_told_of_and_keeps_nobody_waiting(folder: Path, scan: Scan) -> None:
    os.mkfifo(folder / "pipe.py")
    (folder / "endless.py").symlink_to("/dev/zero")
    (folder / "itself.py").symlink_to("itself.py")
    (folder / "nowhere.py").symlink_to("gone.py")
    (folder / "also_itself").symlink_to("also_itself")
    (folder / "pay.py").write_text(PAY)

    sites, unread = read(scan)

    assert sites == [("pay.py", 6)]
    assert {file: message for file, (_, message) in unread.items()} == {
        "pipe.py": "not read: no file, but a pipe or a device",
        "endless.py": "not read: no file, but a pipe or a device",
        "itself.py": "cannot be read: Too many levels of symbolic links",
        "also_itself": "cannot be read: Too many levels of symbolic links",
        "nowhere.py": "cannot be read: No such file or directory",
    }
    assert scan("pipe.py").code == WRONG


def test_links_that_lead_round_are_followed_once(folder: Path, scan: Scan) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "pay.py").write_text(PAY)
    (folder / "sub" / "up").symlink_to(folder, target_is_directory=True)

    assert read(scan) == ([("sub/pay.py", 6)], {})


def test_a_folder_may_have_the_name_of_a_file(folder: Path, scan: Scan) -> None:
    for name in ("views.py", "move.sql"):
        (folder / name).mkdir()
    (folder / "views.py" / "pay.py").write_text(PAY)
    (folder / "move.sql" / "one.sql").write_text(MOVE)

    assert read(scan) == ([("move.sql/one.sql", 2), ("views.py/pay.py", 6)], {})


@pytest.mark.parametrize("form", ["json", "github", "sarif"])
def test_files_are_named_from_here_however_the_path_is_written(
    folder: Path, scan: Scan, form: str
) -> None:
    (folder / "shop").mkdir()
    (folder / "shop" / "pay.py").write_text(PAY)

    said = {scan(path, "--format", form) for path in (".", "./", str(folder), f"{folder}/")}

    [only] = said
    assert {"json": '"file": "shop/', "github": "file=shop/", "sarif": '"uri": "shop/'}[
        form
    ] in only.out
    inside = scan(str(folder / "shop" / ".." / "shop"), "models.py", "--format", form)
    assert "shop/pay.py" in inside.out


@contextmanager
def _nobody() -> Iterator[None]:
    """Be somebody else where the tests run as root, whom every file lets in."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_file_that_may_not_be_read_is_told_of(scan: Scan) -> None:
    scan("models.py")  # what it imports is read as who we are
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        place.chmod(0o755)
        (place / "models.py").write_text(MODELS)
        (place / "shut.py").write_text(PAY)
        (place / "shut.py").chmod(0)
        (place / "away").mkdir(mode=0)
        with _nobody():
            done = scan(made, "--format", "json")
        (place / "away").chmod(0o700)

    assert done.code == WRONG
    told = {Path(it["file"]).name: it["message"] for it in json.loads(done.out)["unread"]}
    assert told == dict.fromkeys(["away", "shut.py"], "cannot be read: Permission denied")


@pytest.mark.parametrize(
    ("arguments", "asked", "said"),
    [
        pytest.param(["gone"], None, "'gone' does not exist", id="no path"),
        pytest.param(["empty"], None, "no Python and no SQL in empty", id="an empty folder"),
        pytest.param(["notes"], None, "no Python and no SQL in notes", id="no code"),
        pytest.param(["."], [], "no spec at interlock.yaml", id="no spec"),
        pytest.param(
            ["."], ["--model=Ordr", "--column=status"], "no class 'Ordr'; did you mean 'Order'?",
            id="a slip",
        ),
        pytest.param(["."], ["--model=Car", "--column=status"], "no class 'Car'", id="no model"),
        pytest.param(
            ["."], ["--model=depot.Order", "--column=status"],
            "no class 'depot.Order'; did you mean 'Order'?", id="another app",
        ),
        pytest.param([], None, "Missing argument 'PATH...'", id="nothing"),
    ],
)  # fmt: skip
def test_a_question_without_an_answer_is_one_message(
    folder: Path, scan: Scan, arguments: list[str], asked: list[str] | None, said: str
) -> None:
    (folder / "empty").mkdir()
    (folder / "notes").mkdir()
    (folder / "notes" / "read.me").write_text("nothing")

    done = scan(*arguments) if asked is None else scan(*arguments, asked=asked)

    assert done.code == WRONG
    assert said in done.err
    assert done.out == ""
    assert len(done.err.strip().split("\n")) <= 5
