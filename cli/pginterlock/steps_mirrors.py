"""The steps of mirrors: what disagrees, before they are armed and once more afterwards."""

from collections.abc import Iterable

from pginterlock.changes import Action, Change
from pginterlock.choices import Mode
from pginterlock.elements import Mirror
from pginterlock.objects import ObjectKind
from pginterlock.plan import Part, Step
from pginterlock.rules.mirror import scan
from pginterlock.rules.mirror_terms import NAME, function_name, trigger_names, writer_name
from pginterlock.survey import MachineSurvey


def disagreement_steps(it: MachineSurvey, found: Iterable[Change], part: Part) -> list[Step]:
    """Return a look at what disagrees, for each mirror in enforce that is armed anew.

    It is asked twice: what is written between the first look and the arming is seen by the second.
    """
    touched = {_bare(change) for change in found if change.action is not Action.DROP}
    again = ", now that it is guarded" if part is Part.VALIDATE else ""
    return [
        Step(
            f"rows of {mirror.table} that disagree: mirror {mirror.name}{again}",
            "must return no row: what was wrong before is mended first",
            scan(it.writing, mirror),
            part,
        )
        for mirror in it.machine.mirrors
        if it.machine.mode_of(NAME, mirror.name) is Mode.ENFORCE
        and (touched & _parts(it.machine.name, mirror) or not _was_enforced(it, mirror))
    ]


def _was_enforced(it: MachineSurvey, mirror: Mirror) -> bool:
    before = it.in_force
    return before is not None and before.mode_of(NAME, mirror.name) is Mode.ENFORCE


def _bare(change: Change) -> str:
    name = change.object.name
    if change.object.kind is ObjectKind.TRIGGER:
        return name.rpartition(" ")[2]
    return name.partition("(")[0].rpartition(".")[2]


def _parts(machine: str, mirror: Mirror) -> set[str]:
    return {
        *trigger_names(machine, mirror.name),
        writer_name(machine, mirror.name),
        function_name(machine, mirror.name),
    }
