"""Attacks on the history: a change behind the triggers (IL10), and on its entries."""

from functools import partial

from pginterlock.choices import Continuity
from pginterlock.elements import Transition
from pginterlock.generate.rows import Unmade
from pginterlock.generate.trying import Script
from pginterlock.names import array, cut, ident, literal

_WRITTEN = "23514"


def write(script: Script) -> None:
    """Write the tests of the history of the machine."""
    maker, machine = script.maker, script.maker.machine
    history = f"interlock.{ident(cut(f'{machine.name}_audit'))}"
    with script.trying("the history is not written again"):
        maker.make(machine.initial[0])
        for text, name in (
            (f"update {history} set event = 'another'", "no entry of the history is changed"),
            (f"delete from {history}", "nor deleted"),
            (f"truncate {history}", "nor all of them at once"),
        ):
            script.throws(_WRITTEN, text, name)
    if machine.continuity is not Continuity.ONLINE:
        return
    pairs = [
        (one, two)
        for one in machine.transitions
        for two in machine.transitions
        if one.to_state == two.from_state != one.from_state
        and one.from_state != two.to_state
        and not two.approvals
    ]
    with script.trying("a row that was changed behind the triggers does not move on"):
        script.demand_enforced("continuity")
        if not pairs:
            raise Unmade("no move follows another")
        script.first([partial(_behind, script, one, two) for one, two in pairs])


def _behind(script: Script, one: Transition, two: Transition) -> None:
    maker = script.maker
    row = maker.make(one.from_state, then=one)
    text, moved = maker.moved(row, one.to_state, one)
    maker.do("set constraints all immediate")
    maker.do(_switched(script, "disable"))
    maker.do(text)
    maker.do("set constraints all immediate")
    maker.do(_switched(script, "enable always"))
    name = "a row that was changed behind the triggers does not move on"
    script.refused("IL10", maker.moved(moved, two.to_state, two)[0], name)


def _switched(script: Script, what: str) -> str:
    """Return what switches the triggers of updates; which of them there are, the server knows."""
    machine, name = script.maker.machine.name, script.maker.name.replace("%", "%%")
    ours = [cut(f"interlock_10_{machine}_premove"), cut(f"interlock_50_{machine}_change")]
    return (
        "do $try$ declare v_name name; begin for v_name in select t.tgname from pg_trigger as t"
        f" where t.tgrelid = {literal(script.maker.name)}::regclass"
        f" and t.tgname = any ({array(ours)}) loop"
        f" execute format({literal(f'alter table {name} {what} trigger %I')}, v_name);"
        " end loop; end $try$"
    )
