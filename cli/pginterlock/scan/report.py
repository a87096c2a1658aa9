"""Report: all that `interlock scan` has to say, before it is printed in one format or another.

Pure: data only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pginterlock.scan.figures import Figures
from pginterlock.scan.judged import Judged, Remark
from pginterlock.scan.observed import Foreign
from pginterlock.scan.site import Unread


@dataclass(frozen=True, slots=True)
class Report:
    """The figures, what could not be read, and what was seen at run time.

    *subjects* says what was looked for. *foreign* is None where nobody looked at run time. *gone*
    are the sites of the baseline that are no longer there, None where there is no baseline.
    """

    subjects: tuple[str, ...]
    figures: Figures
    advice: tuple[str, ...] = ()
    unread: tuple[Unread, ...] = ()
    files: int = 0
    lines: int = 0
    notes: tuple[str, ...] = ()
    foreign: tuple[Foreign, ...] | None = None
    gone: int | None = None

    @property
    def remarks(self) -> list[tuple[Judged, Remark]]:
        """Every finding with its site, by file and line."""
        return [(it, one) for it in self.figures.production for one in it.remarks]


def place(it: Judged) -> str:
    """Return file and line of a site."""
    return f"{it.site.file}:{it.site.line}"


def by_file(sites: Sequence[Judged]) -> str:
    """Return files and lines of *sites*, the lines of a file together."""
    lines: dict[str, list[str]] = {}
    for it in sites:
        lines.setdefault(it.site.file, []).append(str(it.site.line))
    return "; ".join(f"{file}:{', '.join(some)}" for file, some in lines.items())


def context(it: Judged) -> str:
    """Return what a site stands in, for people."""
    name = it.site.enclosing
    if not name:
        return "the module"
    is_class = name.rpartition(".")[2][:1].isupper()
    return name if is_class else f"{name}()"


def values(it: Judged) -> str:
    """Return what a site writes, for people: each column with its values."""
    parts = [(it.site.field, it.site.values), *((one.field, one.values) for one in it.site.beside)]
    return ", ".join(f"{name} = {_told(some)}" for name, some in parts)


def _told(some: Sequence[str | None]) -> str:
    return " or ".join("?" if value is None else value for value in some) or "?"


def transaction(it: Judged) -> str:
    """Return the transaction of a site in words: the verdict, and why."""
    site = it.site
    callers = f", {site.callers.value} of them open one" if site.callers else ""
    words = {
        "yes": "yes",
        "no": "none",
        "caller": f"its callers'{callers}",
        "session": "the session's, committed elsewhere",
        "unknown": "unknown",
        "n/a": "nothing runs here",
    }
    told = words[site.transaction.value]
    return f"{told} ({site.transaction_reason})" if site.transaction_reason else told


def note(it: Judged) -> str:
    """Return all else that is said of a site: verdict, what is asked, stamps, findings, sights."""
    judgement = it.judgement
    stamps = judgement.stamps
    event = f"{judgement.event}: " if judgement.event else ""
    parts = [f"{event}{judgement.text}"] if it.site.machine else []
    if judgement.asks:
        parts.append(f"the machine asks for {', '.join(judgement.asks)}")
    if stamps.written:
        parts.append(f"stamps written: {', '.join(stamps.written)}")
    if stamps.filled:
        parts.append(f"the machine fills {', '.join(stamps.filled)}")
    if stamps.lacking:
        parts.append(f"stamps missing: {', '.join(stamps.lacking)}")
    if it.is_new:
        parts.append("new: not in the baseline")
    if it.accepted is not None:
        parts.append(f"accepted: {it.accepted}")
    if it.observed:
        parts.append(sight(it))
    return "; ".join(parts)


def sight(it: Judged) -> str:
    """Return what was seen of a site at run time, for people."""
    seen = it.observed
    if seen is None:
        return ""
    if seen.last_at is None:
        return seen.sight.value
    counts = [(seen.entries, "entries"), (seen.refused, "refused"), (seen.recorded, "let through")]
    told = ", ".join(f"{count:,} {word}" for count, word in counts if count)
    return f"{seen.sight.value}: {told}, last {seen.last_at:%Y-%m-%d %H:%M}"
