"""The commands of the README start the applications, and its table tells what they answer."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from examples.hotel.tests.client import Answer, post
from tests.servers import ROOT

README = ROOT / "examples" / "hotel" / "README.md"
_ROW = re.compile(r"^\| `(/.+?)` \| (.*?) ?\| (.*?) \|$", re.MULTILINE)
_COLUMN = {"before": 1, "after": 2}


def rows() -> list[tuple[str, str, str]]:
    """Return the README's table: request, what happens before, what happens after."""
    return _ROW.findall(README.read_text(encoding="utf-8"))


@contextmanager
def started(application: str) -> Iterator[str]:
    """Run the README's command; yield the URL."""
    command = [sys.executable, "-m", "examples.hotel", application, "--port", "0"]
    paths = os.pathsep.join([str(ROOT / "cli"), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": paths}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            yield process.stdout.readline().strip()
        finally:
            process.send_signal(signal.SIGINT)
    assert process.returncode == 0


def send(url: str, request: str) -> Answer:
    """Send a request that is written as curl would take it."""
    path, *options = shlex.split(request)
    told = dict(zip(options[::2], options[1::2], strict=True))
    headers = [
        value.split(": ")
        for name, value in zip(options[::2], options[1::2], strict=True)
        if name == "-H"
    ]
    return post(url, path, dict(headers), json.loads(told.get("-d", "{}")))


def expected(told: str) -> tuple[int, str | None]:
    """Return the status and the code that a cell of the table tells."""
    found = re.match(r"(4\d\d)(?:, (IL\d\d))?", told)
    return (int(found[1]), found[2]) if found else (200, None)


@pytest.mark.slow
@pytest.mark.parametrize("application", ["before", "after"])
def test_the_table_of_the_readme_is_so(application: str) -> None:
    cells = [(row[0], row[_COLUMN[application]]) for row in rows()]
    asked = [(request, cell) for request, cell in cells if cell]

    with started(application) as url:
        answers = [send(url, request) for request, _ in asked]

    assert len(asked) >= 8
    got = [(it.status, it.body.get("code")) for it in answers]
    assert got == [expected(cell) for _, cell in asked]
