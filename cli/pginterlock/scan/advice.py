"""What to do about what was found: concrete, with files and functions.

Pure: data in, text out.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from pginterlock.scan.baseline import bare
from pginterlock.scan.figures import Figures
from pginterlock.scan.judged import Code, Judged, Protection
from pginterlock.scan.observed import Foreign
from pginterlock.scan.outcomes import Verdict, listed
from pginterlock.scan.report import by_file

if TYPE_CHECKING:
    from pginterlock.model import Machine

_SHOWN = 12  # sites that are named one by one
_NAMED = 3  # services that are


def advice(
    found: Figures, machines: "Sequence[Machine]", foreign: Sequence[Foreign] = ()
) -> tuple[str, ...]:
    """Return what is to be done about *found*, the worst first; nothing where nothing is wrong.

    *foreign* is who was seen to write and is not in the code.
    """
    return (
        *_never(found),
        *_stamps(found),
        *_transactions(found),
        *_authority(found, machines),
        *_sources(found),
        *_unknown(found),
        *_foreign(foreign),
    )


def _sites(found: Figures, code: Code) -> list[Judged]:
    return [it for it, _ in found.found(code)]


def _never(found: Figures) -> Iterator[str]:
    alike: dict[tuple[str, str, str], list[Judged]] = {}
    for it, told in found.found(Code.NEVER_ALLOWED):
        alike.setdefault((it.site.file, bare(it.site.text), told), []).append(it)
    for (_, text, told), some in alike.items():
        shown = text.replace("`", "'")
        yield (
            f"Change {_places(some)}, `{shown}`: {told}. Write an allowed move, or add the move to"
            " the spec if it is meant."
        )


def _stamps(found: Figures) -> Iterator[str]:
    if alone := _sites(found, Code.STAMP_ALONE):
        names = listed(_once(name for it in alone for name in it.judgement.stamps.alone))
        yield (
            f"Write the state with {names}, in one statement, at {_places(alone)}; or write the"
            " state alone and let the machine fill the stamp."
        )
    if missing := _sites(found, Code.MISSING_STAMP):
        names = listed(_once(name for it in missing for name in it.judgement.stamps.lacking))
        yield f"Write {names} beside the state at {_places(missing)}: nobody else fills it."
    if filled := [it for it in found.production if it.judgement.stamps.filled]:
        names = listed(_once(name for it in filled for name in it.judgement.stamps.filled))
        yield (
            f"Nothing is to be done about {names} at {_places(filled)} once the machine enforces:"
            " it fills them. Until then these rows have no time."
        )


def _transactions(found: Figures) -> Iterator[str]:
    for group in found.by_module:
        unsafe = [it for it in group.sites if any(r.code is Code.UNPROTECTED for r in it.remarks)]
        if unsafe:
            names = listed(_once(it.site.enclosing or "the module" for it in unsafe))
            yield (
                f"Open a transaction around {_many(len(unsafe), 'write')} in {group.name}: {names}."
                " Read the row in it too, with `select for update`."
            )
    unclear = [it for it in found.production if it.protection in _UNCLEAR and it.accepted is None]
    if unclear:
        yield (
            f"Find out who opens the transaction at {_places(unclear)}; a decorator on the function"
            " that writes needs no caller to remember it."
        )


_UNCLEAR = (Protection.CALLER, Protection.UNKNOWN)


def _authority(found: Figures, machines: "Sequence[Machine]") -> Iterator[str]:
    services = {it.name: it.services for it in machines}
    elsewhere = set(map(id, _sites(found, Code.AUTHORITY)))
    for group in found.by_module:
        some = [it for it in group.sites if id(it) in elsewhere]
        if not some:
            continue
        does = _once(told for it in some if (told := _service_for(it, found)))
        instead = f": {listed(does)}" if does else ""
        names = _once(name for it in some for name in services[it.site.machine or ""])
        named = f" in {listed(names, 'or')}" if len(names) <= _NAMED else ""
        writes = _many(len(some), "write")
        yield f"Let {writes} in {group.name} go through a service{named}{instead}."


def _service_for(it: Judged, found: Figures) -> str:
    """Return the service that makes the same move already; empty where none is known."""
    event = it.judgement.event
    for other in found.production:
        is_service = not other.is_elsewhere and other.site.machine == it.site.machine
        if event and is_service and other.judgement.event == event and other.site.enclosing:
            return f"{other.site.enclosing}() makes {event}"
    return ""


def _sources(found: Figures) -> Iterator[str]:
    if some := [
        it
        for it in found.production
        if it.judgement.verdict is Verdict.ONLY_FROM and it.judgement.event and not it.site.sources
    ]:
        yield (
            f"{_many(len(some), 'write')} test{'s' if len(some) == 1 else ''} no state before:"
            f" {_places(some)}. The machine then"
            " refuses some of them; handle the refusal, or call `interlock.fire` with what is"
            " expected."
        )


def _unknown(found: Figures) -> Iterator[str]:
    some = [
        it
        for it in found.production
        if it.site.machine and it.judgement.verdict is Verdict.UNKNOWN and it.accepted is None
    ]
    if some:
        yield (
            f"Look at {_places(some)}: which state is written there cannot be told from the code."
        )


def _foreign(foreign: Sequence[Foreign]) -> Iterator[str]:
    for it in foreign[:_SHOWN]:
        shown = it.by.replace("`", "'")
        yield (
            f"Find out who writes as {it.role or 'a role that is not known'} by `{shown}`: it is"
            f" not in this code, and was last seen {it.last_at:%Y-%m-%d %H:%M}."
        )


def _places(sites: Sequence[Judged]) -> str:
    """Return where *sites* are, the lines of a file together; the first of them where many are."""
    shown = by_file(sites[:_SHOWN])
    more = len(sites) - _SHOWN
    return f"{shown}; {more} more" if more > 0 else shown


def _once(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
