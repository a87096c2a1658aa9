"""`interlock scan`: formats, the baseline, comments that accept, exit codes, wrong questions."""

import json
import os
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result
from tests.cli.test_lint_command import SARIF
from tests.scan_sites import BEFORE, replace, seventeen, site
from tests.servers import ROOT

from pginterlock.commands import interlock
from pginterlock.commands import scan as scanning
from pginterlock.errors import EnvironmentFault, InterlockError, SpecError, UsageError
from pginterlock.scan.site import Scanned, Site, Target, Transaction, Unread

SPEC = """\
interlock: 1
machines:
  booking:
    table: hotel.room_booking
    state: status
    initial: [PENDING]
    transitions: {pay: {from: PENDING, to: PAID}, drop: {from: PENDING, to: DROPPED}}
    stamps: {paid_at: PAID}
"""
CODE = """\
def pay(booking):
    booking.status = "PAID"
    booking.save()


def undo(booking):
    # interlock: ok the desk undoes by hand until June
    booking.status = "PENDING"
    booking.save()
"""


class Engine:
    """Stands where the engine does: says what it was asked, and finds what a test lays there."""

    def __init__(self) -> None:
        self.found = Scanned(files=1, lines=10)
        self.targets: Sequence[Target] = ()
        self.cache: Path | None = None

    def __call__(
        self,
        paths: Sequence[Path],
        targets: Sequence[Target],
        *,
        cache: Path | None,
        progress: Callable[[str], None],
    ) -> Scanned:
        """Return what the test has laid there."""
        del paths, progress
        self.targets, self.cache = targets, cache
        return self.found


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    """An engine that finds what the test lays there."""
    made = Engine()
    monkeypatch.setattr(scanning, "scan", made)
    return made


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: Engine) -> Path:
    """A folder with a spec and a file that writes at two places."""
    (tmp_path / "interlock.yaml").write_text(SPEC)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "views.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    engine.found.sites = sites_of(CODE)
    return tmp_path


def sites_of(code: str) -> list[Site]:
    """Return the sites of *code*, which lies in app/views.py."""
    lines = code.split("\n")
    found = []
    for number, line in enumerate(lines, start=1):
        if "status =" in line:
            function = next(it for it in reversed(lines[:number]) if it.startswith("def "))
            name = function.removeprefix("def ").partition("(")[0]
            made = site("status", line.split('"')[1], file="app/views.py", line=number)
            found.append(replace(made, enclosing=name, text=line.strip()))
    return found


def run(*arguments: str) -> Result:
    return CliRunner().invoke(interlock, ["scan", *arguments])


def refused(*arguments: str) -> InterlockError:
    result = run(*arguments)
    assert isinstance(result.exception, InterlockError), result.output
    return result.exception


def document(*arguments: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(run(*arguments, "--format", "json").stdout)
    return found


def test_a_map_is_no_failure_and_the_spec_is_the_nearest(folder: Path, engine: Engine) -> None:
    del folder
    result = run("app")

    assert result.exit_code == 0
    assert "2 production write sites in 1 module" in result.stdout
    assert "pay: allowed only from PENDING; the machine fills paid_at" in result.stdout
    assert "accepted: the desk undoes by hand until June" in result.stdout
    assert engine.targets == (
        Target(
            ("status", "paid_at"),
            table="hotel.room_booking",
            machine="booking",
            states=("PENDING", "PAID", "DROPPED"),
        ),
    )


def test_a_spec_may_lie_in_the_path_itself(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")

    assert run(str(folder)).exit_code == 0


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (["--fail-on", "unprotected"], 1),
        (["--fail-on", "any"], 1),
        (["--fail-on", "never-allowed"], 0),  # the comment accepts it
        (["--fail-on", "authority"], 0),
        (["--fail-on", "authority", "--fail-on", "unprotected"], 1),
        ([], 0),
    ],
)
def test_fail_on_fails_on_what_it_says(folder: Path, asked: list[str], code: int) -> None:
    del folder
    assert run("app", *asked).exit_code == code


def test_without_its_comment_the_site_is_found(folder: Path, engine: Engine) -> None:
    bare = CODE.replace("    # interlock: ok the desk undoes by hand until June\n", "")
    (folder / "app" / "views.py").write_text(bare)
    engine.found.sites = sites_of(bare)

    assert run("app", "--fail-on", "never-allowed").exit_code == 1


def test_a_comment_without_a_reason_accepts_nothing(folder: Path) -> None:
    (folder / "app" / "views.py").write_text(
        CODE.replace(" the desk undoes by hand until June", "")
    )

    result = run("app", "--fail-on", "never-allowed")
    assert result.exit_code == 1
    assert "app/views.py:7: `interlock: ok` without a reason accepts nothing" in result.stdout


