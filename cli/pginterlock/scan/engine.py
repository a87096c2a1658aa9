"""Find the write sites of a project: files in, sites out. The shell of `scan`."""

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from pginterlock.scan.candidates import candidates, hit_lines, pattern
from pginterlock.scan.infer import Reader
from pginterlock.scan.modules import ClassDef, Module, scope_of
from pginterlock.scan.project import Project
from pginterlock.scan.python_sites import Draft, judge
from pginterlock.scan.site import Beside, Label, Scanned, Site, Target, Transaction, Unread
from pginterlock.scan.transactions import Transactions
from pginterlock.scan.wanted import Wanted, is_mapped_class, wanted

_ROWS = ("save", "asave", "commit", "flush", "refresh_from_db")


def scan(
    paths: Sequence[Path],
    targets: Sequence[Target],
    *,
    cache: Path | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Scanned:
    """Return the sites of *targets* in the files below *paths*."""
    texts: dict[str, bytes] = {}
    for path in paths:
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            texts[str(file)] = file.read_bytes()
    found = Scanned(files=len(texts), lines=sum(it.count(b"\n") for it in texts.values()))
    sites(texts, targets, found, progress)
    return found


def sites(
    texts: Mapping[str, bytes], targets: Sequence[Target], found: Scanned, progress: Callable[[str], None]
) -> None:
    """Add the sites of the Python files among *texts* to *found*."""
    project = Project(texts)
    reader = Reader(project)
    every = [wanted(reader, it) for it in targets]
    names = frozenset(name for it in every for name in it.names)
    looked = pattern(names)
    transactions = Transactions(reader)
    drafts: list[Draft] = []
    for number, (path, raw) in enumerate(texts.items()):
        lines = hit_lines(raw, looked)
        if not lines:
            continue
        progress(f"reading {path} ({number} of {len(texts)} files)")
        module = project.module(path)
        if module is None:
            continue
        for it in candidates(module, names, lines):
            for one in every:
                if it.name in one.names:
                    drafts += judge(reader, one, it, module)
    for group in _grouped(_once(drafts)):
        found.sites.append(_site(reader, transactions, group))
    found.sites.sort(key=lambda it: (it.file, it.line, it.column, it.field))
    found.unread += [Unread(path, line, told) for path, (line, told) in project.broken.items()]
    found.missing += [it.model for one, it in zip(every, targets, strict=True) if it.model and not one.classes]


def _once(drafts: Sequence[Draft]) -> list[Draft]:
    seen: set[object] = set()
    kept = []
    for it in drafts:
        key = (it.node, it.field, it.wanted.target)
        if key not in seen:
            seen.add(key)
            kept.append(it)
    return kept


def _grouped(drafts: Sequence[Draft]) -> Iterator[list[Draft]]:
    """Yield the drafts that are one write of one row, the first first."""
    groups: list[list[Draft]] = []
    for it in sorted(drafts, key=lambda d: (d.module.path, d.stmt.lineno, getattr(d.node, "lineno", 0), getattr(d.node, "col_offset", 0))):
        for group in reversed(groups):
            if _is_same_write(group, it):
                group.append(it)
                break
        else:
            groups.append([it])
    yield from groups


def _is_same_write(group: list[Draft], it: Draft) -> bool:
    first = group[0]
    if first.module is not it.module or first.wanted is not it.wanted or it.label is not first.label:
        return False
    if any(one.field == it.field for one in group):
        return False
    if it.call is not None or first.call is not None:
        return it.call is first.call
    if not it.row or it.row != first.row or scope_of(it.module, it.stmt) is not scope_of(first.module, first.stmt):
        return False
    return not _saved_between(it.module, first.stmt, it.stmt)


def _saved_between(module: Module, one: ast.stmt, other: ast.stmt) -> bool:
    for stmt in module.up:
        if isinstance(stmt, ast.Expr) and one.lineno < stmt.lineno < other.lineno:
            call = stmt.value.value if isinstance(stmt.value, ast.Await) else stmt.value
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _ROWS:
                return True
    return False


def _site(reader: Reader, transactions: Transactions, group: list[Draft]) -> Site:
    it = group[0]
    module = it.module
    scope = scope_of(module, it.stmt)
    if isinstance(scope, ClassDef) and scope.name in ("Meta", "_Meta"):
        scope = scope_of(module, scope.node)
    is_session = it.wanted.is_mapped and not it.construct.startswith("core_")
    transaction, callers, told = Transaction.NONE, transactions.verdict(module, it.stmt, is_session=is_session)[1], ""
    if it.label is Label.WRITE and it.construct != "factory_attr":
        transaction, callers, told = transactions.verdict(module, it.stmt, is_session=is_session)
    if it.construct in ("modelform_field", "serializer_field", "view_field", "admin_list_editable"):
        transaction, told = Transaction.NO, "the form saves by itself"
    line = getattr(it.node, "lineno", it.stmt.lineno)
    return Site(
        file=module.path,
        line=line,
        column=getattr(it.node, "col_offset", 0) + 1,
        end_line=max(getattr(it.node, "end_lineno", line) or line, line),
        enclosing=scope.qualname if scope else "",
        model=it.wanted.shown,
        field=it.field,
        construct=it.construct,
        values=it.values,
        sources=it.sources,
        transaction=transaction,
        callers=callers,
        transaction_reason=told,
        beside=tuple(Beside(b.field, getattr(b.node, "lineno", 0), b.values) for b in group[1:]),
        confidence=it.confidence,
        reason=it.reason,
        label=it.label,
        machine=it.wanted.target.machine,
        table=it.wanted.target.table,
        is_new=it.is_new,
        text=module.text.splitlines()[line - 1].strip() if module.text else "",
    )


def is_mapped(reader: Reader, it: Wanted) -> bool:
    """Say whether SQLAlchemy maps what is wanted."""
    return any(is_mapped_class(reader, one) for one in it.classes)
