"""The figures of a write map add up, whatever the sites are; and what is found at which."""

import io
import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.console import Console
from tests.scan_sites import beside, replace, seventeen, site
from tests.servers import ROOT

from pginterlock import spec
from pginterlock.commands.scan_tables import show
from pginterlock.model import Machine
from pginterlock.scan.advice import advice
from pginterlock.scan.annotations import to_github, to_sarif
from pginterlock.scan.document import to_json
from pginterlock.scan.figures import Figures, figures
from pginterlock.scan.html import to_html
from pginterlock.scan.judged import Code, Judged, Kind, Protection, judged, protection
from pginterlock.scan.markdown import to_markdown
from pginterlock.scan.report import Report
from pginterlock.scan.sections import Section, Table, sections
from pginterlock.scan.site import Callers, Label, Site, Transaction

HOTEL = spec.load(ROOT / "examples" / "hotel" / "interlock.yaml").machines
NAMES = ("status", "checked_in_at", "assigned_room_id", "other")
FILES = (
    "app/views.py",
    "app/services/pay.py",
    "app/tests/factory.py",
    "app/migrations/0001_data.py",
    "app/jobs.sql",
    "before/checkout.py",
)
HOSTILE = st.text(st.sampled_from("a`|<>*_~[]()!\"'\\ \n&%:,#-+.1="), max_size=12)

sites = st.builds(
    site,
    st.sampled_from(NAMES),
    file=st.sampled_from(FILES),
    line=st.integers(1, 99),
    values=st.lists(
        st.sampled_from(["PENDING", "CANCELLED", "GONE", "null", None]), max_size=2
    ).map(tuple),
    model=st.sampled_from(["RoomBooking", "Order", ""]),
    machine=st.sampled_from(["booking", None]),
    table=st.sampled_from(["hotel.room_booking", None]),
    transaction=st.sampled_from(Transaction),
    callers=st.sampled_from(Callers),
    label=st.sampled_from([Label.WRITE, Label.WRITE, Label.DEFAULT]),
    is_new=st.sampled_from([True, False, None]),
    enclosing=HOSTILE,
    text=HOSTILE,
    transaction_reason=HOSTILE,
)
lists = st.lists(sites, max_size=12)


def judge_all(found: list[Site]) -> list[Judged]:
    marked = [it for it in found if it.line % 7 == 0]
    return judged(
        found, HOTEL, roots=["app"], accepted=lambda it: "so it is" if it in marked else None
    )


def whole(found: Figures) -> Report:
    return Report(("booking",), found, advice(found, HOTEL), files=3, lines=90)


def tables(found: list[Section]) -> list[tuple[Section, Table]]:
    return [(it, it.table) for it in found if it.table]


@given(lists)
def test_every_site_is_in_one_part_and_every_table_sums_to_its_total(found: list[Site]) -> None:
    got = figures(judge_all(found))

    parts = (got.production, got.tests, got.migrations)
    assert sum(map(len, parts)) + len(got.defaults) == len(got.all_sites) == len(found)
    total = got.total
    assert total.total == len(got.production)
    assert sum(len(it.sites) for it in got.fields) == total.total
    assert sum(len(it.sites) for it in got.protections) == total.total
    assert sum(got.verdicts.values()) == total.total
    assert sum(it.total for it in got.modules) == total.total
    for row in (*got.modules, total):
        assert sum(row.kinds.values()) == row.total == sum(row.protections.values())
        assert row.protected <= row.running <= row.total
        assert (row.percent == 100) == (0 < row.running == row.protected)
    for kind in Kind:
        assert sum(it.kinds[kind] for it in got.modules) == total.kinds[kind]
    for word in Protection:
        assert sum(it.protections[word] for it in got.modules) == total.protections[word]
    assert sum(got.findings.values()) == sum(len(got.found(code)) for code in Code)


@given(lists)
def test_the_numbers_that_are_printed_sum_to_the_totals_that_are_printed(found: list[Site]) -> None:
    report = whole(figures(judge_all(found)))
    printed = sections(report)

    for _, table in tables(printed):
        if not table.has_total:
            continue
        for column in range(1, len(table.headings)):
            cells = [row[column] for row in table.rows]
            if all(cell.isdigit() for cell in cells):
                assert sum(map(int, cells[:-1])) == int(cells[-1])
    every = [part for section in printed for part in (section, *section.parts)]
    shown = [it for part in every for it in part.sites]
    assert len(shown) == len(report.figures.production)


