"""The definition in the registry: what was written is read back, also where it is older."""

import json

import pytest
from tests import version_parcels as parcels
from tests.conftest import HOTEL_SPEC

from pginterlock import spec
from pginterlock.choices import Checks
from pginterlock.compiler.registry import definition
from pginterlock.definition import machine_of
from pginterlock.model import Machine
from pginterlock.renaming import under_both_names

REACTIONS = "    reactions: {paid: {when: carrier is not null, event: send}}\n"
RENAMED = parcels.renamed(audit="{columns: [carrier], actor: signed, retain: 7 years}").machines[0]


@pytest.mark.parametrize(
    "machine",
    [
        spec.load(HOTEL_SPEC).machines[0],
        RENAMED,
        under_both_names(RENAMED, ["SENT"]),
        parcels.of(parcels.SPEC + "    outbox: {channel: parcel}\n").machines[0],
        parcels.of(parcels.SPEC + "    funnel: true\n").machines[0],
        parcels.of(parcels.SPEC + REACTIONS).machines[0],
    ],
    ids=[
        "the hotel",
        "a rename declared",
        "a rename under way",
        "an outbox",
        "a funnel",
        "a reaction",
    ],
)
def test_what_was_written_is_read_back(machine: Machine) -> None:
    assert machine_of(json.loads(definition(machine))) == machine


def test_what_an_older_version_did_not_write_is_as_it_was_then() -> None:
    told = json.loads(definition(parcels.first().machines[0]))
    for name in ("renames", "checks", "outbox", "audit"):
        told.pop(name, None)

    found = machine_of(told)

    assert (found.renames, found.checks, found.outbox, found.audit.columns) == (
        (),
        Checks.FUNCTION,
        None,
        (),
    )


def test_what_a_newer_version_wrote_beside_is_left_out() -> None:
    told = json.loads(definition(parcels.first().machines[0]))

    assert machine_of({**told, "unheard_of": [{"x": 1}]}) == parcels.first().machines[0]


@pytest.mark.parametrize(
    "told",
    [None, [], "x", {}, {"name": 1}, {"transitions": 3}],
    ids=["nothing", "a list", "text", "an empty mapping", "a number for a name", "no list"],
)
def test_what_is_no_machine_is_an_error(told: object) -> None:
    with pytest.raises(ValueError, match="no machine"):
        machine_of(told)


@pytest.mark.parametrize("key", ["name", "table", "state", "mode"])
def test_a_machine_without_what_makes_it_one_is_an_error(key: str) -> None:
    told = json.loads(definition(parcels.first().machines[0]))
    del told[key]

    with pytest.raises(ValueError, match="no machine"):
        machine_of(told)
