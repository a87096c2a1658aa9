"""Modes of single rules in a spec: names, codes, items; what is none; and which of them wins."""

import pytest
from tests.db.mode_parcels import parcel_spec, parcel_text
from tests.golden.test_golden import HERE

from pginterlock import spec
from pginterlock.check import check
from pginterlock.choices import Mode
from pginterlock.errors import SpecError, UsageError
from pginterlock.findings import Severity
from pginterlock.rules import RULES, row_predicates
from pginterlock.rules.parts import Writing
from pginterlock.spec_modes import RULE_NAMES, known_rules, rule_of
from pginterlock.table import Table


def test_every_rule_has_a_name_that_the_spec_knows() -> None:
    told = [r for r in RULES if getattr(r, "REFUSES", True) and getattr(r, "HAS_MODE", True)]

    assert {rule.CODE: rule.NAME for rule in told} == RULE_NAMES


def test_every_row_rule_can_be_named_by_its_item() -> None:
    [machine] = spec.load(HERE / "modes" / "interlock.yaml").machines
    known = known_rules(
        (it.column for it in machine.stamps), machine.rows, (it.name for it in machine.invariants)
    )
    table = Table(machine.table, 1, "owner", (), ("id",), (), "r", "p", ())

    items = {
        f"{p.rule}.{p.name}" for p in row_predicates(Writing(machine, table)) if p.name != p.rule
    }

    assert items == set(known) - set(RULE_NAMES.values())


@pytest.mark.parametrize(
    ("modes", "rule", "item", "expected"),
    [
        pytest.param("", "stamp", "sent_at", Mode.ENFORCE, id="the machine's"),
        pytest.param("stamp: observe", "stamp", "sent_at", Mode.OBSERVE, id="its rule's"),
        pytest.param("IL12: observe", "stamp", "sent_at", Mode.OBSERVE, id="its rule's, by code"),
        pytest.param("il12.sent_at: observe", "stamp", "sent_at", Mode.OBSERVE, id="its own"),
        pytest.param(
            "stamp: observe, stamp.sent_at: ratchet", "stamp", "sent_at", Mode.RATCHET,
            id="its own before its rule's",
        ),
        pytest.param("stamp: observe", "guard", "", Mode.ENFORCE, id="another rule"),
        pytest.param("stamp.sent_at: observe", "stamp", "", Mode.ENFORCE, id="a rule with an item"),
    ],
)  # fmt: skip
def test_the_mode_of_a_rule(modes: str, rule: str, item: str, expected: Mode) -> None:
    [machine] = parcel_spec("enforce", modes).machines

    assert machine.mode_of(rule, item) is expected


@pytest.mark.parametrize(
    ("modes", "expected"),
    [
        pytest.param("stmap: observe", "'stmap' is no rule of this machine; did you mean 'stamp'?",
            id="misspelt rule"),
        pytest.param("stamp.sent: observe",
            "'stamp.sent' is no rule of this machine; did you mean 'stamp.sent_at'?",
            id="misspelt item"),
        pytest.param("IL99: observe", "'IL99' is no rule of this machine", id="no code"),
        pytest.param("IL12: observe, stamp: ratchet",
            "'stamp' is there twice: it is the rule stamp", id="by two names"),
        pytest.param("stamp: obsreve", "'obsreve' is not one of 'observe', 'ratchet' or 'enforce';"
            " did you mean 'observe'?", id="misspelt mode"),
        pytest.param("stamp: null", "nothing is not one of", id="no mode"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(modes: str, expected: str) -> None:
    with pytest.raises(SpecError) as refused:
        parcel_spec("enforce", modes)

    [problem] = refused.value.problems
    assert problem.startswith("parcel.yaml:9:")
    assert expected in problem


def test_modes_are_a_mapping() -> None:
    text = parcel_text().replace("modes: {}", "modes: [stamp]")

    with pytest.raises(SpecError, match=r"parcel\.yaml:9:5: must be a mapping"):
        spec.parse(text, "parcel.yaml")


def test_their_order_means_nothing() -> None:
    first = parcel_spec("enforce", "stamp: observe, birth: ratchet")

    assert first == parcel_spec("enforce", "IL02: ratchet, IL12: observe")


def test_a_mode_that_says_what_holds_anyway_is_told_in_a_warning() -> None:
    text = parcel_text("enforce", "stamp: observe, stamp.sent_at: observe, birth: enforce")

    found = [it for it in check(spec.parse(text, "f.yaml")) if it.code == "mode-repeated"]

    assert [str(it.position) for it in found] == ["f.yaml:9:29", "f.yaml:9:53"]
    assert {it.severity for it in found} == {Severity.WARNING}


def test_a_name_from_the_command_line_is_told_with_a_guess() -> None:
    [machine] = parcel_spec().machines

    assert rule_of(machine, "IL14.weight_is_positive") == "invariant.weight_is_positive"
    with pytest.raises(UsageError, match="did you mean 'stamp'"):
        rule_of(machine, "stmp")
