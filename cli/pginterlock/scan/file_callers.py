"""Who runs a file of SQL: code that names it, lists its folder, or calls its query. Pure."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePath

from pginterlock.scan import folder_runs
from pginterlock.scan.bindings import walk
from pginterlock.scan.modules import Module, function_of, statements_at
from pginterlock.scan.project import Project
from pginterlock.scan.site import Callers, Site, Transaction
from pginterlock.scan.transactions import Transactions

_MOST = 20  # files that speak of one: a name that more of them hold is a word, and no file
_OPENED = (Transaction.YES, Transaction.CALLER, Transaction.SESSION)


def run_by(project: Project, transactions: Transactions, site: Site) -> Site:
    """Return a site of a file of SQL with the transaction of the code that runs the file, if any.

    A site that has one of its own, or of which nobody knows, stays as it is.
    """
    if site.transaction is not Transaction.NO:
        return site
    places = [*_naming(project, PurePath(site.file).name), *_calling(project, site.enclosing)]
    if not places:
        places = [*folder_runs.runs(project, site.file)]
    said = [transactions.verdict(module, stmt, is_session=False) for module, stmt in places]
    known = [it for it in said if it[0] is not Transaction.UNKNOWN]
    if not known:
        return site
    opening = [reason for transaction, _, reason in known if transaction in _OPENED]
    if not opening:
        return replace(
            site, callers=Callers.NO, transaction_reason="no code that runs it opens one"
        )
    return replace(
        site,
        transaction=Transaction.CALLER,
        callers=Callers.ALL if len(opening) == len(known) else Callers.SOME,
        transaction_reason=f"the code that runs it: {opening[0]}",
    )


def _naming(project: Project, file: str) -> Iterator[tuple[Module, ast.stmt]]:
    """Yield the statements of functions that name *file*, in a text of its own or as a path."""
    paths = project.holding(file)
    for path in paths if len(paths) <= _MOST else ():
        module = project.module(path)
        for line in _lines(module.text, file) if module else ():
            for stmt in statements_at(module, line) if module else ():
                if module and function_of(module, stmt) and _names(stmt, file):
                    yield module, stmt


def _lines(text: str, word: str) -> list[int]:
    return [at for at, line in enumerate(text.split("\n"), start=1) if word in line]


def _names(stmt: ast.stmt, file: str) -> bool:
    return any(
        isinstance(it, ast.Constant)
        and isinstance(it.value, str)
        and (it.value == file or it.value.endswith(f"/{file}"))
        for it in walk(stmt)
    )


def _calling(project: Project, query: str) -> Iterator[tuple[Module, ast.stmt]]:
    """Yield the calls of a named query as a method: ``queries.fetch_job(connection)``."""
    name = query.replace("-", "_")
    if not name.isidentifier() or project.holding(f"def {name}("):
        return
    for module, call, stmt in project.calls(name, _MOST):
        if isinstance(call.func, ast.Attribute) and function_of(module, stmt):
            yield module, stmt
