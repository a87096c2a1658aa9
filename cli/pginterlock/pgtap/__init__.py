"""Run pgTAP files: a fresh database for each, with psql or without; `pg_prove` runs the same files.

``tap`` reads what a file says, ``script`` reads a file where there is no psql, ``place`` makes the
databases, ``execute`` runs one file, ``run`` runs all, ``formats`` writes TAP and JUnit.
"""

from pginterlock.pgtap.execute import find_psql
from pginterlock.pgtap.formats import Totals, to_junit, to_tap
from pginterlock.pgtap.place import build_template, clone, maintenance, template
from pginterlock.pgtap.run import (
    Result,
    Server,
    find_files,
    is_test_file,
    run_file,
    run_files,
)
from pginterlock.pgtap.tap import Outcome, Test, Verdict, parse

__all__ = [
    "Outcome",
    "Result",
    "Server",
    "Test",
    "Totals",
    "Verdict",
    "build_template",
    "clone",
    "find_files",
    "find_psql",
    "is_test_file",
    "maintenance",
    "parse",
    "run_file",
    "run_files",
    "template",
    "to_junit",
    "to_tap",
]
