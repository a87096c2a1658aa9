"""The states that a row can come from, where a test or a filter before a write says so. Pure."""

import ast
from collections.abc import Iterable, Iterator

from pginterlock.scan.candidates import Candidate
from pginterlock.scan.filters import Filters
from pginterlock.scan.givings import givings
from pginterlock.scan.infer import Reader
from pginterlock.scan.modules import Module
from pginterlock.scan.state_changes import changes, targets
from pginterlock.scan.state_tests import Left, Tests, all_of, any_of, of_row
from pginterlock.scan.wanted import Wanted

_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_BLOCKS = ("body", "orelse", "finalbody", "handlers")


def of_attribute(
    reader: Reader, wanted: Wanted, receiver: ast.AST, it: Candidate, module: Module
) -> tuple[str, ...]:
    """Return the states in which a row is that is written: by tests, and by what it is got with.

    Tests are ``if row.status == X`` around the write and what leaves before it, an ``assert``, a
    ``case``; each narrows what the others leave, back to where the state is written before.
    """
    names = _names(wanted)
    row = ast.unparse(receiver)
    tests = Tests(reader, names, of_row(row, names), row)
    found = list(_tested(tests, it.stmt, module))
    if not found or found[-1] is not _WRITTEN:
        found.append(_got(reader, wanted, names, receiver, it, module))
    left = all_of(one for one in found if one is not _WRITTEN)
    return left.of(wanted.target.states) if left else ()


_WRITTEN, _MADE = Left(("written here",)), Left(("bound here",))


def _tested(tests: Tests, stmt: ast.AST, module: Module) -> Iterator[Left | None]:
    """Yield what tests around and before *stmt* leave; last `_WRITTEN` where the state is written.

    Nothing before the row is bound counts.
    """
    node = stmt
    while (above := module.up.get(node)) is not None:
        for told in _before(tests, above, node, module):
            if told is not _MADE:
                yield told
            if told in (_MADE, _WRITTEN):
                return
        if above in module.scopes or isinstance(above, ast.Module):
            return
        yield _around(tests, above, node, module)
        if _binds(tests.row, [above]):
            return
        if any(changes(tests, it, module) for it in _maybe_before(above, node)):
            yield _WRITTEN
            return
        node = above


def _names(wanted: Wanted) -> frozenset[str]:
    """Return the names that the state has in code."""
    state = wanted.target.fields[0]
    kept = frozenset(
        name for name, it in wanted.properties.items() if it.is_kept and it.column == state
    )
    return kept.union(name for name, column in wanted.names.items() if column == state)


def _before(tests: Tests, holder: ast.AST, node: ast.AST, module: Module) -> Iterator[Left | None]:
    """Yield what the statements before *node* leave, from the last one back."""
    blocks = [getattr(holder, it, None) for it in _BLOCKS]
    body = next((it for it in blocks if isinstance(it, list) and node in it), [])
    for stmt in reversed(body[: body.index(node)] if body else []):
        yield _passed(tests, stmt, module)
        if changes(tests, stmt, module):
            yield _WRITTEN
        elif _binds(tests.row, ast.walk(stmt)):
            yield _MADE


def _passed(tests: Tests, stmt: ast.stmt, module: Module) -> Left | None:
    """Return what a statement leaves that was passed."""
    match stmt:
        case ast.If(test=test, orelse=[ast.If() as other]) if _leaves(stmt):
            told = tests.left(test, module, stmt, is_true=False)
            return all_of([told, _passed(tests, other, module)])
        case ast.If(test=test) if _leaves(stmt):
            return tests.left(test, module, stmt, is_true=False)
        case ast.If(test=test, orelse=[*_, last]) if isinstance(last, _LEAVES):
            return tests.left(test, module, stmt)
        case ast.Assert(test=test):
            return tests.left(test, module, stmt)
    return None


def _leaves(stmt: ast.If) -> bool:
    return isinstance(stmt.body[-1], _LEAVES)


def _maybe_before(holder: ast.AST, node: ast.AST) -> Iterator[ast.stmt]:
    """Yield what may have run before *node* in *holder*, though it does not stand before it.

    That is the body of a ``try`` before its handlers, and the rest of a loop.
    """
    match holder:
        case ast.Try(body=body, handlers=handlers, finalbody=final) if node not in body:
            yield from body
            if node in final:
                yield from (it for one in handlers for it in one.body)
        case ast.While(body=body) | ast.For(body=body) | ast.AsyncFor(body=body) if node in body:
            yield from body[body.index(node) + 1 :]


def _binds(row: str, them: Iterable[ast.AST]) -> bool:
    """Say whether one of *them* gives the name of the row a value."""
    return any(isinstance(part, ast.Name) and part.id == row for it in them for part in targets(it))


def _around(tests: Tests, holder: ast.AST, node: ast.AST, module: Module) -> Left | None:
    """Return what the test of an ``if``, a ``while`` or a ``case`` around *node* leaves."""
    match holder:
        case ast.If(test=test, orelse=orelse) | ast.While(test=test, orelse=orelse):
            return tests.left(test, module, holder, is_true=node not in orelse)
        case ast.match_case():
            above = module.up.get(holder)
            if isinstance(above, ast.Match) and tests.is_state(above.subject, module, above):
                return _of_case(tests, above, holder, module)
    return None


def _of_case(tests: Tests, match: ast.Match, holder: ast.match_case, module: Module) -> Left | None:
    earlier = [it for it in match.cases[: match.cases.index(holder)] if it.guard is None]
    them = [_of_pattern(tests, match, it.pattern, module) for it in earlier]
    return all_of(
        [
            *(Left(it.states, not it.is_rest) for it in them if it),
            _of_pattern(tests, match, holder.pattern, module),
        ]
    )


def _of_pattern(
    tests: Tests, match: ast.Match, pattern: ast.pattern, module: Module
) -> Left | None:
    match pattern:
        case ast.MatchValue(value=value):
            test = ast.Compare(match.subject, [ast.Eq()], [value])
            return tests.left(test, module, match)
        case ast.MatchOr(patterns=patterns):
            return any_of([_of_pattern(tests, match, it, module) for it in patterns])
        case ast.MatchAs(pattern=ast.pattern() as inner):
            return _of_pattern(tests, match, inner, module)
    return None


def _got(
    reader: Reader,
    wanted: Wanted,
    names: frozenset[str],
    row: ast.AST,
    it: Candidate,
    module: Module,
) -> Left | None:
    """Return what the query that gave *row* its value filters by."""
    if not isinstance(row, ast.Name):
        return None
    filters = Filters(reader, wanted, names)
    return any_of(
        [
            filters.of_binding(given.value, given.how, given.path, where, given.stmt)
            for given, where in givings(reader, row, module, it.stmt)
        ]
    )


def of_query(
    reader: Reader, wanted: Wanted, call: ast.Call, module: Module, at: ast.AST
) -> tuple[str, ...]:
    """Return the states that the filters before an ``update`` leave."""
    if not isinstance(call.func, ast.Attribute):
        return ()
    left = Filters(reader, wanted, _names(wanted)).left(call.func.value, module, at)
    return left.of(wanted.target.states) if left else ()
