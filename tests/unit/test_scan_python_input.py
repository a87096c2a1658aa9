"""What a scan is given to read: bad files, strange folders, and what was kept of the last time."""

import json
from pathlib import Path

import pytest
from tests.scan_projects import DJANGO, ORDER, lay, places, run

from pginterlock.scan import cache, engine, files
from pginterlock.scan.project import Project
from pginterlock.scan.site import Scanned, Target

GOOD = """
=== shop/work.py
from shop.models import Order


def pay(pk):
    order = Order.objects.get(pk=pk)
    order.status = "paid"  # WRITE
"""


def unread(folder: Path, found: Scanned) -> list[tuple[str, int, str]]:
    return [
        (Path(it.file).relative_to(folder).as_posix(), it.line, it.message) for it in found.unread
    ]


@pytest.mark.parametrize(
    ("raw", "line", "message"),
    [
        pytest.param(
            b'def pay(order):\n    print "paid"\n    order.status = "paid"\n', 2, "Missing paren",
            id="Python 2",
        ),
        pytest.param(b'order.status = "paid"\ndef pay(:\n', 2, "invalid syntax", id="no syntax"),
        pytest.param(
            b'# \xe9t\xe9\norder.status = "paid"\n', 1, "not UTF-8 text", id="Latin-1 untold"
        ),
        pytest.param(
            b'x = 1\n\norder.status = "\xe9"\n', 3, "not UTF-8 text", id="Latin-1 on a later line"
        ),
        pytest.param(b'order.status = "pa\0id"\n', 1, "null bytes", id="null bytes"),
        pytest.param(
            b'# coding: klingon\norder.status = "paid"\n', 1, "cannot be decoded", id="no encoding"
        ),
        pytest.param(
            b"order.status = " + b"(" * 500 + b")" * 500 + b"\n", 1, "too many nested",
            id="deeply nested",
        ),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_told_of_and_the_others_are_read(
    tmp_path: Path, raw: bytes, line: int, message: str
) -> None:
    marked = lay(tmp_path, DJANGO + GOOD)
    (tmp_path / "bad.py").write_bytes(raw)

    found = run(tmp_path)

    [(file, at, said)] = unread(tmp_path, found)
    assert (file, at) == ("bad.py", line)
    assert message in said
    assert places(tmp_path, found.sites) == marked


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"# -*- coding: latin-1 -*-\n# \xe9t\xe9\n", id="Latin-1 that says so"),
        pytest.param(b"\xef\xbb\xbf# \xc3\xa9t\xc3\xa9\n\n", id="a byte order mark"),
        pytest.param("# \u00e9t\u00e9\n\n".encode(), id="UTF-8"),
        pytest.param(b"# coding\n\n", id="a comment on coding"),
    ],
)
def test_a_file_in_its_encoding(tmp_path: Path, head: bytes) -> None:
    lay(tmp_path, DJANGO)
    body = b'def pay(order):\n    order.status = "paid"\n'
    (tmp_path / "pay.py").write_bytes(head + body)
    (tmp_path / "windows.py").write_bytes((head + body).replace(b"\n", b"\r\n"))

    found = run(tmp_path)

    assert found.unread == []
    assert places(tmp_path, found.sites) == {("pay.py", 4), ("windows.py", 4)}


def test_a_file_that_is_too_large_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked = lay(tmp_path, DJANGO + GOOD)
    monkeypatch.setattr(files, "LARGEST", 2_000)
    (tmp_path / "large.py").write_text('order.status = "paid"\n' * 100)
    (tmp_path / "less.py").write_text("\n" * 1_999)

    found = run(tmp_path)

    [(file, line, message)] = unread(tmp_path, found)
    assert (file, line) == ("large.py", 1)
    assert message.startswith("not read")
    assert places(tmp_path, found.sites) == marked


def test_sql_that_is_not_utf8_is_told_of(tmp_path: Path) -> None:
    lay(tmp_path, DJANGO)
    (tmp_path / "move.sql").write_bytes(
        b"select 1;\n-- \xe9t\xe9\nupdate shop_order set status = 1;"
    )

    assert unread(tmp_path, run(tmp_path)) == [("move.sql", 2, "not UTF-8 text")]


def test_links_that_lead_round_and_nowhere(tmp_path: Path) -> None:
    marked = lay(tmp_path, DJANGO + GOOD)
    (tmp_path / "shop" / "again").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "twice").symlink_to(tmp_path / "shop", target_is_directory=True)
    (tmp_path / "nowhere.py").symlink_to(tmp_path / "none.py")

    found = run(tmp_path)

    assert places(tmp_path, found.sites) == marked
    assert [it[0] for it in unread(tmp_path, found)] == ["nowhere.py"]


def test_folders_of_installed_and_hidden_things_are_passed_over(tmp_path: Path) -> None:
    marked = lay(tmp_path, DJANGO + GOOD)
    body = 'def pay(order):\n    order.status = "paid"\n'
    for name in (".tox", "node_modules", "venv", "lib/site-packages", "__pycache__"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "pay.py").write_text(body)
    (tmp_path / "notes.txt").write_text(body)

    assert places(tmp_path, run(tmp_path).sites) == marked


