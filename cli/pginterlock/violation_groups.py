"""Writes that broke a rule, grouped: by rule, write site and writer.

Pure: data in, data out. What was let through (observe and ratchet record it) and what was refused
(clients and logs report it) stand side by side, never in one number.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pginterlock.write_sites import WriteSite

SAMPLES = 3  # of a group, where nobody asks for more or fewer


class Source(StrEnum):
    """Who says that a rule was broken."""

    RECORDED = "recorded"  # the guard itself: the write went through
    CLIENT = "client"  # a client, of a write that was refused
    LOG = "log"  # the log of the server, of a write that was refused


@dataclass(frozen=True, slots=True)
class Sample:
    """One write that broke a rule."""

    at: datetime | str
    message: str
    key: object = None
    from_state: str | None = None
    to_state: str | None = None
    statement: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """*count* writes that broke one rule in one way."""

    source: Source
    machine: str
    code: str
    rule: str
    role: str
    application: str
    site: WriteSite
    actor: str | None
    count: int
    first_at: datetime
    last_at: datetime
    event: str | None = None
    samples: tuple[Sample, ...] = ()
    slots: Mapping[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class Group:
    """All writes that broke one rule, from one site, by one role."""

    source: Source
    machine: str
    code: str
    rule: str
    role: str
    application: str
    site: WriteSite
    first_at: datetime
    last_at: datetime
    count: int = 0
    actors: Counter[str] = field(default_factory=Counter)
    samples: list[Sample] = field(default_factory=list)
    slots: Counter[int] = field(default_factory=Counter)

    def add(self, seen: Seen, samples: int = SAMPLES) -> None:
        """Count *seen* in; keep up to *samples* of all."""
        self.count += seen.count
        self.first_at = min(self.first_at, seen.first_at)
        self.last_at = max(self.last_at, seen.last_at)
        if seen.actor:
            self.actors[seen.actor] += seen.count
        for sample in seen.samples:
            if len(self.samples) < samples:
                self.samples.append(sample)
        self.slots.update(seen.slots)


def grouped(seen: Iterable[Seen], samples: int = SAMPLES) -> list[Group]:
    """Return groups of what was *seen*, the largest first, with up to *samples* of each."""
    found: dict[tuple[object, ...], Group] = {}
    for it in seen:
        place = (it.source, it.machine, it.code, it.role, it.application, it.site)
        if place not in found:
            found[place] = Group(
                it.source, it.machine, it.code, it.rule, it.role, it.application, it.site,
                it.first_at, it.last_at,
            )  # fmt: skip
        found[place].add(it, samples)
    return sorted(found.values(), key=lambda it: (-it.count, it.machine, it.code, it.site.label))


def group_dict(group: Group, trend: Sequence[int] | None = None) -> dict[str, object]:
    """Return *group* as the JSON object that the reference documents, with its *trend* if any."""
    told = {} if trend is None else {"trend": list(trend)}
    return {
        **told,
        "source": group.source.value,
        "machine": group.machine,
        "code": group.code,
        "rule": group.rule,
        "count": group.count,
        "role": group.role,
        "application": group.application,
        "site": group.site.label,
        "tags": dict(group.site.tags),
        "actors": dict(group.actors.most_common()),
        "first_at": group.first_at,
        "last_at": group.last_at,
        "samples": [
            {
                "at": it.at,
                "key": it.key,
                "from": it.from_state,
                "to": it.to_state,
                "message": it.message,
                "statement": it.statement,
            }
            for it in group.samples
        ],
    }
