"""A machine written as text is the same machine when it is read, and known by the same digest."""

from pathlib import Path

import pytest
from tests.servers import ROOT

from pginterlock import digests, spec
from pginterlock.integrations.alembic import frozen
from pginterlock.renaming import under_both_names
from pginterlock.spec_write import write

SPECS = sorted(
    [
        *(ROOT / "tests" / "golden").glob("*/interlock.yaml"),
        ROOT / "examples" / "hotel" / "interlock.yaml",
        ROOT / "sql" / "demo" / "interlock.yaml",
        ROOT / "tests" / "races" / "inn.yaml",
    ]
)
WHOLE = """
interlock: 1
machines:
  odd:
    table: '"a.b"."c ""d"'
    state: "state: '%'"
    key: [id, "no"]
    mode: ratchet
    modes: {IL14: enforce, invariant.cheap: observe}
    initial: ["NO", "null", "1", ""]
    final: ["it's\\n", 'back\\slash', "DONE"]
    transitions:
      go:
        - {from: ["NO", "null"], to: DONE, guard: "a > 1", by: [clerk], reason: required}
        - {from: "1", to: "it's\\n", guard: {on: a.other, key: other, check: b is true}}
        - {from: "1", to: 'back\\slash', approvals: {count: 2, distinct: false, by: [boss]}}
      "on": {from: DONE, to: "NO"}
    stamps: {at: DONE, seen: {state: [DONE, "NO"], fill: never}}
    states:
      DONE: {require: [a], forbid: [b], freeze: ['*'], clear: [c], renamed_from: WAS}
      "NO": {renamed_from: "YES"}
    invariants: {cheap: a < 5, there: {check: "a is not null and b <> '{x: y}'", in: [DONE]}}
    claims: {seat: {resource: [a, b], during: "int4range(a, 9)", in: [DONE]}}
    mirrors: {full: {table: a.other, key: other, column: is_full, in: [DONE]}}
    reactions: {soon: {when: a > 3, event: "on"}}
    deadlines: {DONE: 15 minutes, "NO": {after: 2 days, then: go}}
    deletion: {from: [DONE]}
    audit: {columns: [a], actor: required, retain: 7 years, erasable: [actor]}
    outbox: {channel: odd}
    repairs: {first: {when: a is null, set: {a: 1, b: null}}}
    checks: native
    continuity: online
    services: [a/b/, "c.d"]
"""


@pytest.mark.parametrize("path", SPECS, ids=lambda it: it.parent.name)
def test_a_spec_of_ours_comes_through(path: Path) -> None:
    machines = spec.load(path).machines

    assert spec.parse(write(machines), "written").machines == machines


def test_a_machine_with_all_there_is_comes_through() -> None:
    machines = spec.parse(WHOLE.replace('"", ', "").replace(', ""]', "]"), "whole").machines

    written = write(machines)

    assert spec.parse(written, "written").machines == machines
    assert spec.parse(written, "written").machines[0].services == ("a/b/", "c.d")
    assert digests.digest(spec.parse(written, "written").machines[0]) == digests.digest(machines[0])


def test_the_digest_of_a_machine_is_what_it_was_on_the_day() -> None:
    """It stands in revisions: one that changes makes every one of them refuse to run."""
    folders = ("hotel", "native", "reaction", "mirror")
    found = {
        path.parent.name: digests.digest(it)
        for path in SPECS
        for it in spec.load(path).machines
        if path.parent.name in folders
    }

    assert found == {
        "hotel": "0bf7fb1c5a4b7993",
        "mirror": "ae85bf785d8fe83a",
        "native": "25484361c9bd6e93",
        "reaction": "616c9efe2ad2032f",
    }


def test_services_are_no_part_of_a_digest_nor_of_a_revision() -> None:
    bare = 'services: [a/b/, "c.d"]'
    text = WHOLE.replace('"", ', "").replace(', ""]', "]")
    machine = spec.parse(text, "whole").machines[0]
    without = spec.parse(text.replace(bare, ""), "whole").machines[0]

    assert machine.services
    assert machine == without
    assert digests.digest(machine) == digests.digest(without)
    assert frozen.text_of(machine) == frozen.text_of(without)


def test_a_rename_under_way_is_written_under_the_new_name() -> None:
    text = WHOLE.replace('"", ', "").replace(', ""]', "]")
    machine = spec.parse(text, "whole").machines[0]
    under_way = under_both_names(machine, ["WAS", "YES"])

    assert {"WAS", "YES"} < set(under_way.states)
    again = spec.parse(frozen.text_of(under_way), "written").machines[0]
    assert frozen.settled(again) == frozen.settled(machine)
