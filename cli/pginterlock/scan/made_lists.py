"""The texts that lists and dicts hold, one after the other, as they are joined to SQL. Pure."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pginterlock.scan import filled_loops, loop_tests, made_fields
from pginterlock.scan.definitions import last_name, returned
from pginterlock.scan.givings import givings
from pginterlock.scan.kinds import Callee, Function
from pginterlock.scan.made_places import Made, Place, given_by, unpacked
from pginterlock.scan.modules import Binding, scope_of, statements
from pginterlock.scan.sql_holes import OPEN

if TYPE_CHECKING:
    from pginterlock.scan.made_texts import MadeTexts

_MOST = 60  # texts in one list
_SAME = frozenset(["list", "tuple", "set", "frozenset", "sorted", "reversed", "dict", "iter"])
_ONE = frozenset(["append", "add", "insert", "setdefault"])
_SEVERAL = frozenset(["extend", "update"])
_KEYS = frozenset(["keys", "items", "copy"])
Items = list[Made]
Added = tuple[str, ast.expr, ast.stmt]


def items(texts: "MadeTexts", node: ast.AST, place: Place, depth: int) -> Items | None:
    """Return what *node* holds, one after the other; None where that is not known."""
    found = _items(texts, node, place, depth - 1) if depth > 0 else None
    return found if found is not None and len(found) <= _MOST else None


def _items(texts: "MadeTexts", node: ast.AST, place: Place, depth: int) -> Items | None:
    found: Items | None = None
    match node:
        case ast.List(elts=elts) | ast.Tuple(elts=elts) | ast.Set(elts=elts):
            found = _together(texts, elts, place, depth)
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            held = [ast.Starred(value) if key is None else key for key, value in pairs]
            found = _together(texts, held, place, depth)
        case ast.GeneratorExp() | ast.ListComp() | ast.SetComp() if len(node.generators) == 1:
            found = _run(texts, node.elt, node.generators[0], place, depth)
        case ast.BinOp(op=ast.Add() | ast.BitOr(), left=left, right=right):
            found = _together(texts, [ast.Starred(left), ast.Starred(right)], place, depth)
        case ast.Constant(value=None):
            found = []
        case ast.BoolOp(op=ast.Or(), values=[left, right]) | ast.IfExp(body=left, orelse=right):
            found = _together(texts, [ast.Starred(left), ast.Starred(right)], place, depth)
        case ast.Name():
            found = _named(texts, node, place, depth)
        case ast.Attribute():
            given = givings(texts.reader, node, place.module, place.at)
            found = _fields(texts, node, place) or _given(texts, given, place, depth)
        case ast.Call():
            found = _called(texts, node, place, depth)
    return found


def _together(
    texts: "MadeTexts", parts: Sequence[ast.expr], place: Place, depth: int
) -> Items | None:
    found: Items = []
    for it in parts:
        if not isinstance(it, ast.Starred):
            found.append(texts.made(it, place, depth))
        elif (inner := items(texts, it.value, place, depth)) is None:
            return None
        else:
            found += inner
    return found


def _run(
    texts: "MadeTexts", elt: ast.AST, run: ast.comprehension, place: Place, depth: int
) -> Items | None:
    held = run.iter
    match held, run.target:
        case ast.Call(func=ast.Name(id="enumerate"), args=[inner, *_]), ast.Tuple(elts=[_, target]):
            held = inner
        case _, ast.Tuple(elts=[target, *_]):
            pass
        case _, target:
            pass
    if not isinstance(target, ast.Name):
        return None
    within = allowed(texts, run.ifs, target.id, items(texts, held, place, depth), place, depth)
    if within is None:
        return None
    return [
        texts.made(elt, replace(place, names={**place.names, target.id: it}), depth)
        for it in within
    ]


def allowed(
    texts: "MadeTexts",
    tests: Sequence[ast.expr],
    name: str,
    found: Items | None,
    place: Place,
    depth: int,
) -> Items | None:
    """Return those of *found* that tests of a name leave; where it is not known, what they name."""
    for test in tests:
        match test:
            case ast.Compare(
                left=ast.Name(id=it), ops=[ast.In() | ast.NotIn() as by], comparators=[held]
            ) if it == name:
                told = items(texts, held, place, depth)
            case _:
                continue
        is_in = isinstance(by, ast.In)
        if told is None or any(OPEN in one for made in told for one in made):
            continue
        if found is None:
            found = told if is_in else None
            continue
        words = {one for made in told for one in made}
        cut = [
            frozenset(it for it in made if OPEN in it or (it in words) is is_in) for made in found
        ]
        found = [made for made in cut if made]
    return found


def _named(texts: "MadeTexts", node: ast.Name, place: Place, depth: int) -> Items | None:
    given = givings(texts.reader, node, place.module, place.at)
    found = _given(texts, given, place, depth)
    for it, _ in given[:1]:
        is_dict = False
        for how, added, stmt in additions(node.id, it, place):
            if found is None:
                break
            part = added if how == "append" else ast.Starred(added)
            there = replace(place, at=stmt)
            more = _by_loop(texts, part, it, there, depth)
            more = more or _together(texts, [part], there, depth)
            found = found + more if more is not None else None
            is_dict = is_dict or isinstance(stmt, ast.Assign)
        if is_dict and found is not None:  # a key counts once
            found = list(dict.fromkeys(found))
    return found


def _by_loop(
    texts: "MadeTexts", added: ast.expr, it: Binding, place: Place, depth: int
) -> Items | None:
    """Return what a loop around a statement adds to what *it* binds; None where it is not known."""
    if isinstance(added, ast.Starred) or not isinstance(place.at, ast.stmt):
        return None
    loop = filled_loops.loop_over(place.module, added, place.at, it.stmt)
    if loop is None:
        return None
    name, tests = filled_loops.target(loop), [*loop_tests.passed(place.module, place.at)]
    within = items(texts, filled_loops.over(loop), replace(place, at=loop), depth)
    within = allowed(texts, tests, name, within, place, depth)
    if within is None:
        return None
    return filled_loops.each(texts, added, name, within, place, depth)


def _fields(texts: "MadeTexts", node: ast.AST, place: Place) -> Items | None:
    """Return the fields of an object or its class that *node* lists."""
    found = made_fields.names(texts, node, place)
    return [frozenset([it]) for it in found] if found else None


def _given(
    texts: "MadeTexts", given: Sequence[tuple[Binding, object]], place: Place, depth: int
) -> Items | None:
    """Return what bindings give, that of one behind that of the other."""
    found: Items = []
    for it, where in given:
        there = replace(place, module=where, at=it.stmt)  # type: ignore[arg-type]
        held: list[tuple[ast.AST | None, Place]] = []
        if it.how in ("assign", "annotated"):
            held = [(unpacked(it), there)]
        elif isinstance(it.stmt, ast.arg):
            known = there.given.get(it.stmt)
            held = [known] if known else [*texts.callers(it.stmt, there.module)]
        if (keys := _unzipped(it)) is not None:
            held = [(keys, there)]
        if not held:
            return None
        for node, at in held:
            told = items(texts, node, at, depth) if node is not None else None
            if told is None or len(found) > _MOST:
                return None
            found += told
    return found if given else None


def _unzipped(it: Binding) -> ast.AST | None:
    """Return the pairs of a dict whose keys a name is given: ``keys, values = zip(*rows.items())``.

    None where it is given something else.
    """
    match it.value, it.path:
        case ast.Call(func=ast.Name(id="zip"), args=[ast.Starred(value=ast.Call() as pairs)]), (0,):
            inner = pairs.args[0] if last_name(pairs) == "sorted" and pairs.args else pairs
            if isinstance(inner, ast.Call) and last_name(inner) == "items" and not inner.args:
                return inner
    return None


def _called(texts: "MadeTexts", node: ast.Call, place: Place, depth: int) -> Items | None:
    if (found := _fields(texts, node, place)) is not None:
        return found
    held: ast.AST | None = None
    match node:
        case ast.Call(func=ast.Name(id="filter"), args=[_, inner]):
            held = inner
        case ast.Call(func=ast.Name(id="map"), args=[by, inner]):
            within = items(texts, inner, place, depth) or []
            return [_mapped(texts, by, it, place, depth) for it in within] or None
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
            parts = [ast.Constant(it.arg) if it.arg else ast.Starred(it.value) for it in keywords]
            return _together(texts, parts, place, depth)
        case ast.Call(func=ast.Name(id=name), args=[inner, *_]) if name in _SAME:
            held = inner
        case ast.Call(func=ast.Attribute(value=inner, attr=name), args=[]) if name in _KEYS:
            held = inner
        case ast.Call(func=ast.Attribute(value=text, attr="split"), args=args):
            return _split([texts.made(it, place, depth) for it in (text, *args[:1])])
    if held is not None:
        return items(texts, held, place, depth)
    return _returned(texts, node, place, depth)


def _returned(texts: "MadeTexts", node: ast.Call, place: Place, depth: int) -> Items | None:
    """Return what a function of the project returns, of several one behind the other."""
    found: Items = []
    kinds = texts.reader.expression(node.func, place.module, place.at)
    functions = [it.of for it in kinds if isinstance(it, Callee)]
    for it in functions:
        given = {**place.given, **dict(given_by(node, it, place))}
        for value, stmt, is_yielded in returned(it):
            there = replace(place, module=it.module, at=stmt, given=given, names={})
            told = items(texts, value, there, depth) if not is_yielded else None
            if told is None:
                return None
            found += told
    return found or None


def _split(told: Sequence[Made]) -> Items | None:
    """Return the parts of a text, where it is known, and what it is split at."""
    known = [next(iter(it)) for it in told if len(it) == 1]
    if len(known) < len(told) or any(OPEN in it for it in known):
        return None
    text, *by = known
    return [frozenset([it]) for it in text.split(by[0] if by else None)]


def _mapped(texts: "MadeTexts", by: ast.expr, each: Made, place: Place, depth: int) -> Made:
    """Return what a function makes of each of some texts."""
    call = ast.Call(by, [ast.Name("_each", ast.Load())], [])
    return texts.made(call, replace(place, names={**place.names, "_each": each}), depth)


def additions(name: str, it: Binding, place: Place) -> list[Added]:
    """Return what is added to a name between its binding and *place*, in the order of the text."""
    scope = scope_of(place.module, place.at)
    if not isinstance(scope, Function) or isinstance(scope.node, ast.Lambda):
        return []
    first, last = getattr(it.stmt, "lineno", 0), getattr(place.at, "lineno", 0)
    return [
        one
        for stmt in statements(scope.node.body)
        if isinstance(stmt, ast.stmt) and first < stmt.lineno < last
        for one in _added(name, stmt)
    ]


def _added(name: str, stmt: ast.stmt) -> Iterator[Added]:
    match stmt:
        case ast.AugAssign(target=ast.Name(id=to), value=value) if to == name:
            yield "extend", value, stmt
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=to), slice=key)]) if to == name:
            yield "append", key, stmt
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=ast.Name(id=to), attr=how), args=args, keywords=keywords
            )
        ) if to == name:
            if how in _ONE and args:
                yield "append", args[-1] if how == "insert" else args[0], stmt
            elif how in _SEVERAL:
                yield from (("extend", it, stmt) for it in args)
                for it in keywords:
                    told = ast.Constant(it.arg) if it.arg else it.value
                    yield "append" if it.arg else "extend", told, stmt
