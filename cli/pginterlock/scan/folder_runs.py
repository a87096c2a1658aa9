"""Code that runs the files of SQL of a folder, which it lists: their names stand nowhere. Pure."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import PurePath

from pginterlock.scan.bindings import walk
from pginterlock.scan.kinds import Function
from pginterlock.scan.modules import Module, function_of
from pginterlock.scan.project import Project, called_name, calls_in
from pginterlock.scan.units import own_calls

_LISTING = ("listdir", "scandir", "iterdir", "glob", "rglob", "walk")
_SUFFIXES = ('.sql"', ".sql'")
_FOLDERS = 3  # above a file, which may be named
_MOST = 20  # files that speak of such a suffix: of more, none is looked into


def runs(project: Project, file: str) -> Iterator[tuple[Module, ast.stmt]]:
    """Yield the statements that run what a function finds in a folder in which *file* lies.

    The function lists a folder, asks for names that end with ``.sql``, and names one that is above
    the file. Where it executes nothing itself, it is the statement that lists.
    """
    folders = {it.lower() for it in PurePath(file).parent.parts[-_FOLDERS:]}
    paths = dict.fromkeys(path for it in _SUFFIXES for path in project.holding(it))
    for path in paths if len(paths) <= _MOST else ():
        raw = project.text(path)
        names = [it for it in _LISTING if it.encode() in raw]
        if names and (module := project.module(path)):
            for function, stmt in _listing(module, names):
                if _is_of(function, folders):
                    yield from ((module, it) for it in _executing(function) or [stmt])


def _listing(module: Module, names: Iterable[str]) -> Iterator[tuple[Function, ast.stmt]]:
    for name in names:
        for _, stmt in calls_in(module, name):
            if function := function_of(module, stmt):
                yield function, stmt


def _is_of(function: Function, folders: set[str]) -> bool:
    """Say whether a function asks for files of SQL, and names one of *folders*."""
    told = [it.value for it in walk(function.node) if isinstance(it, ast.Constant)]
    texts = [it for it in told if isinstance(it, str)]
    is_of_sql = any(it.endswith(".sql") for it in texts)
    return is_of_sql and any(part in folders for it in texts for part in it.lower().split("/"))


def _executing(function: Function) -> list[ast.stmt]:
    """Return the statements in which a function executes what is in no text of its own."""
    return [
        stmt
        for call, stmt in own_calls(function)
        if called_name(call).startswith(("execute", "exec_driver_sql"))
        and not any(isinstance(it, ast.Constant | ast.JoinedStr) for it in call.args)
    ]