@pytest.mark.parametrize("asked", [[], ["--fail-on", "unprotected"]], ids=["plain", "fail-on"])
def test_what_cannot_be_read_is_exit_code_2(folder: Path, engine: Engine, asked: list[str]) -> None:
    del folder
    engine.found.unread = [Unread("app/old.py", 3, "print is a function now")]

    result = run("app", *asked)

    assert result.exit_code == 2
    assert "app/old.py:3: print is a function now" in result.stdout
    assert run("app", "--fail-on", "unread").exit_code == 1


def test_a_baseline_fails_on_new_sites_alone(folder: Path, engine: Engine) -> None:
    assert run("app", "--write-baseline", "sites.json").exit_code == 0
    assert run("app", "--baseline", "sites.json").exit_code == 0

    moved = "import os\n\n\n" + CODE
    engine.found.sites = sites_of(moved)
    (folder / "app" / "views.py").write_text(moved)
    assert run("app", "--baseline", "sites.json").exit_code == 0

    more = moved + '\n\ndef pay_again(booking):\n    booking.status = "PAID"\n'
    engine.found.sites = sites_of(more)
    (folder / "app" / "views.py").write_text(more)
    result = run("app", "--baseline", "sites.json")
    assert result.exit_code == 1
    assert "Not in the baseline: 1" in result.stdout
    told = document("app", "--baseline", "sites.json")
    assert told["gone"] == 0
    assert [it["in_baseline"] for it in told["sites"]] == [True, True, False]  # type: ignore[attr-defined]

    (folder / "app" / "views.py").write_text(more[:-1] + "  # interlock: ok so\n")
    assert run("app", "--baseline", "sites.json").exit_code == 0


def test_a_baseline_is_the_same_from_every_folder(
    folder: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("app", "--write-baseline", "sites.json")
    monkeypatch.chdir(folder / "app")
    engine.found.sites = [replace(it, file="views.py") for it in engine.found.sites]

    assert run(".", "--baseline", "../sites.json").exit_code == 0
    whole = str(folder / "app" / "views.py")
    engine.found.sites = [replace(it, file=whole) for it in engine.found.sites]
    assert run(".", "--baseline", "../sites.json").exit_code == 0


def test_a_file_that_could_not_be_read_before_is_no_news(folder: Path, engine: Engine) -> None:
    del folder
    engine.found.unread = [Unread("app/old.py", 3, "print is a function now")]
    assert run("app", "--write-baseline", "sites.json").exit_code == 2
    assert run("app", "--baseline", "sites.json").exit_code == 0

    engine.found.unread.append(Unread("app/older.py", 1, "exec too"))
    assert run("app", "--baseline", "sites.json").exit_code == 2


def test_sites_that_are_gone_are_said_so_and_fail_nothing(folder: Path, engine: Engine) -> None:
    del folder
    run("app", "--write-baseline", "sites.json")
    engine.found.sites = engine.found.sites[:1]

    result = run("app", "--baseline", "sites.json")

    assert result.exit_code == 0
    assert "1 site of the baseline no longer there" in result.stdout


def test_a_column_belongs_to_the_model_before_it(folder: Path, engine: Engine) -> None:
    del folder
    asked = "--model Order --column status --column=paid_at --model=shop.Line --column state"

    assert run("app", *asked.split()).exit_code == 0
    assert engine.targets == (
        Target(("status", "paid_at"), model="Order"),
        Target(("state",), model="shop.Line"),
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("app --model Order", "--model Order has no --column"),
        ("app --column status --model Order", "--column status stands before any --model"),
        ("app --column status", "--column status stands before any --model"),
        ("app --model Or-der --column status", "--model 'Or-der' is no name"),
        (
            "app --model Order --column status --spec x.yaml",
            "--spec and --model do not go together",
        ),
        ("app --fail-on unprotectd", "no such word; did you mean 'unprotected'?"),
        ("app --fail-on new", "--fail-on new needs --baseline"),
        ("app --baseline none.json", "no baseline at none.json"),
        ("app --baseline interlock.yaml", "interlock.yaml is no baseline of interlock scan"),
        ("app --baseline a --write-baseline b", "not both at once"),
        ("app --spec none.yaml", "no spec at none.yaml"),
    ],
)
def test_a_wrong_question_is_one_clear_message(folder: Path, arguments: str, said: str) -> None:
    del folder
    error = refused(*arguments.split())

    assert said in error.message
    assert error.exit_code == 2
    assert error.remedy


def test_a_baseline_that_cannot_be_written_is_no_traceback(folder: Path) -> None:
    del folder
    error = refused("app", "--write-baseline", "nowhere/sites.json")

    assert isinstance(error, EnvironmentFault)
    assert "nowhere/sites.json cannot be written" in error.message


