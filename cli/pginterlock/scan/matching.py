"""Which site of the code a write belongs to that was seen at run time.

A statement with tags is known by file, function, controller or route; one without by what it
writes. Pure: data in, data out.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath

from pginterlock.scan.judged import Judged, Kind
from pginterlock.scan.observed import Foreign, Observed, Sight
from pginterlock.scan.places import Role
from pginterlock.scan.routes import Routes, view_of
from pginterlock.scan.shapes import Style, read_shape
from pginterlock.scan.site import Label
from pginterlock.scan.targets import code_names
from pginterlock.writers import Writer

_FILE = ("file", "filepath", "filename", "code.filepath")
_FUNCTION = ("func", "function", "code.function", "action")
_LINE = ("line", "lineno", "code.lineno")
_CONTROLLER = ("controller", "view", "job")
_ROUTE = ("route", "path")
_WORD = re.compile(r"[a-z0-9]+")


def observe(
    sites: Sequence[Judged], seen: Mapping[str, Sequence[Writer]], routes: Routes | None = None
) -> tuple[list[Judged], list[Foreign]]:
    """Return *sites* with what was *seen* of them, by machine; and what fits none of them.

    A site of a machine that nobody looked at stays as it is.
    """
    parts: dict[int, list[tuple[Writer, bool]]] = {}
    foreign: list[Foreign] = []
    for machine, writers in seen.items():
        asked = [n for n, it in enumerate(sites) if _may_run(it, machine)]
        for writer in writers:
            fits = _fitting(sites, asked, writer, routes or {})
            if not fits:
                foreign.append(_foreign(machine, writer))
            for number in fits:
                parts.setdefault(number, []).append((writer, len(fits) == 1))
    found = [
        replace(it, observed=_observed(parts.get(n, ()))) if _may_run(it, *seen) else it
        for n, it in enumerate(sites)
    ]
    return found, _together(foreign)


def _may_run(it: Judged, *machines: str) -> bool:
    is_run = it.site.label is Label.WRITE and it.role is not Role.TEST
    return is_run and it.site.machine in machines


def _observed(parts: Sequence[tuple[Writer, bool]]) -> Observed:
    if not parts:
        return Observed(Sight.NEVER)
    sure = [writer for writer, is_sure in parts if is_sure]
    writers = sure or [writer for writer, _ in parts]
    return Observed(
        Sight.SEEN if sure else Sight.PERHAPS,
        sum(it.entries for it in writers),
        sum(it.refused for it in writers),
        sum(it.recorded for it in writers),
        max(it.last_at for it in writers),
        tuple(dict.fromkeys(it.site.label for it in writers)),
    )


def _foreign(machine: str, it: Writer) -> Foreign:
    return Foreign(
        machine, it.site.label, it.role, tuple(it.events), it.entries, it.refused, it.recorded,
        it.last_at,
    )  # fmt: skip


def _together(found: Iterable[Foreign]) -> list[Foreign]:
    """Return *found*, the refusals of a write site with its entries: one line each."""
    by_place: dict[tuple[str, str], Foreign] = {}
    for it in found:
        have = by_place.setdefault((it.machine, it.by), it)
        if have is not it:
            by_place[it.machine, it.by] = Foreign(
                it.machine, it.by, have.role or it.role,
                tuple(dict.fromkeys([*have.events, *it.events])), have.entries + it.entries,
                have.refused + it.refused, have.recorded + it.recorded,
                max(have.last_at, it.last_at),
            )  # fmt: skip
    return sorted(by_place.values(), key=lambda it: (it.machine, -it.entries, it.by))


def _fitting(
    sites: Sequence[Judged], asked: Sequence[int], writer: Writer, routes: Routes
) -> list[int]:
    tags = dict(writer.site.tags)
    if tags:
        places = [n for n in asked if _is_place(sites[n], tags)]
        if places or _first(tags, _FILE):
            return _by_event(sites, places, writer)
        views = _by_event(sites, [n for n in asked if _is_view(sites[n], tags, routes)], writer)
        # A view that writes through a service: what it writes tells which one.
        return views or (_by_event(sites, asked, writer) if _is_ours(tags, routes) else [])
    return _by_shape(sites, asked, writer)


def _first(tags: Mapping[str, str], names: Iterable[str]) -> str:
    return next((tags[it] for it in names if tags.get(it)), "")


def _is_place(it: Judged, tags: Mapping[str, str]) -> bool:
    """Whether file, function and line of the tags are those of the site."""
    file, function, line = (_first(tags, names) for names in (_FILE, _FUNCTION, _LINE))
    if not file or not _is_same_file(it.site.file, file):
        return False
    if line.isdigit():
        return it.site.line <= int(line) <= it.site.end_line
    return not function or _is_function(it.site.enclosing, function)


def _is_same_file(file: str, told: str) -> bool:
    """Whether the shorter of two paths is the end of the longer one."""
    ours, theirs = PurePath(file).parts, PurePath(told.replace("\\", "/")).parts
    shorter = min(len(ours), len(theirs))
    return bool(shorter) and ours[-shorter:] == theirs[-shorter:]


def _is_function(enclosing: str, told: str) -> bool:
    return enclosing == told or enclosing.endswith(f".{told}") or told.endswith(f".{enclosing}")


def _is_view(it: Judged, tags: Mapping[str, str], routes: Routes) -> bool:
    """Whether controller or route of the tags are answered by what the site stands in."""
    told = [tags[name] for name in (*_CONTROLLER, *_ROUTE) if tags.get(name)]
    views = [name for one in told for name in (one, view_of(one, routes)) if name]
    parts = {_plain(part) for part in it.site.enclosing.split(".") if part}
    function = _plain(_first(tags, _FUNCTION))
    if function and function not in parts:
        return False
    is_answered = any(_plain(view.rpartition(".")[2]) in parts for view in views)
    return is_answered or (bool(function) and not told)


def _is_ours(tags: Mapping[str, str], routes: Routes) -> bool:
    """Whether controller or route are of this code: of one that has no URLconf any may be."""
    told = [tags[name] for name in (*_CONTROLLER, *_ROUTE) if tags.get(name)]
    views = set(map(_plain, routes.values()))
    return any(
        not routes or view_of(it, routes) or _plain(it.rpartition(".")[2]) in views for it in told
    )


def _plain(name: str) -> str:
    return "".join(_WORD.findall(name.lower()))


def _by_shape(sites: Sequence[Judged], asked: Sequence[int], writer: Writer) -> list[int]:
    shape = read_shape(writer.site.shape)
    if shape is None:
        return []
    fits = [n for n in asked if _writes(sites[n], shape.columns, is_insert=shape.is_insert)]
    fits = [n for n in fits if _is_sql(sites[n]) == (shape.style is Style.TEXT)]
    exact = [n for n in fits if _columns(sites[n]) == shape.columns & _watched(sites, asked)]
    return _by_event(sites, exact or fits, writer)


def _writes(it: Judged, columns: frozenset[str], *, is_insert: bool) -> bool:
    fits_verb = it.site.is_new is None or it.site.is_new == is_insert
    return fits_verb and _columns(it) <= columns


def _columns(it: Judged) -> frozenset[str]:
    return frozenset([it.site.field, *(one.field for one in it.site.beside)])


def _watched(sites: Sequence[Judged], asked: Sequence[int]) -> frozenset[str]:
    found = {name for n in asked for column in _columns(sites[n]) for name in code_names(column)}
    return frozenset(found)


def _is_sql(it: Judged) -> bool:
    return "sql" in it.site.construct.lower() or it.site.file.endswith(".sql")


def _by_event(sites: Sequence[Judged], fits: Sequence[int], writer: Writer) -> list[int]:
    """Return those of *fits* that make a move that was seen; those that may, where none is sure."""
    if not writer.events:
        return list(fits)
    sure = [n for n in fits if set(writer.events) & set(_events(sites[n]))]
    return sure or [n for n in fits if "" in _events(sites[n])]


def _events(it: Judged) -> list[str]:
    """Return the events that a site may make; the empty one where that is not known."""
    if it.kind is not Kind.STATE and not it.judgement.event:
        return ["change", ""] if it.site.is_new is False else ["birth", ""]
    return it.judgement.event.split(", ") if it.judgement.event else [""]