@given(lists)
def test_the_document_says_what_the_figures_say(found: list[Site]) -> None:
    told = json.loads(to_json(whole(figures(judge_all(found)))))

    totals = told["totals"]
    production = [
        it for it in told["sites"] if (it["role"], it["label"]) == ("production", "write")
    ]
    assert totals["production"] == len(production)
    apart = totals["tests"] + totals["migrations"] + totals["defaults"]
    assert totals["production"] + apart == totals["sites"] == len(told["sites"])
    assert sum(totals["by_field"].values()) == totals["production"]
    assert sum(it["total"] for it in totals["by_module"]) == totals["production"]
    assert sum(totals["protections"].values()) == totals["production"]
    assert sum(totals["verdicts"].values()) == totals["production"]
    for code, count in totals["findings"].items():
        assert count == sum(one["code"] == code for it in told["sites"] for one in it["findings"])


@given(lists)
def test_nothing_in_a_site_breaks_a_format(found: list[Site]) -> None:
    report = whole(figures(judge_all(found)))

    counted = len(report.figures.production)
    assert to_html(report).count("<article>") == counted
    assert all(line.startswith("::") for line in to_github(report).split("\n") if line)
    assert json.loads(to_sarif(report, "1"))["version"] == "2.1.0"
    screen = io.StringIO()
    show(report, Console(file=screen, width=240))
    assert f"{len(report.figures.production)} production write site" in screen.getvalue()


@given(lists)
def test_markdown_is_read_as_it_was_meant(found: list[Site]) -> None:
    report = whole(figures(judge_all(found)))

    tokens = MarkdownIt("commonmark").enable("table").parse(to_markdown(report))
    inline = {one.type for it in tokens for one in it.children or ()}
    counts = Counter(it.type for it in tokens)
    printed = [part for it in sections(report) for part in (it, *it.parts)]
    assert counts["fence"] == len(report.figures.production)
    assert counts["heading_open"] == 1 + len(printed)
    assert counts["table_open"] == len(tables(printed))
    cells = sum(len(it.headings) * len(it.rows) for _, it in tables(printed))
    assert counts["td_open"] == cells
    assert counts["list_item_open"] == sum(len(it.points) for it in printed)
    assert inline <= {"text", "strong_open", "strong_close", "code_inline", "softbreak"}
    assert not {"html_block", "code_block", "hr", "blockquote_open"} & set(counts)


def test_the_seventeen_of_the_hotel_add_up() -> None:
    got = figures(judged(seventeen(), HOTEL, roots=["examples/hotel/before"]))

    assert (got.total.total, got.total.share) == (17, "35 % (6 of 17)")
    assert [(it.name, len(it.sites)) for it in got.fields] == [
        ("RoomBooking.status", 10),
        ("RoomBooking.checked_in_at", 2),
        ("RoomBooking.checked_out_at", 1),
        ("RoomBooking.assigned_room_id", 4),
    ]
    assert list(got.total.kinds.values()) == [10, 3, 4]
    assert {it.name.rpartition("/")[2]: (it.total, it.word) for it in got.modules} == {
        "booking_management.py": (2, "full"),
        "checkout.py": (1, "full"),
        "guest_cancellation.py": (1, "full"),
        "payment_views.py": (1, "none"),
        "room_assignment.py": (1, "full"),
        "room_move.py": (1, "full"),
        "staff_views.py": (10, "none"),
    }
    assert got.findings == {
        Code.NEVER_ALLOWED: 4, Code.STAMP_ALONE: 2, Code.UNPROTECTED: 11, Code.AUTHORITY: 11,
    }  # fmt: skip


@pytest.mark.parametrize("width", [60, 80, 120])
def test_on_a_terminal_long_lines_go_on_below_their_beginning(width: int) -> None:
    screen = Console(width=width, record=True, file=io.StringIO(), force_terminal=True)
    show(whole(figures(judged(seventeen(), HOTEL))), screen)

    lines = screen.export_text().split("\n")
    assert max(map(len, lines)) <= width
    places = ("RoomBooking.status: 10 write sites", "Transaction boundaries")
    first, last = (lines.index(it) for it in places)
    told = [it for it in lines[first:last] if it and not it.startswith("RoomBooking.")]
    assert [it for it in told if not it.startswith("  ")] == []
    assert any(it.startswith(" " * 10) for it in told)


def test_moves_that_nobody_makes_are_named() -> None:
    [machine] = HOTEL
    found = figures(judged(seventeen(), HOTEL))

    assert found.unmade(machine) == ["check_in", "no_show"]
    assert figures(judged([], HOTEL)).unmade(machine) == []


@given(lists)
def test_sites_inside_and_elsewhere_are_those_of_machines_that_name_services(
    found: list[Site],
) -> None:
    got = figures(judge_all(found))

    outside = [it for it in got.production if it.is_elsewhere]
    assert not set(map(id, got.inside)) & set(map(id, outside))
    of_machine = [it for it in got.production if it.site.machine == "booking"]
    assert not outside or len(got.inside) + len(outside) == len(of_machine)


