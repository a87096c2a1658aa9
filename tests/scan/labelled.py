"""Read what was labelled by hand: the projects, and the rows of each."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.scan.scoring import Row

LABELS = Path(__file__).parent / "labels"
_SHARED = Path(__file__).parents[3] / "shared" / "data" / "scan"


@dataclass(frozen=True, slots=True)
class Project:
    """A public project: what to ask pip for, the folder of its release that is scanned, its set.

    *requirements* are of one version; more than one where a project is published in parts.
    The scan is made right by looking at the set ``dev``; the set ``held`` is only counted.
    """

    name: str
    requirements: tuple[str, ...]
    root: str
    set: str

    @property
    def labels(self) -> Path:
        """Where its rows are; those of the project that is handed out are beside the tree."""
        own = LABELS / f"{self.name}.csv"
        return own if own.exists() else _SHARED / f"{self.name.rpartition('_')[2]}.csv"


def projects() -> list[Project]:
    """Read the projects that have rows: dev first, then by name."""
    found = (one for one in _named() if one.labels.exists())
    return sorted(found, key=lambda one: (one.set, one.name))


def absent() -> list[Project]:
    """Read the projects whose rows are not here: nothing can be measured of them."""
    return sorted((one for one in _named() if not one.labels.exists()), key=lambda one: one.name)


def _named() -> list[Project]:
    return [
        Project(line["project"], tuple(line["requirement"].split()), line["root"], line["set"])
        for path in sorted(LABELS.glob("projects_*.csv"))
        for line in _lines(path)
    ]


def rows(project: Project) -> list[Row]:
    """Read the rows of *project*."""
    return [
        Row(
            file=line["file"],
            line=int(line["line"]),
            start=int(line["stmt_start"]),
            end=int(line["stmt_end"]),
            model=line["model"],
            column=line["column"],
            in_tx=line["in_tx"],
            label=line["label"],
            kind=line["kind"],
            note=line["note"],
        )
        for line in _lines(project.labels)
    ]


def columns(labelled: list[Row]) -> list[tuple[str, str]]:
    """List the (model, column) pairs that have a write or a default, as first met."""
    pairs = (
        (row.model, row.column)
        for row in labelled
        if row.label != "lookalike" and "-" not in (row.model, row.column)
    )
    return list(dict.fromkeys(pairs))


def _lines(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as text:
        yield from csv.DictReader(text)