def test_without_a_spec_the_other_way_is_said(
    tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    del engine
    monkeypatch.chdir(tmp_path)

    error = refused(".")

    assert isinstance(error, SpecError)
    assert "no spec at interlock.yaml" in error.message
    assert error.remedy
    assert "--model Order --column status" in error.remedy


def test_a_model_that_no_file_defines_is_guessed(folder: Path, engine: Engine) -> None:
    del folder
    engine.found.missing, engine.found.models = ["Ordr"], ["Order", "Line"]

    error = refused("app", "--model", "Ordr", "--column", "status")

    assert isinstance(error, UsageError)
    assert error.message == "no class 'Ordr'; did you mean 'Order'?"


def test_a_machine_whose_class_is_not_there_is_a_note(folder: Path, engine: Engine) -> None:
    del folder
    engine.found.missing = ["hotel.room_booking"]

    result = run("app")

    assert result.exit_code == 0
    assert "No file defines a class of hotel.room_booking" in result.stdout


def test_a_path_without_code(folder: Path, engine: Engine) -> None:
    del folder
    engine.found = Scanned()

    assert refused("app").message == "no Python and no SQL in app"


def test_a_path_that_is_not_there(folder: Path) -> None:
    del folder
    result = run("nowhere")

    assert result.exit_code == 2
    assert "'nowhere' does not exist" in result.output


def test_where_the_cache_is(folder: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "kept"))
    run("app")
    assert engine.cache == folder / "kept" / "interlock" / "scan"
    run("app", "--cache-dir", "here")
    assert engine.cache == Path("here")
    run("app", "--no-cache")
    assert engine.cache is None


@pytest.fixture
def before(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The hotel as the report found it."""
    monkeypatch.chdir(ROOT)
    engine.found = Scanned(seventeen(), files=19, lines=600)
    return engine


PLACE = os.path.relpath(BEFORE, ROOT)


def test_the_report_of_the_hotel_has_the_shape_of_the_one_by_hand(before: Engine) -> None:
    del before
    told = run(PLACE, "--format", "markdown").stdout

    assert "- 17 production write sites" in told
    assert "- Moves of booking that no write site is known to make: check_in, no_show" in told
    assert "\nWithin them: 6 writes, examples/hotel/before/booking_management.py:13, 23; " in told
    assert (
        "\n1. Change examples/hotel/before/staff_views.py:91, 100, 110, 122,"
        ' `booking.status = "CONFIRMED"`: no row begins in CONFIRMED'
    ) in told
    assert (
        "# File: examples/hotel/before/staff_views.py:23\n"
        "# Context: StaffBookingConfirmView.post()\n"
        "# Transaction: none ❌\n"
        'booking.status = "CONFIRMED"\n'
    ) in told
    assert "| **TOTALS** | **10** | **3** | **4** | **17** |" in told
    headings = [line for line in told.split("\n") if line.startswith("## ")]
    assert headings == [
        "## Summary",
        "## By module",
        "## RoomBooking.status: 10 write sites",
        "## RoomBooking.checked_in_at: 2 write sites",
        "## RoomBooking.checked_out_at: 1 write site",
        "## RoomBooking.assigned_room_id: 4 write sites",
        "## Transaction boundaries",
        "## Never allowed: 4",
        "## Stamps without their state: 2",
        "## Authority violations: 11",
        "## Stamps left to the machine: 1",
        "## Recommendations",
    ]


def test_json_has_the_keys_that_are_documented(before: Engine) -> None:
    del before
    told = json.loads(run(PLACE, "--format", "json").stdout)
    page = (ROOT / "docs" / "reference" / "json.md").read_text(encoding="utf-8")
    section = page.partition("## scan\n")[2].partition("\n## ")[0]

    keys = {*told, *told["sites"][0], *told["totals"], *told["sites"][0]["stamps"]}
    assert [key for key in sorted(keys) if f"`{key}`" not in section] == []


def test_sarif_is_sarif(before: Engine) -> None:
    del before
    log = json.loads(run(PLACE, "--format", "sarif").stdout)

    jsonschema.Draft202012Validator(SARIF).validate(log)
    [found] = log["runs"]
    assert len(found["results"]) == 28
    prints = [it["partialFingerprints"]["interlockScan/v1"] for it in found["results"]]
    assert len(set(prints)) == 28


def test_github_annotates_the_lines(before: Engine) -> None:
    del before
    lines = run(PLACE, "--format", "github").stdout.strip().split("\n")

    assert len(lines) == 28
    assert (
        "::error file=examples/hotel/before/staff_views.py,line=91,col=9,title=scan-never-allowed::"
        "RoomBooking.status: no row begins in CONFIRMED, but in PENDING"
    ) in lines


class Page(HTMLParser):
    """Counts tags, and holds that each one is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "br", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_html_stands_alone_and_is_well_formed(before: Engine) -> None:
    before.found.sites[0] = replace(before.found.sites[0], text="<script>alert(1)</script>")
    told = run(PLACE, "--format", "html").stdout

    page = Page()
    page.feed(told)
    assert (page.open, page.links) == ([], [])
    assert "<script" not in told
    assert "url(" not in told
    assert told.count("<article>") == 17


def test_a_transaction_of_callers_is_told_with_its_reason(folder: Path, engine: Engine) -> None:
    del folder
    engine.found.sites[0] = replace(
        engine.found.sites[0], transaction=Transaction.UNKNOWN, transaction_reason="nobody calls it"
    )

    assert "in a transaction: unknown (nobody calls it)" in run("app").stdout