@pytest.mark.parametrize(
    ("transaction", "callers", "expected"),
    [
        (Transaction.YES, Callers.UNKNOWN, Protection.PROTECTED),
        (Transaction.SESSION, Callers.UNKNOWN, Protection.PROTECTED),
        (Transaction.NO, Callers.UNKNOWN, Protection.UNPROTECTED),
        (Transaction.CALLER, Callers.ALL, Protection.PROTECTED),
        (Transaction.CALLER, Callers.SOME, Protection.CALLER),
        (Transaction.CALLER, Callers.NO, Protection.UNPROTECTED),
        (Transaction.CALLER, Callers.UNKNOWN, Protection.CALLER),
        (Transaction.UNKNOWN, Callers.UNKNOWN, Protection.UNKNOWN),
        (Transaction.NONE, Callers.UNKNOWN, Protection.NOTHING_RUNS),
    ],
)
def test_who_is_protected(transaction: Transaction, callers: Callers, expected: Protection) -> None:
    assert protection(site(transaction=transaction, callers=callers)) is expected


SAFE: dict[str, Any] = {"transaction": Transaction.YES, "file": "hotel/before/checkout.py"}
LENDING = spec.parse(
    """
interlock: 1
machines:
  booking:
    table: hotel.room_booking
    state: status
    initial: [NEW]
    transitions: {pay: {from: NEW, to: PAID}}
    stamps: {paid_at: {state: PAID, fill: never}}
""",
    "lending",
).machines


@pytest.mark.parametrize(
    ("machines", "asked", "codes"),
    [
        (HOTEL, site("status", "CANCELLED", **SAFE), []),
        (HOTEL, site("status", "CANCELLED"), ["unprotected", "authority"]),
        (HOTEL, site("status", "PENDING", **SAFE), ["never-allowed"]),
        (HOTEL, site("checked_in_at", None, **SAFE), ["stamp-without-state"]),
        (
            HOTEL,
            site("status", "CONFIRMED", beside=beside("checked_in_at"), **SAFE),
            ["stamp-without-state"],
        ),
        (LENDING, site("status", "PAID", **SAFE), ["missing-stamp"]),
        (LENDING, site("status", "PAID", beside=beside("paid_at")), ["unprotected"]),
        (
            LENDING,
            site(
                "status", "NEW", is_new=True,
                transaction=Transaction.CALLER, callers=Callers.SOME,
            ),
            ["unprotected"],
        ),
        (HOTEL, site("status", "GONE", file="hotel/tests/factory.py"), []),
        (HOTEL, site("status", "PENDING", label=Label.DEFAULT), []),
    ],
)  # fmt: skip
def test_what_is_found_at_a_site(
    machines: tuple[Machine, ...], asked: Site, codes: list[str]
) -> None:
    [it] = judged([asked], machines)

    assert [one.code.value for one in it.remarks] == codes


def test_what_a_comment_accepts_is_counted_and_not_found() -> None:
    got = figures(judged([site("status", "GONE")], HOTEL, accepted=lambda _: "the old import"))

    assert (got.total.total, len(got.accepted), sum(got.findings.values())) == (1, 1, 0)
    assert json.loads(to_sarif(whole(got), "1"))["runs"][0]["results"][0]["suppressions"]


def test_advice_names_files_and_the_service_that_makes_the_move_already() -> None:
    got = figures(judged(seventeen(), HOTEL, roots=["examples/hotel/before"]))

    told = "\n".join(advice(got, HOTEL))

    assert "examples/hotel/before/staff_views.py:91, 100, 110, 122" in told
    assert "cancel_booking() makes cancel" in told
    assert "staff_views.py:45, 67; or write the state alone" in told


def test_nothing_wrong_needs_no_advice() -> None:
    safe = site("status", "PENDING", is_new=True, **SAFE)
    got = figures(judged([safe], HOTEL))

    assert advice(got, HOTEL) == ()
    assert "Recommendations" not in to_markdown(whole(got))


def test_sql_and_code_that_write_one_column_are_one_field() -> None:
    sql = site("status", "CANCELLED", file="jobs/night.sql", model="hotel.room_booking")

    got = figures(judged([site("status", "CANCELLED"), sql], HOTEL))

    assert [(it.name, len(it.sites)) for it in got.fields] == [("RoomBooking.status", 2)]


def test_a_site_of_a_model_without_a_machine_counts_its_first_column_as_the_state() -> None:
    bare = replace(site("status", "PAID"), machine=None, model="Order")
    found = judged([bare, replace(bare, field="paid_at")], (), states={"Order": "status"})

    assert [it.kind for it in found] == [Kind.OTHER, Kind.STATE]
