"""What still has an old name after a machine has followed a rename: no drift, and apply writes it.

Only what is, to the last character, as it was compiled under the old name.

Pure: a survey and renames in, findings out.
"""

from collections.abc import Mapping, Sequence

from pginterlock.findings import Finding, Severity
from pginterlock.following import Renamed, under_old_names
from pginterlock.objects import DbObject, ObjectKind
from pginterlock.survey import MachineSurvey

_HINT = "Nothing is disarmed; interlock apply writes the new name"
Id = tuple[ObjectKind, str]


def find(it: MachineSurvey, follows: Sequence[Renamed]) -> list[Id]:
    """Return those objects of *it* that differ from what is wanted in an old name alone."""
    if not follows:
        return []
    old = under_old_names(it.writing, follows)
    there = {o.id: o for o in it.found}
    was = {_bare(o): o for o in old}
    left: dict[Id, None] = {}
    for change in it.changes:
        thing = change.object
        before = was.get(_bare(thing))
        if before is None:
            continue
        found = there.get(thing.id) or there.get(before.id)
        if found and _is_as(found, thing, before, schemas(it, old)):
            left[thing.id] = None
    return list(left)


def told(it: MachineSurvey, follows: Sequence[Renamed], left: Sequence[Id]) -> list[Finding]:
    """Return the finding that tells of what is *left* under old names; none where nothing is."""
    if not left:
        return []
    names = ", ".join(f"{one.what} {one.was} is now {one.now}" for one in follows)
    table = str(it.table.name)
    what = ", ".join(f"{kind} {name.removeprefix(f'{table} ')}" for kind, name in left)
    message = f"{it.machine.name} follows a rename ({names}); the old name stands in {what}"
    return [Finding("name-behind", message, it.machine.name, table, Severity.WARNING, _HINT)]


def schemas(it: MachineSurvey, old: Sequence[DbObject]) -> Mapping[str, str]:
    """Return how compiled text asks for the schema of the functions: as it was, as it is wanted."""
    tables = {o.name.rpartition(" ")[0] for o in old if o.kind is ObjectKind.TRIGGER}
    form = "has_schema_privilege('{}', 'usage')"
    wanted = form.format(it.table.name.schema)
    return {form.format(table.partition(".")[0]): wanted for table in tables}


def _bare(thing: DbObject) -> Id:
    """Return what tells *thing* from the others of its machine, whatever its table is called."""
    if thing.kind is ObjectKind.FUNCTION:
        return (thing.kind, thing.name.partition(".")[2])
    return (thing.kind, thing.name.rpartition(" ")[2])


def _is_as(found: DbObject, wanted: DbObject, before: DbObject, asking: Mapping[str, str]) -> bool:
    has, asked, was = dict(found.facts), dict(wanted.facts), dict(before.facts)

    def plain(text: str) -> str:
        for old, new in asking.items():
            text = text.replace(old, new)
        return text

    return has.keys() == asked.keys() and all(
        plain(has[name]) in (plain(asked[name]), plain(was[name])) for name in asked
    )