def test_an_empty_folder_and_empty_files(tmp_path: Path) -> None:
    found = run(tmp_path)
    assert (found.files, found.lines, found.sites, found.unread) == (0, 0, [], [])
    assert found.missing == ["Order"]

    (tmp_path / "empty.py").write_bytes(b"")
    (tmp_path / "empty.sql").write_bytes(b"")
    found = run(tmp_path)
    assert (found.files, found.lines, found.sites, found.unread) == (2, 0, [], [])


def test_a_link_to_itself_is_told_of_and_the_rest_is_read(tmp_path: Path) -> None:
    marked = lay(tmp_path, DJANGO + GOOD)
    for name in ("round", "round.py"):
        (tmp_path / name).symlink_to(name)

    found = run(tmp_path)

    assert places(tmp_path, found.sites) == marked
    told = "cannot be read: Too many levels of symbolic links"
    assert sorted(unread(tmp_path, found)) == [("round", 1, told), ("round.py", 1, told)]


@pytest.mark.parametrize("between", [" ", "\n"], ids=["a line", "lines"])
def test_data_that_a_machine_wrote_is_told_of_and_passed_over(tmp_path: Path, between: str) -> None:
    marked = lay(tmp_path, DJANGO + GOOD)
    rows = f'{{"status": 1}},{between}' * 5_000
    (tmp_path / "shop" / "data.py").write_text(f"X = [{rows}]\n")

    found = run(tmp_path)

    assert places(tmp_path, found.sites) == marked
    ((file, _, told),) = unread(tmp_path, found)
    assert file == "shop/data.py"
    assert "more than 500 places" in told


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    lay(tmp_path, DJANGO + GOOD)
    file = tmp_path / "shop" / "work.py"

    found = engine.scan([file, tmp_path, file], [ORDER], cache=None, progress=lambda *_: None)

    assert len(found.sites) == 1
    assert found.files == 3


def test_progress_tells_how_much_of_how_much_is_done(tmp_path: Path) -> None:
    lay(tmp_path, DJANGO + GOOD)
    said: list[tuple[str, int, int]] = []

    engine.scan([tmp_path], [ORDER], cache=None, progress=lambda *it: said.append(it))

    assert said[0] == ("reading files", 0, 0)
    assert ("scanning files", 0, 3) in said
    assert all(done <= total for _, done, total in said)


# -- the cache -----------------------------------------------------------------------------------


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A folder for what is kept, beside the project."""
    return tmp_path / "kept"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one site and one file that cannot be read."""
    folder = tmp_path / "code"
    lay(folder, DJANGO + GOOD)
    (folder / "old.py").write_text('print "status"\nstatus = 1\n')
    return folder


@pytest.fixture
def no_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every reading of a tree fail the test."""

    def read(self: Project, path: str) -> None:
        del self
        pytest.fail(f"{path} is parsed")

    monkeypatch.setattr(Project, "module", read)


def test_the_second_time_is_the_same_and_parses_nothing(
    project: Path, kept: Path, request: pytest.FixtureRequest
) -> None:
    target = Target(("status", "paid_at"), model="Order", machine="order")
    first = run(project, target, cache=kept)
    assert (len(first.sites), len(first.unread), len(first.defaults)) == (1, 1, 1)

    request.getfixturevalue("no_reading")

    assert run(project, target, cache=kept) == first


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda it: (it / "more.py").write_text("x = 1\n"), id="a new file"),
        pytest.param(lambda it: (it / "old.py").unlink(), id="a file that is gone"),
        pytest.param(lambda it: (it / "shop" / "work.py").write_text("x\n"), id="another text"),
        pytest.param(lambda it: (it / "old.py").rename(it / "new.py"), id="another name"),
        pytest.param(lambda it: (it / "a.sql").write_text("select 1"), id="a file of SQL"),
    ],
)
def test_a_change_is_seen(project: Path, kept: Path, change: object) -> None:
    run(project, cache=kept)
    assert callable(change)
    change(project)

    assert run(project, cache=kept) == run(project)
    assert len(list(kept.glob("*.json"))) == 2


def test_another_question_is_another_result(project: Path, kept: Path) -> None:
    run(project, cache=kept)

    assert run(project, Target(("note",), model="Order"), cache=kept).sites == []
    assert len(run(project, cache=kept).sites) == 1


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("{", id="cut off"),
        pytest.param("[]", id="another shape"),
        pytest.param('{"sites": [{}], "unread": []}', id="another site"),
        pytest.param("null", id="null"),
    ],
)
def test_what_was_kept_and_is_broken_is_made_again(project: Path, kept: Path, text: str) -> None:
    first = run(project, cache=kept)
    (file,) = kept.glob("*.json")
    file.write_text(text)

    assert run(project, cache=kept) == first
    assert json.loads(file.read_text())["files"] == first.files


def test_a_place_that_cannot_be_written_is_no_failure(project: Path, tmp_path: Path) -> None:
    """A file stands where the folder would be: root cannot write there either."""
    (tmp_path / "taken").write_text("")

    found = run(project, cache=tmp_path / "taken" / "kept")

    assert len(found.sites) == 1


def test_only_the_last_results_are_kept(
    project: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "_KEPT", 2)
    for number in range(4):
        (project / "more.py").write_text(f"x = {number}\n")
        run(project, cache=kept)

    assert len(list(kept.glob("*.json"))) == 2
