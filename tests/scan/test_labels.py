"""The labels themselves: that each row is one that can be judged."""

import csv
from collections import Counter

import pytest
from tests.scan import accuracy, labelled
from tests.scan.labelled import LABELS, Project, projects, rows

from pginterlock.scan.site import Transaction

_FIELDS = [
    "id",
    "project",
    "commit",
    "file",
    "line",
    "stmt_start",
    "stmt_end",
    "enclosing",
    "model",
]
_FIELDS += ["column", "construct", "in_tx", "label", "difficulty", "kind", "note"]


# The labels that lie beside the tree are judged by who made them.
_OURS = [it for it in projects() if it.labels.parent == LABELS]


def test_each_file_of_labels_belongs_to_one_project() -> None:
    named = Counter(project.name for project in _OURS)
    found = {path.stem for path in LABELS.glob("*.csv") if not path.stem.startswith("projects_")}
    assert named == Counter(found)


@pytest.mark.parametrize("project", _OURS, ids=lambda project: project.name)
def test_each_row_can_be_judged(project: Project) -> None:
    with project.labels.open(encoding="utf-8", newline="") as text:
        reader = csv.DictReader(text)
        raw = list(reader)
        assert reader.fieldnames == _FIELDS
    assert project.set in {"dev", "held"}
    assert {line["project"] for line in raw} == {project.name}
    versions = {requirement.partition("==")[2] for requirement in project.requirements}
    assert {line["commit"] for line in raw} == versions
    assert [name for name, times in Counter(line["id"] for line in raw).items() if times > 1] == []
    for row in rows(project):
        assert row.start <= row.line <= row.end, row
        assert row.label in {"write", "default", "lookalike"}, row
        assert row.in_tx in set(Transaction), row
        assert row.kind in {"prod", "test", "migration"}, row
        assert (row.in_tx == "n/a") or row.label != "default", row


@pytest.mark.parametrize("project", projects(), ids=lambda project: project.name)
def test_no_place_is_labelled_twice(project: Project) -> None:
    places = Counter(
        (row.file, row.line, row.model, row.column, row.label) for row in rows(project)
    )
    assert [place for place, times in places.items() if times > 1] == []


def test_a_project_without_its_labels_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(labelled, "_SHARED", LABELS / "nowhere")
    monkeypatch.setattr(accuracy, "measure", lambda project: pytest.fail(project.name))
    [away] = [it.name for it in labelled.absent()]

    assert away not in {it.name for it in labelled.projects()}
    assert accuracy.main([away]) == 2
    said = capsys.readouterr().err
    assert f"{away} is left out: its labels are not here" in said
    assert f"nowhere/{away.rpartition('_')[2]}.csv" in said
