"""Drift: objects that are missing, changed, switched off or left over.

Pure: a survey in, findings out.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from pginterlock import migrate
from pginterlock.changes import Action, Change, changes
from pginterlock.findings import Finding, Severity
from pginterlock.following import Renamed
from pginterlock.model import Spec
from pginterlock.objects import DbObject, ObjectKind
from pginterlock.survey import MachineSurvey, Survey
from pginterlock.table import UNREADABLE
from pginterlock.verify import behind

_ON_TABLES = (ObjectKind.TRIGGER, ObjectKind.CHECK, ObjectKind.INDEX)
_APPLY = "interlock apply puts it right"
NOTHING: Mapping[str, Sequence[Renamed]] = MappingProxyType({})


def drift(
    seen: Survey, spec: Spec, follows: Mapping[str, Sequence[Renamed]] = NOTHING
) -> list[Finding]:
    """Return what the objects of all machines, and of schema interlock, lack.

    *follows* are, by machine, the renames that it follows and that apply has not seen.
    """
    found = _schema(seen)
    for it in seen.machines:
        if not seen.rights.schema_exists or it.machine.name not in dict(seen.registered):
            found.append(
                Finding(
                    "not-installed",
                    f"machine {it.machine.name} is not installed",
                    it.machine.name,
                    str(it.table.name),
                    hint="interlock apply installs it",
                    position=spec.locate(("machines", it.machine.name)),
                )
            )
        else:
            found += _of_machine(it, follows.get(it.machine.name, ()))
    known = {machine.name for machine in spec.machines}
    found += [
        Finding(
            "not-in-spec",
            f"machine {name} on {table} is installed, but not in this spec",
            name,
            str(table),
            Severity.WARNING,
            hint="interlock uninstall --machine takes it off",
        )
        for name, table in seen.registered
        if name not in known
    ]
    return found


def _schema(seen: Survey) -> list[Finding]:
    if not seen.rights.schema_exists:
        return []
    found = []
    revision = seen.rights.revision
    if revision not in (seen.head, UNREADABLE):
        is_ahead = revision is not None and not migrate.knows(revision)
        found.append(
            Finding(
                "schema-outdated",
                f"schema interlock is of revision {revision}, and {seen.head} is asked",
                "",
                "interlock",
                hint=migrate.AHEAD if is_ahead else _APPLY,
            )
        )
    found += [
        _finding("", "interlock", change, seen.runtime_found)
        for change in changes(seen.runtime_wanted, seen.runtime_found)
    ]
    return found


def _of_machine(it: MachineSurvey, follows: Sequence[Renamed]) -> list[Finding]:
    found: dict[tuple[ObjectKind, str], Finding] = {}
    left = behind.find(it, follows)
    for change in it.changes:
        if change.object.id not in left:
            one = _finding(it.machine.name, str(it.table.name), change, it.found)
            found.setdefault(change.object.id, one)
    return [*found.values(), *behind.told(it, follows, left)]


def _finding(machine: str, table: str, change: Change, there: tuple[DbObject, ...]) -> Finding:
    thing = change.object
    differing = _differing(thing, there)
    what = {
        Action.CREATE: "missing",
        Action.DROP: "left-over",
        Action.VALIDATE: "not-validated",
        Action.JUDGE: "not-judged",
        Action.COUNT: "not-counted",
    }.get(change.action, "changed")
    if thing.kind is ObjectKind.TRIGGER and differing == ["enabled"]:
        what = "disabled"
    if thing.kind is ObjectKind.CHECK and "enforced" in differing:
        what = "not-enforced"
    if thing.kind is ObjectKind.INDEX and "in_force" in differing:
        what = "not-in-force"
    words = what.replace("-", " ")
    if what == "disabled" and _fact(thing, there, "enabled") != "D":
        words = "enabled, but not always"
    name = thing.name.removeprefix(f"{table} ")
    told = f" ({', '.join(differing)})" if differing and what == "changed" else ""
    where = f" on {table}" if thing.kind in _ON_TABLES else ""
    return Finding(
        f"{thing.kind}-{what}",
        f"{thing.kind} {name}{where} is {words}{told}",
        machine,
        table,
        hint=_APPLY,
    )


def _fact(thing: DbObject, there: tuple[DbObject, ...], name: str) -> str:
    found = next((it for it in there if it.id == thing.id), None)
    return dict(found.facts).get(name, "") if found else ""


def _differing(thing: DbObject, there: tuple[DbObject, ...]) -> list[str]:
    found = next((it for it in there if it.id == thing.id), None)
    if found is None:
        return []
    has, asked = dict(found.facts), dict(thing.facts)
    return sorted(name for name in asked if has.get(name) != asked[name])
