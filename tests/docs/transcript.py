"""Pages of the docs whose console blocks are true: run, and compared with what they show.

A page that has a line ``<!-- transcript: empty -->`` begins in an empty folder and an empty
database called ``hotel``; ``<!-- transcript: after README.md -->`` begins where that page ends. A
block after ``<!-- file: NAME -->`` is written to that file. In ``console`` blocks

* ``$ COMMAND`` is ``interlock``, ``psql``, ``python``, ``cat`` or ``echo $?``;
* ``hotel=# SQL`` is run by psql as the superuser, ``hotel=> SQL`` as the role ``hotel_app``;
* a line of three dots stands for any lines.
"""

import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from pginterlock.__main__ import main

ROOT = Path(__file__).parents[2]
DATABASE = "hotel"
APPLICATION = "hotel_app"
_START = re.compile(r"^<!-- transcript: (?:empty|after (\S+)) -->$", re.MULTILINE)
_BLOCK = re.compile(
    r"^(?:<!-- file: (?P<file>\S+) -->\n+)?```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_PROMPT = re.compile(r"(\$|hotel=#|hotel=>) (.*)")
_MORE = re.compile(r"hotel-[#>] ?(.*)")
_ANYTHING = "..."
# What a command prints that takes longer than a second, which depends on the machine.
_PROGRESS = re.compile(r"^  [a-z][^\n]*(?: \.\.\.|: [\d,]+ of [\d,]+)\n", re.MULTILINE)
# What differs from run to run, and what stands for it in a comparison.
_VARYING = (
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d(?::\d\d)?)?"), "TIME"),
    (re.compile(r"\b[0-9a-f]{64}\b|(?<=\[)[0-9a-f]{16}(?=\])"), "DIGEST"),
    (re.compile(r'("(?:backend_pid|transaction_id)": )\d+'), r"\1N"),
    (re.compile(r"_20\d\d_\d\d\b"), "_YYYY_MM"),
    (re.compile(r"(measured on a copy of the tables, PostgreSQL )\d+.*"), r"\1N"),
    (re.compile(r"\b\d+\.\d+ (s|ms)\b"), r"N \1"),
    (re.compile("[·▁▂▃▄▅▆▇█]{2,}"), "BARS"),
    (re.compile(r"(?<=\S)[ ─-]{2,}(?=\S)|-{3,}"), " - "),
    (re.compile(r"[ \t]+$", re.MULTILINE), ""),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One command of a console block, and what the page says that it prints."""

    prompt: str
    command: str
    shown: str


@dataclass(slots=True)
class Place:
    """Where a page is run: a folder, a server, psql, and how the last command ended."""

    folder: Path
    environment: Mapping[str, str]
    psql: Path
    exit_code: int = 0

    def run(self, step: Step) -> str:
        """Run one command and return what it prints."""
        if step.prompt != "$":
            user = [] if step.prompt.endswith("#") else ["-U", APPLICATION]
            return self._psql(user, step.command)
        program, *arguments = shlex.split(step.command)
        match program:
            case "interlock":
                return self._interlock(arguments)
            case "psql":
                return self._psql(arguments, None)
            case "python":
                return self._python(arguments)
            case "cat":
                return (self.folder / arguments[0]).read_text(encoding="utf-8")
            case "echo":
                return f"{self.exit_code}\n"
        raise AssertionError(f"a page runs {program!r}, which is not known here")

    def _psql(self, arguments: list[str], text: str | None) -> str:
        command = [str(self.psql), "-X", "-v", "SHOW_CONTEXT=never", *arguments]
        done = subprocess.run(
            command,
            input=text,
            stdin=None if text is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            cwd=self.folder,
            env={**os.environ, **self.environment},
        )
        self.exit_code = done.returncode
        return done.stdout

    def _python(self, arguments: list[str]) -> str:
        paths = os.pathsep.join([str(ROOT / "cli"), str(self.folder)])
        done = subprocess.run(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            cwd=self.folder,
            env={**os.environ, **self.environment, "PYTHONPATH": paths, "NO_COLOR": "1"},
        )
        self.exit_code = done.returncode
        return done.stdout

    def _interlock(self, arguments: list[str]) -> str:
        raw = io.BytesIO()
        said = io.TextIOWrapper(raw, encoding="utf-8", write_through=True)
        with (
            chdir(self.folder),
            mock.patch.dict(os.environ, self.environment),
            mock.patch.object(sys, "argv", ["interlock", *arguments]),
            mock.patch.object(sys, "stdin", io.StringIO()),
            redirect_stdout(said),
            redirect_stderr(said),
        ):
            try:
                main()
            except SystemExit as stop:
                self.exit_code = int(stop.code or 0)
        return _PROGRESS.sub("", raw.getvalue().decode())


def pages() -> list[str]:
    """Return the pages that are transcripts, by their path from the root."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [
        page.relative_to(ROOT).as_posix()
        for page in found
        if _START.search(page.read_text(encoding="utf-8"))
    ]


def predecessors(page: str) -> list[str]:
    """Return the pages that are run before *page*, first one first."""
    match = _START.search((ROOT / page).read_text(encoding="utf-8"))
    assert match, f"{page} is no transcript"
    return [*predecessors(match[1]), match[1]] if match[1] else []


def play(page: str, place: Place) -> tuple[str, list[str]]:
    """Run *page*; return its text as it should be, and what is not as it shows."""
    text = (ROOT / page).read_text(encoding="utf-8")
    wrong: list[str] = []

    def replayed(match: re.Match[str]) -> str:
        if match["file"]:
            file = place.folder / match["file"]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(match["text"], encoding="utf-8")
        if match["language"] != "console":
            return match[0]
        lines = []
        for step in _steps(match["text"]):
            printed = place.run(step)
            if _agree(step.shown, printed):
                printed = step.shown
            else:
                wrong.append(f"{page}: {step.prompt} {step.command}\n{printed}")
            lines.append(_written(step, printed))
        return f"```console\n{''.join(lines)}```"

    return _BLOCK.sub(replayed, text), wrong


def _steps(text: str) -> Iterator[Step]:
    prompt, command, shown = "", [""], [""]
    for line in text.splitlines():
        if match := _PROMPT.match(line):
            if prompt:
                yield _step(prompt, command, shown)
            prompt, command, shown = match[1], [match[2]], []
        elif (match := _MORE.match(line)) and not shown:
            command.append(match[1])
        else:
            shown.append(line)
    yield _step(prompt, command, shown)


def _step(prompt: str, command: list[str], shown: list[str]) -> Step:
    return Step(prompt, "\n".join(command), "\n".join(shown))


def _written(step: Step, printed: str) -> str:
    first, *more = step.command.split("\n")
    continued = step.prompt.replace("=", "-")
    lines = [f"{step.prompt} {first}", *(f"{continued} {line}".rstrip() for line in more)]
    body = "\n".join(line.rstrip() for line in printed.strip("\n").split("\n"))
    return "\n".join([*lines, body]).rstrip("\n") + "\n" if body else "\n".join(lines) + "\n"


def _agree(shown: str, printed: str) -> bool:
    """Whether *shown* is what was *printed*, up to what varies; dots stand for any lines."""
    parts = [re.escape(_steady(part)) for part in re.split(r"(?m)^\s*\.\.\.$", shown)]
    return re.fullmatch(r"\n?.*\n?".join(parts), _steady(printed), re.DOTALL) is not None


def _steady(text: str) -> str:
    for pattern, word in _VARYING:
        text = pattern.sub(word, text)
    return text.strip("\n")
