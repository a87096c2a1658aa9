"""A machine under both names of a state: the names are alike in all that is said of states."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests import version_parcels as parcels

from pginterlock.elements import Stamp, StateRow, Transition
from pginterlock.model import RENAME_EVENT, Machine
from pginterlock.renaming import resolved, under_both_names, under_new_names

RENAMED = parcels.renamed().machines[0]
FIRST = parcels.first().machines[0]
STATES = st.sampled_from(["PACKED", "ON_THE_WAY", "HERE", "LOST", "BACK"])


@st.composite
def machines(draw: st.DrawFn) -> Machine:
    """A machine with any moves and stamps over a few states, one of which has a new name."""
    ends = draw(st.lists(st.tuples(STATES, STATES).filter(lambda it: it[0] != it[1]), max_size=8))
    stamped = draw(st.lists(STATES, min_size=1, max_size=2, unique=True))
    moves = [Transition(f"move{n}", *pair) for n, pair in enumerate(ends)]
    return Machine(
        name="parcel",
        table=RENAMED.table,
        state="status",
        key=(),
        mode=RENAMED.mode,
        initial=tuple(draw(st.lists(STATES, min_size=1, max_size=2, unique=True))),
        final=(),
        transitions=(*moves, Transition("known", "PACKED", "ON_THE_WAY")),
        stamps=(Stamp("sent_at", tuple(stamped)),),
        rows=(StateRow("ON_THE_WAY", require=("carrier",)),),
        deletion=tuple(draw(st.lists(STATES, max_size=2, unique=True))),
        renames=RENAMED.renames,
    )


@settings(deadline=None)
@given(machines())
def test_both_names_are_alike(machine: Machine) -> None:
    both = under_both_names(machine, ["SENT"])

    for stamp in both.stamps:
        assert both.presence(stamp, "SENT") is both.presence(stamp, "ON_THE_WAY")
    assert set(both.targets("SENT")) - set(both.targets("ON_THE_WAY")) == {"ON_THE_WAY"}
    assert set(both.targets("ON_THE_WAY")) <= set(both.targets("SENT"))
    for states in (both.initial, both.deletion):
        assert ("SENT" in states) == ("ON_THE_WAY" in states)
    for state in both.states:
        targets = set(both.targets(state)) - ({"ON_THE_WAY"} if state == "SENT" else set())
        assert ("SENT" in targets) == ("ON_THE_WAY" in targets)


@settings(deadline=None)
@given(machines())
def test_what_is_required_of_a_state_stays_what_it_was(machine: Machine) -> None:
    both = under_both_names(machine, ["SENT"])

    for state in machine.states:
        assert both.presence(both.stamps[0], state) is machine.presence(machine.stamps[0], state)


@settings(deadline=None)
@given(machines())
def test_under_new_names_it_is_the_machine_of_the_spec(machine: Machine) -> None:
    both = under_both_names(machine, ["SENT"])

    back = under_new_names(both, machine.renames)

    assert set(back.transitions) == set(machine.transitions)
    assert (back.initial, back.stamps, back.rows) == (machine.initial, machine.stamps, machine.rows)


def test_only_forward_by_an_event_of_ours() -> None:
    both = under_both_names(RENAMED, ["SENT"])

    assert [t for t in both.transitions if t.event == RENAME_EVENT] == [
        Transition(RENAME_EVENT, "SENT", "ON_THE_WAY")
    ]
    assert "SENT" not in both.targets("ON_THE_WAY")


def test_a_name_that_is_not_installed_is_not_accepted() -> None:
    assert resolved(RENAMED, None, drop_old_names=False) == RENAMED
    assert under_both_names(RENAMED, ["PACKED", "HERE"]) == RENAMED


def test_once_dropped_it_stays_dropped() -> None:
    both = resolved(RENAMED, FIRST, drop_old_names=False)
    done = resolved(RENAMED, both, drop_old_names=True)

    assert both.old_names == RENAMED.renames
    assert done == RENAMED
    assert resolved(RENAMED, done, drop_old_names=False) == RENAMED
