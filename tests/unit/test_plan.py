"""Plans: running one leaves nothing to do, what was written can be read back, edits are seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pginterlock.changes import Action, changes
from pginterlock.elements import TableName
from pginterlock.errors import UnsafeError, UsageError
from pginterlock.fingerprints import fingerprint
from pginterlock.objects import DbObject, Lock, ObjectKind
from pginterlock.plan import Part, Plan, Step, read, write


def _object(name: str, fact: str, kind: ObjectKind = ObjectKind.FUNCTION) -> DbObject:
    return DbObject(
        kind, name, "booking", (("body", fact),), create=f"create {name}", drop=f"drop {name}"
    )


objects = st.lists(
    st.builds(_object, st.sampled_from("abcd"), st.sampled_from("12")), unique_by=lambda it: it.name
)


@given(wanted=objects, found=objects)
def test_running_a_plan_leaves_nothing_to_plan(
    wanted: list[DbObject], found: list[DbObject]
) -> None:
    database = {it.id: it for it in found}
    for change in changes(wanted, found):
        database.pop(change.object.id, None)
        if change.action is not Action.DROP:
            database[change.object.id] = change.object

    assert changes(wanted, list(database.values())) == []


def test_a_table_of_ours_is_never_dropped() -> None:
    assert changes([], [_object("interlock.booking_audit", "", ObjectKind.TABLE)]) == []


def test_what_calls_a_function_goes_before_the_function() -> None:
    found = [_object("f", ""), _object("t", "", ObjectKind.TRIGGER)]

    assert [it.object.name for it in changes([], found)] == ["t", "f"]


def test_a_check_that_is_only_not_validated_is_validated_and_not_made_again() -> None:
    def check(validated: str) -> DbObject:
        return DbObject(
            ObjectKind.CHECK,
            "c",
            "booking",
            (("validated", validated),),
            create="create",
            replace="replace",
            mends=(("validated", "validate"),),
        )

    assert [it.sql for it in changes([check("yes")], [check("no")])] == ["validate"]


def test_a_trigger_that_is_only_disabled_is_enabled_and_not_dropped() -> None:
    def trigger(enabled: str, function: str) -> DbObject:
        return DbObject(
            ObjectKind.TRIGGER,
            "t",
            "booking",
            (("enabled", enabled), ("function", function)),
            create="create",
            replace="replace",
            mends=(("enabled", "enable"),),
        )

    wanted = [trigger("A", "f")]
    assert [it.sql for it in changes(wanted, [trigger("D", "f")])] == ["enable"]
    assert [it.sql for it in changes(wanted, [trigger("D", "g")])] == ["replace"]


sql = st.sampled_from(["select 1;\n", "create function f()\nas $$ begin; $$;\n", "commit later;\n"])
steps = st.lists(
    st.builds(
        Step,
        st.sampled_from(["a step", 'create check public."Öl: x" y']),
        st.just("because"),
        sql,
        st.sampled_from(Part),
        st.just(Lock.SHARE_ROW_EXCLUSIVE),
        st.just("public.booking on x"),
    ),
    max_size=5,
)


@given(steps=steps)
def test_a_plan_is_read_back_as_it_was_written(steps: list[Step]) -> None:
    plan = Plan("hotel", "f" * 64, (("booking", TableName("hotel", "Büchung")),), tuple(steps))

    assert read(write(plan), "plan.sql") == plan


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda text: text.replace("select 1", "select 2"), id="a step was changed"),
        pytest.param(lambda text: text + "\nselect 3;\n", id="something was added"),
        pytest.param(lambda text: text.replace("begin;", ""), id="the transaction was taken away"),
    ],
)
def test_an_edited_plan_is_refused(edit) -> None:  # type: ignore[no-untyped-def]
    text = write(Plan("hotel", "f" * 64, (), (Step("a step", "because", "select 1;\n"),)))

    with pytest.raises(UnsafeError, match="was edited"):
        read(edit(text), "plan.sql")


def test_what_is_no_plan_is_refused() -> None:
    with pytest.raises(UsageError, match=r"x\.sql is not a plan"):
        read("select 1;", "x.sql")


@given(found=objects)
def test_the_fingerprint_does_not_depend_on_the_order(found: list[DbObject]) -> None:
    assert fingerprint({"a": "1"}, found) == fingerprint({"a": "1"}, reversed(found))


def test_the_fingerprint_depends_on_every_fact() -> None:
    assert fingerprint({}, [_object("a", "1")]) != fingerprint({}, [_object("a", "2")])
    assert fingerprint({"revision": "1"}, []) != fingerprint({"revision": "2"}, [])
