"""What a machine says of a write site: from where it is allowed, what it asks, which stamps."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scan_sites import Label, beside, seventeen, site
from tests.servers import ROOT

from pginterlock import spec
from pginterlock.model import Machine
from pginterlock.scan.outcomes import Verdict
from pginterlock.scan.site import Site
from pginterlock.scan.verdicts import judge

HOTEL = spec.load(ROOT / "examples" / "hotel" / "interlock.yaml").machines[0]
LOAN = """
interlock: 1
machines:
  loan:
    table: library.loan
    state: state
    initial: [ASKED, LENT]
    final: [LOST]
    transitions:
      lend: {from: ASKED, to: LENT, by: [clerk, boss], approvals: {count: 2}}
      give_back: {from: [LENT, LATE], to: BACK}
      warn: {from: LENT, to: LATE}
      lose: {from: [ASKED, LENT, LATE, BACK], to: LOST, guard: fee > 0, reason: required}
    stamps:
      lent_at: {state: LENT, fill: never}
      back_at: BACK
    states:
      LENT: {require: [reader_id], forbid: [fee]}
      LOST: {freeze: ["*"]}
    audit: {actor: signed}
"""
LIBRARY = spec.parse(LOAN, "loan").machines[0]


def loan(*values: str | None, field: str = "state", **more: Any) -> Site:
    return site(field, *values, machine="loan", model="Loan", table="library.loan", **more)


@pytest.mark.parametrize(
    ("machine", "asked", "verdict", "text", "event"),
    [
        pytest.param(
            HOTEL, site("status", "CANCELLED"), Verdict.ONLY_FROM,
            "allowed only from PENDING, PENDING_APPROVAL, CONFIRMED", "cancel", id="a move",
        ),
        pytest.param(
            HOTEL, site("status", "PENDING"), Verdict.NEVER,
            "never allowed: no move leads to PENDING; a row begins there", "",
            id="an initial state",
        ),
        pytest.param(
            HOTEL, site("status", "CANCELED"), Verdict.NEVER,
            "never allowed: CANCELED is no state of booking; did you mean 'CANCELLED'?", "",
            id="a slip",
        ),
        pytest.param(
            HOTEL, site("status", "null"), Verdict.NEVER, "never allowed: a state is not null", "",
            id="null",
        ),
        pytest.param(
            HOTEL, site("status", None), Verdict.UNKNOWN, "unknown: the value is not known", "",
            id="a value that is not known",
        ),
        pytest.param(
            HOTEL, site("status"), Verdict.UNKNOWN, "unknown: the value is not known", "",
            id="no values at all",
        ),
        pytest.param(
            HOTEL, site("status", "CONFIRMED", is_new=True), Verdict.NEVER,
            "never allowed: no row begins in CONFIRMED, but in PENDING", "", id="a birth amiss",
        ),
        pytest.param(
            HOTEL, site("status", "PENDING", is_new=True), Verdict.ALLOWED,
            "a row may begin in PENDING", "birth", id="a birth",
        ),
        pytest.param(
            HOTEL, site("status", "PENDING", label=Label.DEFAULT, is_new=None), Verdict.ALLOWED,
            "a row may begin in PENDING", "birth", id="a default",
        ),
        pytest.param(
            HOTEL, site("status", "CONFIRMED", is_new=None), Verdict.ONLY_FROM,
            "allowed only from PENDING, PENDING_APPROVAL;"
            " no row begins in CONFIRMED, but in PENDING",
            "confirm", id="a birth or a move",
        ),
        pytest.param(
            LIBRARY, loan("ASKED", is_new=None), Verdict.ONLY_FROM,
            "allowed for a new row only: no move leads to ASKED; a row begins there", "birth",
            id="a birth, and no move",
        ),
        pytest.param(
            LIBRARY, loan("LOST"), Verdict.ALLOWED, "allowed from every state", "lose",
            id="from everywhere",
        ),
        pytest.param(
            HOTEL, site("status", "CANCELLED", sources=("PENDING", "CONFIRMED")), Verdict.ALLOWED,
            "allowed from PENDING, CONFIRMED, and it comes from there only", "cancel",
            id="from where it was tested",
        ),
        pytest.param(
            HOTEL, site("status", "CANCELLED", sources=("CHECKED_IN",)), Verdict.NEVER,
            "never allowed: no move leads from CHECKED_IN to CANCELLED,"
            " but from PENDING, PENDING_APPROVAL or CONFIRMED", "", id="from where no move leads",
        ),
        pytest.param(
            HOTEL, site("status", "CANCELLED", sources=("PENDING", "NO_SHOW")), Verdict.ONLY_FROM,
            "allowed from PENDING; not from NO_SHOW, where it may come from too", "cancel",
            id="from both",
        ),
        pytest.param(
            HOTEL, site("status", "CANCELLED", sources=("CANCELLED",)), Verdict.ALLOWED,
            "allowed from CANCELLED, and it comes from there only", "", id="the same is no move",
        ),
        pytest.param(
            HOTEL, site("status", "CHECKED_IN", "NO_SHOW"), Verdict.ONLY_FROM,
            "CHECKED_IN: allowed only from CONFIRMED; NO_SHOW: allowed only from CONFIRMED",
            "check_in, no_show", id="two values",
        ),
        pytest.param(
            HOTEL, site("status", "CHECKED_IN", "GONE"), Verdict.NEVER,
            "CHECKED_IN: allowed only from CONFIRMED; never allowed: GONE is no state of booking",
            "check_in", id="one of two is none",
        ),
        pytest.param(
            HOTEL, site("status", "CHECKED_IN", beside=beside(assigned_room_id="null")),
            Verdict.NEVER,
            "allowed only from CONFIRMED;"
            " never allowed: CHECKED_IN requires assigned_room_id, which is set to null",
            "check_in", id="what a state requires is taken away beside it",
        ),
        pytest.param(
            LIBRARY, loan("LENT", beside=beside(fee="5")), Verdict.NEVER,
            "allowed only from ASKED; never allowed: LENT forbids fee, which is set", "lend",
            id="what a state forbids is set beside it",
        ),
        pytest.param(
            HOTEL, site("checked_in_at", None), Verdict.NEVER,
            "never allowed: checked_in_at is written only with the state CHECKED_IN (check_in)", "",
            id="a stamp without its state",
        ),
        pytest.param(
            HOTEL, site("checked_in_at", "null"), Verdict.ONLY_FROM,
            "allowed only in PENDING, PENDING_APPROVAL, CONFIRMED, CANCELLED, NO_SHOW;"
            " not in CHECKED_IN (it must be set) or CHECKED_OUT (it must be set)", "",
            id="a stamp is taken away",
        ),
        pytest.param(
            HOTEL, site("assigned_room_id", "null", sources=("CHECKED_IN",)), Verdict.NEVER,
            "never allowed in CHECKED_IN (it must be set)", "", id="a column in a known state",
        ),
        pytest.param(
            HOTEL, site("assigned_room_id", None, sources=("CONFIRMED",)), Verdict.ALLOWED,
            "allowed in CONFIRMED", "", id="a column where it may change",
        ),
        pytest.param(
            HOTEL, site("assigned_room_id", None, is_new=True), Verdict.ALLOWED,
            "a row may begin so", "", id="a column of a new row",
        ),
        pytest.param(
            LIBRARY, loan(None, field="reader_id"), Verdict.ONLY_FROM,
            "allowed only in ASKED, LENT, BACK, LATE; not in LOST (it is frozen)", "",
            id="everything is frozen",
        ),
        pytest.param(
            LIBRARY, loan(None, field="lent_at", is_new=True), Verdict.UNKNOWN,
            "unknown: lent_at fits a row that begins in LENT", "", id="a stamp of a new row",
        ),
        pytest.param(
            HOTEL,
            site("checked_in_at", None, beside=beside(assigned_room_id="null")), Verdict.NEVER,
            "checked_in_at: never allowed: checked_in_at is written only with the state CHECKED_IN"
            " (check_in); assigned_room_id: allowed only in PENDING, PENDING_APPROVAL, CONFIRMED,"
            " CANCELLED, NO_SHOW; not in CHECKED_IN (it must be set) or CHECKED_OUT (it is frozen)",
            "", id="two columns and no state",
        ),
    ],
)  # fmt: skip
def test_a_verdict(machine: Machine, asked: Site, verdict: Verdict, text: str, event: str) -> None:
    found = judge(asked, machine)

    assert (found.verdict, found.text, found.event) == (verdict, text, event)


def test_without_a_machine_nothing_is_known() -> None:
    found = judge(site("status", "PAID", machine=None), None)

    assert (found.verdict, found.text) == (Verdict.UNKNOWN, "no machine")


@pytest.mark.parametrize(
    ("machine", "asked", "asks"),
    [
        (HOTEL, site("status", "CANCELLED"), ("a reason",)),
        (HOTEL, site("status", "CONFIRMED"), ("the guard payment_captured_at is not null",)),
        (HOTEL, site("status", "CHECKED_IN"), ("assigned_room_id is not null",)),
        (HOTEL, site("status", "CHECKED_IN", beside=beside("assigned_room_id")), ()),
        (
            LIBRARY,
            loan("LENT"),
            (
                "by clerk or boss",
                "2 approvals",
                "reader_id is not null",
                "fee is null",
                "a signed actor",
            ),
        ),
        (LIBRARY, loan("BACK"), ("a signed actor",)),
    ],
)
def test_what_the_machine_asks_for(machine: Machine, asked: Site, asks: tuple[str, ...]) -> None:
    assert judge(asked, machine).asks == asks


@pytest.mark.parametrize(
    ("machine", "asked", "written", "filled", "lacking", "alone"),
    [
        pytest.param(HOTEL, site("status", "CANCELLED"), "", "cancelled_at", "", "", id="filled"),
        pytest.param(
            HOTEL, site("status", "CANCELLED", beside=beside("cancelled_at")),
            "cancelled_at", "", "", "", id="written",
        ),
        pytest.param(
            HOTEL, site("status", "CANCELLED", beside=beside(cancelled_at="null")),
            "", "cancelled_at", "", "", id="written as null",
        ),
        pytest.param(LIBRARY, loan("LENT"), "", "", "lent_at", "", id="nobody writes it"),
        pytest.param(
            LIBRARY, loan("LENT", is_new=True), "", "", "lent_at", "", id="of a new row"
        ),
        pytest.param(
            HOTEL, site("checked_out_at", None, beside=beside(status="CHECKED_OUT")),
            "checked_out_at", "", "", "", id="the stamp first",
        ),
        pytest.param(
            HOTEL, site("status", "CONFIRMED", beside=beside("checked_in_at")),
            "", "", "", "checked_in_at", id="with another state",
        ),
        pytest.param(
            HOTEL, site("status", None, beside=beside("checked_in_at")), "", "", "", "",
            id="with a state that is not known",
        ),
        pytest.param(HOTEL, site("checked_in_at", "null"), "", "", "", "", id="taken away"),
    ],
)  # fmt: skip
def test_stamps(
    machine: Machine, asked: Site, written: str, filled: str, lacking: str, alone: str
) -> None:
    found = judge(asked, machine).stamps

    assert (found.written, found.filled, found.lacking, found.alone) == tuple(
        tuple(it.split()) for it in (written, filled, lacking, alone)
    )


def test_the_hotel_as_the_report_found_it() -> None:
    sites = seventeen()
    verdicts = {f"{Path(it.file).name}:{it.line}": judge(it, HOTEL) for it in sites}

    assert len(sites) == len(verdicts) == 17
    never = [it.text for it in verdicts.values() if it.verdict is Verdict.NEVER]
    assert never.count("never allowed: no row begins in CONFIRMED, but in PENDING") == 4
    assert len([it for it in verdicts.values() if it.stamps.alone == ("checked_in_at",)]) == 2
    assert len(never) == 6


states = st.sampled_from([*HOTEL.states, "GONE", "null", None])
fields = st.sampled_from(["status", "checked_in_at", "cancelled_at", "assigned_room_id", "other"])


@given(
    fields,
    st.lists(states, max_size=3),
    st.dictionaries(fields, states, max_size=3),
    st.lists(st.sampled_from(HOTEL.states), max_size=3),
    st.sampled_from([True, False, None]),
)
def test_every_site_has_a_verdict_and_the_stamps_of_its_states(
    field: str,
    values: Sequence[str | None],
    more: dict[str, str | None],
    sources: Sequence[str],
    is_new: bool | None,
) -> None:
    asked = site(
        field, *values, beside=beside(**more), sources=tuple(sources), is_new=is_new
    )  # fmt: skip

    found = judge(asked, HOTEL)

    assert found.text
    assert not set(found.stamps.written) & set(found.stamps.missing)
    assert set(found.stamps.filled) <= set(found.stamps.missing)
    assert (found.verdict is Verdict.NEVER) >= found.text.startswith("never allowed")
